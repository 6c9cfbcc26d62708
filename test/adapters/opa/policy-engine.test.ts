import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { cp, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openPolicy } from '../../../src/adapters/opa/open-policy.ts';
import { createOpaPolicyEngine, policyEngine } from '../../../src/adapters/opa/policy-engine.ts';
import { instantiatePolicy, type PolicyInstance, toError } from '../../../src/adapters/opa/policy-module.ts';
import { type PolicyInput, policyInputSchema } from '../../../src/core/policy/policy-input.ts';
import type { PolicyEngine } from '../../../src/ports/policy-engine.ts';
import { policyCases, shippedData, shippedManifest, shippedWasm } from './policy-cases.ts';

import { tinyPolicy } from './tiny-policy.ts';

const good = { wasm: shippedWasm(), data: shippedData(), manifest: shippedManifest() };
const request = policyInputSchema.parse(policyCases().find(({ id }) => id.startsWith('assist: an undo'))?.input);

async function engine(): Promise<PolicyEngine> {
  const opened = await createOpaPolicyEngine(good);
  if (!opened.ok) throw new Error(opened.error.sentence);
  return opened.value;
}

describe('opening a policy', () => {
  it('gives an engine that decides', async () => {
    expect((await engine()).decide(request)).toMatchObject({ effect: 'needs-approval', rule: 'assist' });
  });

  const withHash = (wasm: Uint8Array<ArrayBuffer>) => ({
    ...good.manifest,
    wasm: { file: 'policy.wasm', sha256: hash(wasm) },
  });
  const fake = (builtins: Record<string, number>, entrypoints: Record<string, number>) => {
    const wasm = tinyPolicy({ builtins, entrypoints });
    return { wasm, manifest: withHash(wasm) };
  };
  const cutOff = good.wasm.slice(0, 1000);
  const noWasm = new TextEncoder().encode('<html>not found</html>');
  const { settings } = good.data;
  it.each<[why: string, change: Partial<typeof good>, code: string, says: RegExp]>([
    ['no wasm', { wasm: new Uint8Array() }, 'policy.missing', /missing or empty/],
    ['another wasm than the manifest says', { wasm: cutOff }, 'policy.mismatch', /not the one its manifest names/],
    ['a wasm that is cut off', { wasm: cutOff, manifest: withHash(cutOff) }, 'policy.corrupt', /cannot be loaded/],
    ['something that is no wasm', { wasm: noWasm, manifest: withHash(noWasm) }, 'policy.corrupt', /cannot be loaded/],
    [
      'builtins this host lacks',
      fake({ 'time.now_ns': 1, sprintf: 2 }, { 'sre/action/decision': 0 }),
      'policy.unsupported',
      /compute: time\.now_ns\./,
    ],
    [
      'another policy',
      fake({}, { 'other/decision': 0 }),
      'policy.unsupported',
      /does not answer sre\/action\/decision/,
    ],
    ['an unreadable manifest', { manifest: { schema: 'other' } }, 'policy.bad-manifest', /schema/],
    ['no settings', { data: { settings: {} } }, 'policy.bad-data', /settings\.protectedNamespaces/],
    ['a misspelt setting', { data: { settings: { ...settings, freeze: [] } } }, 'policy.bad-data', /freeze/],
    [
      'a number as text',
      { data: { settings: { ...settings, unasked: { pods: '20', writesPerIncident: 1 } } } },
      'policy.bad-data',
      /unasked\.pods/,
    ],
    [
      'a pattern that would match nothing',
      { data: { settings: { ...settings, protectedNamespaces: { names: [], patterns: ['[a'] } } } },
      'policy.bad-data',
      /patterns/,
    ],
  ])('is refused for %s, in a sentence that says what to do', async (_why, change, code, says) => {
    const opened = await createOpaPolicyEngine({ ...good, ...change });
    if (opened.ok) throw new Error('it was opened');
    expect(opened.error.code).toBe(code);
    expect(opened.error.sentence).toMatch(says);
    expect(opened.error.sentence).toMatch(/Nothing is started.*start again\.$/);
  });

  it('names wasm and settings in its digest', async () => {
    const same = await engine();
    const other = await createOpaPolicyEngine({
      ...good,
      data: { settings: { ...settings, safeForAutoLabel: 'other' } },
    });
    expect(same.digest).toMatch(/^[0-9a-f]{64}$/);
    expect((await engine()).digest).toBe(same.digest);
    expect(other.ok && other.value.digest).not.toBe(same.digest);
  });
});

