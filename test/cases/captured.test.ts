import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Case, caseFolders, readCase } from '../../cases/vary/case-files.ts';
import { capturedAtOf } from '../../cases/vary/shift-times.ts';
import { findingCodes } from '../../src/core/diagnosis/codes.ts';
import { readExpectation } from '../../src/core/evaluation/expectation.ts';

const root = join(import.meta.dirname, '..', '..', 'cases', 'captured');
const cases = caseFolders(root).map((folder): [string, Case] => [relative(root, folder), readCase(folder)]);

describe('captured cases', () => {
  it('expect what can be read, and codes that exist', () => {
    const codes = new Set<string>(findingCodes);
    const wrong = cases.filter(([, { expected }]) => {
      const read = readExpectation(expected);
      if (!read.ok) return true;
      const { code, also, alsoTrue, notClaimed } = read.value;
      const named = [
        ...(code ?? []),
        ...also.flatMap((fault) => fault.code),
        ...alsoTrue,
        ...notClaimed.map((claim) => claim.code),
      ];
      return named.some((one) => !codes.has(one));
    });
    expect(wrong.map(([name]) => name)).toEqual([]);
  });

  it('name objects that are in the snapshot, or components that are not there', () => {
    const wrong = cases.filter(([, { expected, objects }]) => {
      const wanted = [expected.object ?? []].flat().map(String);
      const present = new Set(
        objects.map(
          ({ kind, metadata }) =>
            `${kind} ${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata.name}`,
        ),
      );
      return wanted.length > 0 && !wanted.some((one) => present.has(one));
    });
    expect(wrong.map(([name]) => name)).toEqual([]);
  });

  it('hold no Secret and nothing of the capture itself', () => {
    for (const [name, { objects }] of cases) {
      expect(
        objects.filter(({ kind }) => kind === 'Secret'),
        name,
      ).toEqual([]);
      expect(JSON.stringify(objects), name).not.toMatch(/capture\.sre-copilot\.dev|kwok/);
    }
  });

  it('are dated after everything that is in them', () => {
    for (const [name, one] of cases) {
      const capturedAt = capturedAtOf(one) ?? Number.NaN;
      const newest = one.objects.flatMap(({ metadata, kind, ...event }) => [
        metadata.creationTimestamp,
        ...(kind === 'Event' ? [event.lastTimestamp] : []),
      ]);
      for (const time of newest)
        if (typeof time === 'string') expect(Date.parse(time), name).toBeLessThanOrEqual(capturedAt);
    }
  });
});
