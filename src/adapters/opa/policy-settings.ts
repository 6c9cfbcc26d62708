import { z } from 'zod';
import { requirementsSchema } from '../../core/policy/requirements.ts';

const text = z.string().min(1);
const whole = z.int().nonnegative();
// What glob.match of OPA reads as nothing but letters and stars: a pattern with a bracket left open would protect nothing.
const pattern = z.string().regex(/^[a-z0-9*-]+$/, 'expected letters, digits, "-" and "*"');
const instant = z.iso.datetime({ precision: 3 });

const freezeSchema = z.union([
  z.strictObject({ name: text, reason: text, namespaces: z.array(pattern), from: instant, until: instant }),
  z.strictObject({
    name: text,
    reason: text,
    namespaces: z.array(pattern),
    weekdays: z.array(z.enum(['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'])).min(1),
    fromHourUtc: z.int().min(0).max(23),
    untilHourUtc: z.int().min(1).max(24),
  }),
]);

/**
 * What a team sets in `policies/data.json`, strict: a misspelt key would be a rule that silently does not hold.
 *
 * - `protectedNamespaces`: nothing in them is changed. `*` in a pattern stands for any letters.
 * - `reads`, `writes`: the closed lists of action kinds; `unreadable`: resources whose contents are never read.
 * - `limits` deny, `unasked` asks: pods replaced by one change, and changes already made in the incident.
 * - `freezes`: by date (`from`, `until`) or weekly (`weekdays`, hours UTC, `until…` excluded). Rollbacks are not frozen.
 */
export const policySettingsSchema = z.strictObject({
  settings: z.strictObject({
    protectedNamespaces: z.strictObject({ names: z.array(text), patterns: z.array(pattern) }),
    safeForAutoLabel: text,
    reads: z.array(text),
    unreadable: z.array(text),
    writes: z.record(
      text,
      z.strictObject({
        class: z.enum(['write', 'destructive']),
        targets: z.array(text).min(1),
        require: requirementsSchema.min(1),
        ttlSeconds: z.int().positive(),
      }),
    ),
    limits: z.strictObject({ objects: whole, pods: whole, writesPerIncident: whole }),
    unasked: z.strictObject({ pods: whole, writesPerIncident: whole }),
    freezes: z.array(freezeSchema),
  }),
});

/** What `policies/build.ts` wrote beside the wasm. `sources` are for the reader and the drift test; the engine checks the wasm. */
export const policyManifestSchema = z.strictObject({
  schema: z.literal('sre-copilot/policy-manifest/v1'),
  opa: text,
  entrypoints: z.array(text).min(1),
  wasm: z.strictObject({ file: text, sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
  sources: z.record(text, z.string().regex(/^[0-9a-f]{64}$/)),
});
