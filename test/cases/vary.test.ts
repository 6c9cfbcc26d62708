import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { caseFolders, readCase } from '../../cases/vary/case-files.ts';
import { canCombine, combine } from '../../cases/vary/combine.ts';
import { varyCase } from '../../cases/vary/vary-case.ts';

const captured = join(import.meta.dirname, '..', '..', 'cases', 'captured');
const quotaCase = () => readCase(join(captured, 'admission', 'quota-exceeded-memory-statefulset'));
const selectorCase = () => readCase(join(captured, 'service-path', 'service-selector-mismatch-label'));

describe('varyCase', () => {
  it('gives the same variant for the same seed, and another for another', () => {
    expect(varyCase(quotaCase(), 7)).toEqual(varyCase(quotaCase(), 7));
    expect(varyCase(quotaCase(), 8)).not.toEqual(varyCase(quotaCase(), 7));
  });

  it('keeps every object, and owners that can be found', () => {
    const original = quotaCase();
    const { varied, groups } = varyCase(original, 11);
    const objects = groups.flat();
    const uids = new Set(objects.map(({ metadata }) => metadata.uid));
    const owners = (list: typeof original.objects) => list.flatMap(({ metadata }) => metadata.ownerReferences ?? []);
    expect(objects).toHaveLength(varied.objects.length);
    expect(objects.length).toBeGreaterThan(original.objects.length);
    expect(owners(objects).length).toBeGreaterThanOrEqual(owners(original.objects).length);
    expect(owners(objects).filter(({ uid }) => !uids.has(uid))).toEqual([]);
  });

  it('leaves no trace of the old names, and renames what is expected along', () => {
    const original = quotaCase();
    const [namespace = ''] = original.objects
      .filter(({ kind, metadata }) => kind === 'ResourceQuota' && metadata.namespace !== undefined)
      .map(({ metadata }) => metadata.namespace);
    const { varied } = varyCase(original, 13);
    const { about: _, ...expected } = varied.expected;
    expect(JSON.stringify([varied.objects, expected])).not.toMatch(
      new RegExp(`(?<![A-Za-z0-9])${namespace}(?![A-Za-z0-9])`),
    );
    const quota = varied.objects.find(({ kind }) => kind === 'ResourceQuota');
    expect(varied.expected.object).toBe(`ResourceQuota ${quota?.metadata.namespace}/${quota?.metadata.name}`);
    expect(varied.expected.code).toBe('quota-exceeded');
  });

  it('moves all times by the same whole weeks', () => {
    const original = quotaCase();
    const { varied } = varyCase(original, 17);
    const bornAt = (one: typeof original) =>
      Date.parse(one.objects.find(({ kind }) => kind === 'StatefulSet')?.metadata.creationTimestamp ?? '');
    const byMs = bornAt(varied) - bornAt(original);
    expect(Math.abs(byMs % (7 * 24 * 3_600_000))).toBe(0);
  });

  it('adds no node while a pod waits for one', () => {
    const waiting = readCase(join(captured, 'scheduling', 'insufficient-cpu-never-fits'));
    const nodes = (one: typeof waiting) => one.objects.filter(({ kind }) => kind === 'Node').length;
    expect(nodes(varyCase(waiting, 3).varied)).toBe(nodes(waiting));
    expect(nodes(varyCase(selectorCase(), 3).varied)).toBe(nodes(selectorCase()) + 1);
  });
});

describe('combine', () => {
  it('expects both faults, and gives every object once', () => {
    const [first, second] = [quotaCase(), selectorCase()];
    expect(canCombine(first, second)).toBe(true);
    const { varied } = combine(first, second, 5);
    expect(varied.expected).toMatchObject({ code: 'quota-exceeded', also: [{ code: 'service-selector-mismatch' }] });
    const identities = varied.objects.map(
      ({ apiVersion, kind, metadata }) => `${apiVersion} ${kind} ${metadata.namespace}/${metadata.name}`,
    );
    expect(new Set(identities).size).toBe(identities.length);
  });

  it('does not pair cases of one family, or without a fault', () => {
    const well = readCase(join(captured, 'admission', 'quota-exceeded-healthy'));
    expect(canCombine(quotaCase(), quotaCase())).toBe(false);
    expect(canCombine(quotaCase(), well)).toBe(false);
  });
});

it('every captured case can be read and varied', () => {
  const folders = caseFolders(captured);
  expect(folders.length).toBeGreaterThan(150);
  for (const folder of folders) expect(varyCase(readCase(folder), 1).groups.flat().length).toBeGreaterThan(0);
});
