import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { canonicalJson } from '../../core/digest.ts';
import { deny, parseVerdict } from '../../core/policy/verdict.ts';
import { fail, ok, type Problem, problem, type Result } from '../../core/result.ts';
import type { PolicyEngine } from '../../ports/policy-engine.ts';
import { inspectPolicy, instantiatePolicy, type PolicyInstance, toError } from './policy-module.ts';
import { policyManifestSchema, policySettingsSchema } from './policy-settings.ts';

export type PolicyProblem = Problem<
  | 'policy.missing'
  | 'policy.bad-manifest'
  | 'policy.mismatch'
  | 'policy.corrupt'
  | 'policy.unsupported'
  | 'policy.bad-data'
>;

const entrypoint = 'sre/action/decision';

/**
 * Opens a compiled policy. Refuses to, instead of denying everything later, when the wasm is not the one of its manifest, cannot be
 * compiled, lacks the entrypoint, calls builtins this host does not have, or when the settings are not what the policy expects.
 *
 * The settings (`data`) are the operator's and may differ from those the manifest was written with; `digest` covers them, so a
 * changed setting voids what was approved under the old one.
 *
 * @param wasm Content of `policies/build/policy.wasm`; empty means that it is missing.
 * @param data Parsed `policies/data.json`.
 * @param manifest Parsed `policies/build/manifest.json`.
 */
export async function createOpaPolicyEngine({
  wasm,
  data,
  manifest,
}: {
  readonly wasm: Uint8Array<ArrayBuffer>;
  readonly data: unknown;
  readonly manifest: unknown;
}): Promise<Result<PolicyEngine, PolicyProblem>> {
  if (wasm.byteLength === 0) return refuse('policy.missing', 'The compiled policy is missing or empty.');
  const expected = policyManifestSchema.safeParse(manifest);
  if (!expected.success) {
    return refuse('policy.bad-manifest', `The manifest of the policy cannot be used (${where(expected.error)}).`);
  }
  const wasmDigest = createHash('sha256').update(wasm).digest('hex');
  if (wasmDigest !== expected.data.wasm.sha256) {
    return refuse(
      'policy.mismatch',
      'The compiled policy is not the one its manifest names: it was changed or half written.',
    );
  }
  const settings = policySettingsSchema.safeParse(data);
  if (!settings.success) {
    return refuse(
      'policy.bad-data',
      `The policy settings cannot be used (${where(settings.error)}).`,
      'Correct data.json',
    );
  }
  let module: WebAssembly.Module;
  let first: PolicyInstance;
  try {
    module = await WebAssembly.compile(wasm);
    const { entrypoints, missingBuiltins } = inspectPolicy(module);
    if (missingBuiltins.length > 0) {
      return refuse(
        'policy.unsupported',
        `The policy calls what this program cannot compute: ${missingBuiltins.join(', ')}.`,
      );
    }
    if (!entrypoints.includes(entrypoint)) {
      return refuse('policy.unsupported', `The compiled policy does not answer ${entrypoint}.`);
    }
    first = instantiatePolicy(module, entrypoint, settings.data);
  } catch (thrown) {
    return refuse('policy.corrupt', `The compiled policy cannot be loaded (${toError(thrown).message}).`);
  }
  const digest = createHash('sha256').update(wasmDigest).update(canonicalJson(settings.data)).digest('hex');
  return ok(policyEngine({ first, make: () => instantiatePolicy(module, entrypoint, settings.data), digest }));
}

/**
 * The engine over instances. The fail-closed invariant of policy lives here: whatever is thrown becomes a denial, and an instance that
 * threw is never asked again, because it may answer from a half-written heap.
 */
export function policyEngine({
  first,
  make,
  digest,
}: {
  readonly first: PolicyInstance;
  readonly make: () => PolicyInstance;
  readonly digest: string;
}): PolicyEngine {
  let instance: PolicyInstance | undefined = first;
  return {
    digest,
    decide(input) {
      try {
        // A falsy input is skipped by opa-wasm, which would then evaluate without any.
        if (typeof input !== 'object' || input === null || Array.isArray(input)) {
          return deny('unusable-input', ['Policy was asked without a request, so it denies.']);
        }
        instance ??= make();
        return parseVerdict(instance.evaluate(input));
      } catch (thrown) {
        instance = undefined;
        return deny('policy-failed', [
          `Policy could not be evaluated (${toError(thrown).message}), so it denies: nothing was done. Try again; if it stays, look at the policy.`,
        ]);
      }
    },
  };
}

function refuse<C extends PolicyProblem['code']>(
  code: C,
  what: string,
  next = 'Restore policies/build or run "npm run policy:build"',
) {
  return fail(problem(code, `${what} Nothing is started without a policy. ${next} and start again.`));
}

// Paths and expectations, never values: settings may come from anywhere.
function where(error: z.ZodError): string {
  return error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.join('.') || 'document'}: ${issue.message}`)
    .join('; ');
}