describe('opening a policy folder', () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });
  async function copyOfPolicies(): Promise<string> {
    const folder = mkdtempSync(join(tmpdir(), 'policies-'));
    folders.push(folder);
    await cp(join(import.meta.dirname, '..', '..', '..', 'policies'), folder, { recursive: true });
    return folder;
  }

  it('opens the shipped one', async () => {
    const opened = await openPolicy({ folder: await copyOfPolicies() });
    expect(opened.ok && opened.value.decide(request).effect).toBe('needs-approval');
  });

  it('lets the settings be adjusted, and binds that in the digest', async () => {
    const folder = await copyOfPolicies();
    const opened = await openPolicy({
      folder,
      adjust: () => ({ settings: { ...settingsWith({ ttlSeconds: 3 }) } }),
    });
    expect(opened.ok && opened.value.decide(request)).toMatchObject({ ttlSeconds: 3 });
    expect(opened.ok && opened.value.digest).not.toBe((await engine()).digest);
  });

  it.each([
    ['build/policy.wasm', 'policy.missing'],
    ['build/manifest.json', 'policy.missing'],
    ['data.json', 'policy.missing'],
  ])('is refused without %s', async (file, code) => {
    const folder = await copyOfPolicies();
    await unlink(join(folder, file));
    const opened = await openPolicy({ folder });
    expect(opened).toMatchObject({ ok: false, error: { code } });
    expect(opened.ok || opened.error.sentence).toMatch(/cannot be read \(ENOENT\).*npm run policy:build/);
  });

  it.each([
    ['build/manifest.json', 'policy.bad-manifest'],
    ['data.json', 'policy.bad-data'],
  ])('is refused when %s is not JSON', async (file, code) => {
    const folder = await copyOfPolicies();
    await writeFile(join(folder, file), '{"half":');
    expect(await openPolicy({ folder })).toMatchObject({ ok: false, error: { code } });
  });
});

describe('deciding', () => {
  it.each<[why: string, input: unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['zero', 0],
    ['an empty text', ''],
    ['false', false],
    ['a list', [1]],
    ['an empty request', {}],
  ])('denies %s', async (_why, input) => {
    expect((await engine()).decide(input as PolicyInput)).toMatchObject({ effect: 'deny', rule: 'unusable-input' });
  });

  it('denies a request that cannot be written as JSON, and goes on', async () => {
    const policy = await engine();
    const loop: Record<string, unknown> = {};
    loop.self = loop;
    expect(policy.decide({ ...request, action: { ...request.action, arguments: loop } })).toMatchObject({
      rule: 'policy-failed',
    });
    expect(policy.decide(request).effect).toBe('needs-approval');
  });

  it('denies a request that is larger than the memory it may use, and goes on', async () => {
    const policy = await engine();
    const huge = { ...request, action: { ...request.action, arguments: { text: 'x'.repeat(40 * 1024 * 1024) } } };
    expect(policy.decide(huge)).toMatchObject({ effect: 'deny', rule: 'policy-failed' });
    expect(policy.decide(request).effect).toBe('needs-approval');
  });

  it.each<[why: string, thrown: unknown, says: string]>([
    ['an Error', new Error('broken heap'), 'broken heap'],
    ['a text', 'opa_malloc: failed', 'opa_malloc: failed'],
    ['an object', { message: 'not implemented: built-in function 7' }, 'not implemented'],
    ['nothing', undefined, 'without a message'],
  ])('turns %s that is thrown into a denial, and asks a fresh instance next', (_why, thrown, says) => {
    const made: string[] = [];
    const broken: PolicyInstance = {
      evaluate: () => {
        throw thrown;
      },
      memoryBytes: () => 0,
    };
    const fresh: PolicyInstance = {
      evaluate: () => ({ effect: 'allow', rule: 'r', reasons: ['fine'] }),
      memoryBytes: () => 0,
    };
    const policy = policyEngine({
      first: broken,
      make: () => {
        made.push('fresh');
        return fresh;
      },
      digest: 'd',
    });
    const denial = policy.decide(request);
    expect(denial).toMatchObject({ effect: 'deny', rule: 'policy-failed' });
    expect(denial.reasons.join()).toContain(says);
    expect(policy.decide(request).effect).toBe('allow');
    expect(policy.decide(request).effect).toBe('allow');
    expect(made).toEqual(['fresh']);
  });

  it('denies while no fresh instance can be made', () => {
    const fails = (): never => {
      throw new Error('out of memory');
    };
    const policy = policyEngine({ first: { evaluate: fails, memoryBytes: () => 0 }, make: fails, digest: 'd' });
    expect([policy.decide(request), policy.decide(request)].map(({ effect }) => effect)).toEqual(['deny', 'deny']);
  });

  it.each<[why: string, answer: unknown]>([
    ['no answer', undefined],
    ['a bare word', 'allow'],
    ['an unknown word', { effect: 'Allow', rule: 'r', reasons: ['x'] }],
    ['an allowance without a reason', { effect: 'allow', rule: 'r', reasons: [] }],
  ])('denies %s of the policy', (_why, answer) => {
    const instance: PolicyInstance = { evaluate: () => answer, memoryBytes: () => 0 };
    const policy = policyEngine({ first: instance, make: () => instance, digest: 'd' });
    expect(policy.decide(request)).toMatchObject({ effect: 'deny', rule: 'unusable-verdict' });
  });

  it('takes no more memory after twenty thousand decisions than after a hundred', async () => {
    const instance = instantiatePolicy(await WebAssembly.compile(good.wasm), 'sre/action/decision', good.data);
    for (let time = 0; time < 100; time += 1) instance.evaluate(request);
    const before = instance.memoryBytes();
    for (let time = 0; time < 20_000; time += 1) instance.evaluate(request);
    expect(instance.memoryBytes()).toBe(before);
  });
});

describe('toError', () => {
  it('keeps an Error as it is', () => {
    const error = new Error('x');
    expect(toError(error)).toBe(error);
  });
});

function settingsWith({ ttlSeconds }: { ttlSeconds: number }): Record<string, unknown> {
  const entry = {
    class: 'write',
    targets: ['apps/v1/Deployment'],
    require: [{ group: 'sre-leads', count: 1 }],
    ttlSeconds,
  };
  return { ...good.data.settings, writes: { 'rollout-undo': entry } };
}

function hash(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
