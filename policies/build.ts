import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { policyInputSchema } from '../src/core/policy/policy-input.ts';
import { buildGoTool } from '../test/real/build-go-tool.ts';
import { findExecutable, goTools } from '../test/real/go-tools.ts';

const folder = import.meta.dirname;
const entrypoints = ['sre/action/decision'];
const coverageThreshold = 100;

/**
 * Checks, tests and compiles the policy: `policies/build/policy.wasm` and the manifest of what it was made from.
 * With `--pin` the decisions of all cases are pinned anew.
 */
async function main(): Promise<void> {
  const opa = await provideOpa();
  const version = versionOf(opa);
  const run = (...args: string[]) => execFileSync(opa, args, { cwd: folder, stdio: 'inherit', timeout: 120_000 });

  writeInputSchema();
  run('fmt', '--fail', '--list', 'sre');
  run('check', '--strict', '--schema', 'schemas/input.json', 'sre', 'data.json', 'cases');
  if (process.argv.includes('--pin')) pinDecisions(opa);
  format('schemas/input.json', 'cases/decisions.json');
  run('test', 'sre', 'data.json', 'cases');
  // A threshold is only looked at together with --coverage, which prints a report of thousands of lines: kept quiet unless it fails.
  requireCoverage(opa);

  const wasm = compile(opa);
  const target = join(folder, 'build');
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, 'policy.wasm'), wasm);
  const sources = ['data.json', ...regoFiles()];
  const manifest = {
    schema: 'sre-copilot/policy-manifest/v1',
    opa: version,
    entrypoints,
    wasm: { file: 'policy.wasm', sha256: sha256(wasm) },
    sources: Object.fromEntries(sources.map((file) => [file, sha256(readFileSync(join(folder, file)))])),
  };
  writeFileSync(join(target, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  console.log(`policies/build/policy.wasm: ${wasm.length} bytes, sha256 ${manifest.wasm.sha256}, by opa ${version}`);
}

/** The pinned release only: another one would compile other bytes, and the manifest could not be reproduced. */
async function provideOpa(): Promise<string> {
  const tool = goTools().opa;
  const onPath = findExecutable(['opa'], []);
  if (onPath !== undefined && `v${versionOf(onPath)}` === tool.version) return onPath;
  const go = findExecutable(['go'], ['/usr/local/go/bin', join(homedir(), 'go', 'bin')]);
  if (go === undefined) {
    throw new Error(
      `The policy was not built: it needs opa ${tool.version} on PATH, or go to build it. Install one of them and try again.`,
    );
  }
  const { path } = await buildGoTool(tool, {
    go,
    goVersion: execFileSync(go, ['version'], { encoding: 'utf8' }).trim(),
    cacheFolder: join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'sre-copilot'),
    progress: (line) => console.error(line),
    signal: AbortSignal.timeout(15 * 60_000),
  });
  return path;
}

function versionOf(opa: string): string {
  const text = execFileSync(opa, ['version'], { encoding: 'utf8', timeout: 20_000 });
  return /^Version: (\S+)/m.exec(text)?.[1] ?? 'unknown';
}

// `opa check` types `input` by it, so that a misspelt field of a rule is an error and not a rule that never holds.
function writeInputSchema(): void {
  const schema = z.toJSONSchema(policyInputSchema, { target: 'draft-7' });
  mkdirSync(join(folder, 'schemas'), { recursive: true });
  writeFileSync(join(folder, 'schemas', 'input.json'), `${JSON.stringify(schema, null, 2)}\n`);
}

/** Writes down what is decided now as what must be decided from now on: read the difference before it is committed. */
function pinDecisions(opa: string): void {
  const args = [
    'eval',
    '--format',
    'raw',
    '-d',
    'sre',
    '-d',
    'data.json',
    '-d',
    'cases',
    'data.sre.cases_test.answers',
  ];
  const decisions: unknown = JSON.parse(execFileSync(opa, args, { cwd: folder, encoding: 'utf8', timeout: 120_000 }));
  writeFileSync(join(folder, 'cases', 'decisions.json'), `${JSON.stringify({ decisions }, null, 2)}\n`);
}

// What is generated is laid out as the rest of the repository, or its lint would turn red after each build.
function format(...files: string[]): void {
  const biome = join(folder, '..', 'node_modules', '.bin', 'biome');
  execFileSync(biome, ['format', '--write', ...files.map((file) => join(folder, file))], {
    stdio: 'ignore',
    timeout: 60_000,
  });
}

function requireCoverage(opa: string): void {
  const args = ['test', '--coverage', '--threshold', String(coverageThreshold), 'sre', 'data.json', 'cases'];
  const { status, stdout } = spawnSync(opa, args, { cwd: folder, encoding: 'utf8', timeout: 120_000 });
  if (status === 0) return;
  throw new Error(`Less than ${coverageThreshold} % of the policy is covered by its tests:\n${stdout}`);
}

/** Only the Rego goes in: settings are given when it runs, so that a team can change data.json without a compiler. */
function compile(opa: string): Buffer {
  const work = mkdtempSync(join(tmpdir(), 'policy-build-'));
  try {
    const capabilities = join(work, 'capabilities.json');
    writeFileSync(capabilities, JSON.stringify(allowedCapabilities(opa)));
    const bundle = join(work, 'bundle.tar.gz');
    const targets = entrypoints.flatMap((entrypoint) => ['-e', entrypoint]);
    execFileSync(
      opa,
      ['build', '-t', 'wasm', '-O', '0', ...targets, '--ignore', '*_test.rego'].concat(
        '--capabilities',
        capabilities,
        '-o',
        bundle,
        'sre',
      ),
      { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'], timeout: 120_000 },
    );
    return fileInTar(gunzipSync(readFileSync(bundle)), '/policy.wasm');
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

// OPA compiles calls of builtins that the JavaScript host lacks without a word, and they fail when they are reached. What is not listed
// in builtins.json is undefined for the compiler.
function allowedCapabilities(opa: string): unknown {
  const capabilities = z
    .looseObject({ builtins: z.array(z.looseObject({ name: z.string() })) })
    .parse(JSON.parse(execFileSync(opa, ['capabilities', '--current'], { encoding: 'utf8' })));
  const allowed = new Set(z.array(z.string()).parse(JSON.parse(readFileSync(join(folder, 'builtins.json'), 'utf8'))));
  const builtins = capabilities.builtins.filter(({ name }) => allowed.delete(name));
  if (allowed.size > 0) throw new Error(`builtins.json names what this OPA does not have: ${[...allowed].join(', ')}`);
  return { ...capabilities, builtins, features: ['rego_v1', 'template_strings'] };
}

function regoFiles(): string[] {
  return readdirSync(join(folder, 'sre'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.rego'))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

/** One file of an uncompressed tar archive: 512-byte headers with the name at 0 and the octal size at 124, content padded to 512. */
function fileInTar(tar: Buffer, name: string): Buffer {
  for (let at = 0; at + 512 <= tar.length; ) {
    const field = (from: number, length: number) =>
      tar.toString('utf8', at + from, at + from + length).split('\0', 1)[0] ?? '';
    const size = Number.parseInt(field(124, 12), 8) || 0;
    if (field(0, 100) === name) return tar.subarray(at + 512, at + 512 + size);
    at += 512 + Math.ceil(size / 512) * 512;
  }
  throw new Error(`The bundle that opa built holds no ${name}.`);
}

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

await main();
