import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { z } from 'zod';

const policies = join(import.meta.dirname, '..', '..', '..', 'policies');
const patchSchema = z.record(z.string(), z.unknown());

const rowSchema = z.strictObject({
  name: z.string(),
  base: z.string(),
  set: patchSchema.default({}),
  remove: z.array(z.string()).default([]),
  settings: patchSchema.default({}),
  effect: z.enum(['allow', 'needs-approval', 'deny']),
  rule: z.string(),
});

/** One row of policies/cases: a whole request, the settings it is asked under, and the decision that is pinned for it. */
export type PolicyCase = {
  readonly id: string;
  readonly input: unknown;
  readonly data: unknown;
  readonly effect: string;
  readonly rule: string;
  readonly decision: unknown;
  readonly changesSettings: boolean;
};

/** The same table that `opa test` evaluates (policies/sre/cases/cases_test.rego). */
export function policyCases(): PolicyCase[] {
  const documents = readdirSync(join(policies, 'cases'))
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => load(readFileSync(join(policies, 'cases', file), 'utf8'), { maxAliases: 100 }));
  const { bases, cases } = z
    .object({
      bases: z.record(z.string(), z.unknown()),
      cases: z.record(z.string(), z.array(rowSchema)),
    })
    .parse(merge(documents));
  const decisions = z
    .object({ decisions: z.record(z.string(), z.unknown()) })
    .parse(JSON.parse(readFileSync(join(policies, 'cases', 'decisions.json'), 'utf8'))).decisions;
  const data = shippedData();
  return Object.entries(cases).flatMap(([topic, rows]) =>
    rows.map(({ name, base, set, remove, settings, effect, rule }) => ({
      id: `${topic}: ${name}`,
      input: changed(bases[base], set, remove),
      data: { settings: changed(data.settings, settings, []) },
      effect,
      rule,
      decision: decisions[`${topic}: ${name}`],
      changesSettings: Object.keys(settings).length > 0,
    })),
  );
}

export function shippedData(): { settings: Record<string, unknown> } {
  const raw = JSON.parse(readFileSync(join(policies, 'data.json'), 'utf8'));
  return z.object({ settings: z.record(z.string(), z.unknown()) }).parse(raw);
}

export function shippedWasm(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(join(policies, 'build', 'policy.wasm')));
}

export function shippedManifest(): Record<string, unknown> {
  const raw = JSON.parse(readFileSync(join(policies, 'build', 'manifest.json'), 'utf8'));
  return z.record(z.string(), z.unknown()).parse(raw);
}

function merge(documents: readonly unknown[]): unknown {
  const whole: Record<string, object> = {};
  for (const document of documents) {
    const topics = z.record(z.string(), z.record(z.string(), z.unknown())).parse(document);
    for (const [key, value] of Object.entries(topics)) whole[key] = { ...whole[key], ...value };
  }
  return whole;
}

/** `add` and `remove` of JSON Patch over pointers, in the order of the pointers as OPA walks an object. */
function changed(document: unknown, set: Record<string, unknown>, remove: readonly string[]): unknown {
  let whole = structuredClone(document);
  for (const [pointer, value] of Object.entries(set).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (pointer === '') whole = value;
    else locate(whole, pointer, (parent, key) => Object.assign(parent, { [key]: value }));
  }
  for (const pointer of remove) locate(whole, pointer, (parent, key) => Reflect.deleteProperty(parent, key));
  return whole;
}

function locate(document: unknown, pointer: string, act: (parent: object, key: string) => unknown): void {
  const keys = pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = keys.pop();
  let parent = document;
  for (const key of keys) parent = z.record(z.string(), z.unknown()).parse(parent)[key];
  if (typeof parent !== 'object' || parent === null || last === undefined) throw new Error(`no parent of ${pointer}`);
  act(parent, last);
}
