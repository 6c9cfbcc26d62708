import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { instantiatePolicy } from '../../../src/adapters/opa/policy-module.ts';
import { policyManifestSchema } from '../../../src/adapters/opa/policy-settings.ts';
import { policyInputSchema } from '../../../src/core/policy/policy-input.ts';
import { parseVerdict } from '../../../src/core/policy/verdict.ts';
import { policyCases, shippedManifest, shippedWasm } from './policy-cases.ts';

const policies = join(import.meta.dirname, '..', '..', '..', 'policies');
const module = await WebAssembly.compile(shippedWasm());
const cases = policyCases();

describe('the compiled policy', () => {
  it.each(cases.map((row) => [row.id, row] as const))('%s', (_id, { input, data, effect, rule, decision }) => {
    if (typeof data !== 'object' || data === null) throw new Error('settings are a document');
    if (typeof input !== 'object' || input === null) throw new Error('a request is a document');
    // Below the engine on purpose: Rego itself must hold, also for settings and requests that the host would refuse.
    const answer = instantiatePolicy(module, 'sre/action/decision', data).evaluate(input);
    expect(answer).toEqual(decision);
    expect(parseVerdict(answer)).toMatchObject({ effect, rule });
  });

  it('is asked of more than a hundred requests', () => {
    expect(cases.length).toBeGreaterThan(100);
    expect(new Set(cases.map(({ id }) => id)).size).toBe(cases.length);
  });

  it.each(['undo', 'auto', 'read'])('is given requests that the program could make (%s)', (base) => {
    const row = cases.find(({ id }) =>
      id.startsWith({ undo: 'assist: an undo', auto: 'auto: a safe', read: 'reads: a listed' }[base] ?? '?'),
    );
    expect(policyInputSchema.safeParse(row?.input).error).toBeUndefined();
  });
});

describe('the manifest', () => {
  const manifest = policyManifestSchema.parse(shippedManifest());

  it('names every source by its hash, so that a policy changed without being built fails here', () => {
    const files = readdirSync(join(policies, 'sre'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.rego'))
      .map((file) => `sre/${file.replaceAll('\\', '/')}`);
    const hashes = Object.fromEntries(['data.json', ...files].map((file) => [file, hashOf(join(policies, file))]));
    expect(manifest.sources).toEqual(hashes);
  });

  it('names the compiled policy by its hash', () => {
    expect(manifest.wasm).toEqual({ file: 'policy.wasm', sha256: hashOf(join(policies, 'build', 'policy.wasm')) });
  });

  it('was made by the pinned compiler', () => {
    const goMod = readFileSync(join(policies, '..', 'test', 'tools', 'opa', 'go.mod'), 'utf8');
    expect(goMod).toContain(`github.com/open-policy-agent/opa v${manifest.opa}`);
  });
});

it('the schema that types the Rego is the one of the program', () => {
  const stored = JSON.parse(readFileSync(join(policies, 'schemas', 'input.json'), 'utf8'));
  expect(stored).toEqual(JSON.parse(JSON.stringify(z.toJSONSchema(policyInputSchema, { target: 'draft-7' }))));
});

function hashOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
