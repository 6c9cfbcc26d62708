import type { z } from 'zod';
import { readInput } from './input-type.ts';
import { errorAt, type LintReport, sayGot, warningAt } from './lint-report.ts';
import type { InputSource, InputSpec } from './runbook.ts';
import type { inputSchema } from './schema.ts';

type RawInput = z.infer<typeof inputSchema>;

const sources = '`alert.labels.<label>`, `finding.object`, `finding.<value>` or `person`';

/** Reads `from`: alert labels, what rules found, or a person. Annotations and logs are no source, since strangers write them. */
function readSource(text: string): InputSource | undefined {
  if (text === 'person') return { from: 'person' };
  if (text === 'finding.object') return { from: 'finding-object' };
  const label = /^alert\.labels\.([a-zA-Z_][a-zA-Z0-9_]*)$/.exec(text)?.[1];
  if (label !== undefined) return { from: 'alert-label', label };
  const key = /^finding\.([a-z][A-Za-z0-9]*)$/.exec(text)?.[1];
  return key === undefined ? undefined : { from: 'finding-value', key };
}

export type LoadedInput = { readonly spec?: InputSpec; readonly reports: readonly LintReport[] };

/** One input of a file that its schema accepts, with what else must hold of it. */
export function loadInput(name: string, raw: RawInput): LoadedInput {
  const path = ['inputs', name];
  if (raw.from === undefined) {
    return {
      reports: [
        errorAt(path, 'input.no-source', 'has no source: nothing could ever fill it', `add \`from:\` with ${sources}`),
      ],
    };
  }
  const source = readSource(raw.from);
  if (source === undefined) {
    const stranger = /annotations|logs?|description|summary|message/.test(raw.from);
    const message = stranger
      ? `${sayGot(raw.from)} is text that strangers write; it never becomes an input`
      : `${sayGot(raw.from)} is not a source`;
    return { reports: [errorAt([...path, 'from'], 'input.bad-source', message, `use ${sources}`)] };
  }
  const reports = [...typeReports(path, raw, source), ...defaultReports(path, raw, source)];
  const spec: InputSpec = {
    name,
    type: raw.type,
    source,
    required: raw.required ?? raw.default === undefined,
    ...(raw.default === undefined ? {} : { default: raw.default }),
  };
  return reports.some(({ severity }) => severity === 'error') ? { reports } : { spec, reports };
}

function typeReports(path: readonly string[], { type }: RawInput, source: InputSource): LintReport[] {
  if (source.from === 'finding-object' && type !== 'workload') {
    return [errorAt([...path, 'type'], 'input.type', "a finding's object is a `workload`", 'write `type: workload`')];
  }
  if (type !== 'workload') return [];
  const names =
    source.from === 'finding-object' ||
    source.from === 'person' ||
    (source.from === 'alert-label' && source.label === 'deployment');
  if (names) return [];
  const message =
    'a workload comes from `finding.object`, `person` or `alert.labels.deployment` (with the label `namespace` beside it)';
  return [errorAt([...path, 'from'], 'input.type', message)];
}

function defaultReports(path: readonly string[], raw: RawInput, source: InputSource): LintReport[] {
  if (raw.default === undefined) return [];
  const at = [...path, 'default'];
  // A target nobody named must not be acted on because nothing better was known.
  if (raw.type === 'workload')
    return [errorAt(at, 'input.default', 'a workload has no default: a target must be named by the incident')];
  const read = readInput(raw.type, raw.default);
  if (!read.ok) return [errorAt(at, 'input.default', `${read.error.why}, got ${sayGot(raw.default)}`)];
  if (raw.required === true) return [warningAt(at, 'input.default', 'is never used: the input is required')];
  if (source.from !== 'finding-value') return [];
  return [warningAt(at, 'input.default', 'lets the runbook go on without the finding it was written for')];
}
