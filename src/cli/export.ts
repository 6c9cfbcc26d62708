import type { Problem, Result } from '../core/result.ts';

export const exportFormats = ['md', 'json', 'jsonl'] as const;
export type ExportFormat = (typeof exportFormats)[number];

type Exported = { readonly markdown: string; readonly json: string; readonly lines: string };

export type ExportDependencies = {
  readonly exportTimeline: (reference: string) => Promise<Result<Exported, Problem>>;
  readonly writeFile: (path: string, text: string) => Promise<Result<undefined, Problem>>;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
};

/** `sre-copilot export INCIDENT --format md|json|jsonl [--out FILE]`. Exit code: 0 exported · 2 no such incident or wrong reference · 3 the journal cannot be read, or the file not written. */
export async function exportCommand(
  {
    reference,
    format,
    out,
  }: { readonly reference: string; readonly format: ExportFormat; readonly out: string | undefined },
  { exportTimeline, writeFile, stdout, stderr }: ExportDependencies,
): Promise<0 | 2 | 3> {
  if (!/^INC-\d+$/i.test(reference)) {
    stderr(`${JSON.stringify(reference)} is no reference of an incident. Write for example INC-1.\n`);
    return 2;
  }
  const exported = await exportTimeline(reference.toUpperCase());
  if (!exported.ok) {
    stderr(`${exported.error.sentence}\n`);
    return exported.error.code === 'incident.unknown' ? 2 : 3;
  }
  const { markdown, json, lines } = exported.value;
  const text = { md: markdown, json, jsonl: lines }[format];
  if (out === undefined) {
    stdout(text);
    return 0;
  }
  const written = await writeFile(out, text);
  if (written.ok) return 0;
  stderr(`${written.error.sentence}\n`);
  return 3;
}
