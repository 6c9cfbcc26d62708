import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fail, ok, problem, type Result } from '../../core/result.ts';
import type { PolicyEngine } from '../../ports/policy-engine.ts';
import { createOpaPolicyEngine, type PolicyProblem } from './policy-engine.ts';

/**
 * Opens the policy of a folder laid out like `policies/`: `data.json`, `build/policy.wasm`, `build/manifest.json`.
 *
 * @param adjust Changes the settings before they are checked, such as a shorter time to live for a demonstration.
 */
export async function openPolicy({
  folder,
  adjust = (data) => data,
}: {
  readonly folder: string;
  readonly adjust?: (data: unknown) => unknown;
}): Promise<Result<PolicyEngine, PolicyProblem>> {
  const wasm = await read(join(folder, 'build', 'policy.wasm'));
  if (!wasm.ok) return wasm;
  const manifest = await readJson(join(folder, 'build', 'manifest.json'), 'policy.bad-manifest');
  if (!manifest.ok) return manifest;
  const data = await readJson(join(folder, 'data.json'), 'policy.bad-data');
  if (!data.ok) return data;
  return createOpaPolicyEngine({ wasm: wasm.value, manifest: manifest.value, data: adjust(data.value) });
}

async function readJson(
  path: string,
  code: 'policy.bad-manifest' | 'policy.bad-data',
): Promise<Result<unknown, PolicyProblem>> {
  const content = await read(path);
  if (!content.ok) return content;
  try {
    return ok(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(content.value)));
  } catch {
    return fail(
      problem(code, `${path} is not JSON. Nothing is started without a policy. Correct the file and start again.`),
    );
  }
}

async function read(path: string): Promise<Result<Uint8Array<ArrayBuffer>, PolicyProblem>> {
  try {
    return ok(new Uint8Array(await readFile(path)));
  } catch (thrown) {
    const why = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown error';
    const next = 'Restore the file, or run "npm run policy:build", and start again.';
    return fail(
      problem('policy.missing', `${path} cannot be read (${why}). Nothing is started without a policy. ${next}`),
    );
  }
}
