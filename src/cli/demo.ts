import type { Problem, Result } from '../core/result.ts';

/** One played scenario: its thread, what was checked, and the files that tell it. */
export type Played = {
  readonly thread: string;
  readonly checks: readonly (readonly [sentence: string, holds: boolean])[];
  readonly files: Readonly<Record<string, string>>;
  readonly elapsedMs: number;
};

export type DemoDependencies = {
  /** Scenario and decision pairs that exist; `null` where there is nothing to decide. */
  readonly pairs: readonly { readonly scenario: string; readonly decide: string | null }[];
  readonly play: (scenario: string, decide: string | null) => Promise<Result<Played, Problem>>;
  readonly writeFile: (path: string, text: string) => Promise<Result<undefined, Problem>>;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
};

export type HeadlessOptions = {
  readonly scenario: string | undefined;
  readonly decide: string | undefined;
  readonly out: string | undefined;
};

/**
 * `sre-copilot demo SCENARIO --headless [--decide …] [--out DIR]`: plays a scenario without a browser. Exit code: 0 it ended as it must · 1 it ended otherwise ·
 * 2 no such pair of scenario and decision · 3 it could not be played, or a file not written.
 */
export async function headlessDemoCommand(
  { scenario, decide, out }: HeadlessOptions,
  dependencies: DemoDependencies,
): Promise<0 | 1 | 2 | 3> {
  const { pairs, play, writeFile, stdout, stderr } = dependencies;
  const able = pairs.filter((pair) => pair.scenario === scenario);
  const wanted = decide ?? able[0]?.decide ?? null;
  if (scenario === undefined || !able.some((pair) => pair.decide === wanted)) {
    const known = pairs.map(
      (pair) => `  demo ${pair.scenario} --headless${pair.decide === null ? '' : ` --decide ${pair.decide}`}`,
    );
    const asked = `${scenario ?? 'no scenario'}${decide === undefined ? '' : ` with --decide ${decide}`}`;
    stderr(`There is no play for ${asked}. Nothing was started. There are:\n${known.join('\n')}\n`);
    return 2;
  }
  const played = await play(scenario, wanted);
  if (!played.ok) {
    stderr(`${played.error.sentence}\n`);
    return 3;
  }
  const { thread, checks, files, elapsedMs } = played.value;
  stdout(`${thread}\n\n`);
  for (const [sentence, holds] of checks) stdout(`${holds ? 'ok ' : 'NOT'} ${sentence}\n`);
  stdout(`${(elapsedMs / 1000).toFixed(1)} s\n`);
  if (out !== undefined) {
    for (const [name, text] of Object.entries(files)) {
      const written = await writeFile(`${out}/${name}`, text);
      if (!written.ok) {
        stderr(`${written.error.sentence}\n`);
        return 3;
      }
    }
    stderr(`Wrote ${Object.keys(files).join(', ')} to ${out}\n`);
  }
  return checks.every(([, holds]) => holds) ? 0 : 1;
}
