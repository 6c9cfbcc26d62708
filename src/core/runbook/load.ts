import { parseKubectl } from '../action/kubectl.ts';
import { digestOf } from '../digest.ts';
import type { LintContext } from './lint-context.ts';
import { inReadingOrder, type LintProblem } from './lint-problem.ts';
import { errorAt, type LintReport, locate, reportsOf, warningAt } from './lint-report.ts';
import { lintRunbook } from './lint-runbook.ts';
import { defaultId, loadAction } from './load-action.ts';
import { loadPreconditions } from './load-conditions.ts';
import type { KnownInputs } from './load-deed.ts';
import { type LoadedInput, loadInput } from './load-input.ts';
import type { Runbook } from './runbook.ts';
import { inputSchema, runbookFileSchema, runbookLimits } from './schema.ts';
import { isRecord, type SourceDocument, sayPath } from './source-document.ts';
import { hasTemplateText, templatesIn } from './template.ts';

/** `runbook` is there exactly when no problem is an error. */
export type LoadedRunbook = { readonly runbook?: Runbook; readonly problems: readonly LintProblem[] };

/**
 * Reads one runbook from its parsed YAML. Pure; all problems of the file come at once, each with its line.
 *
 * Errors: the schema (unknown fields with what was probably meant), lines that do not parse completely, CEL that does not compile, templates that are
 * not whole values, inputs without a source. Warnings: what a reviewer would ask about. `file` is only for messages.
 */
export function loadRunbook(document: SourceDocument, file: string, context: LintContext): LoadedRunbook {
  const raw = document.value;
  if (!isRecord(raw)) {
    return {
      problems: [
        locate(errorAt([], 'schema.value', 'expected a runbook: an object with `name` and `actions`'), document, file),
      ],
    };
  }
  const parsed = runbookFileSchema.safeParse(raw);
  // Each part is read for itself, so that a mistake in one does not hide those in another.
  const inputs = loadInputs(raw.inputs);
  const preconditions = loadPreconditions(raw.preconditions, ['preconditions'], inputs.declared);
  const rawActions = Array.isArray(raw.actions) ? raw.actions.slice(0, runbookLimits.maxActions) : [];
  const actions = rawActions.map((action, index) => loadAction(action, index, inputs));
  const rollback = loadRollback(raw.rollback);
  const parts = {
    inputs: inputs.specs,
    preconditions: preconditions.value ?? [],
    actions: actions.flatMap(({ action }) => (action === undefined ? [] : [action])),
    manualRollback: rollback.lines,
  };
  const runbook = draft(raw, file, parts);
  const reports = [
    ...(parsed.success ? [] : reportsOf(parsed.error, raw)),
    ...inputs.reports,
    ...preconditions.reports,
    ...actions.flatMap((action) => action.reports),
    ...idReports(rawActions),
    ...rollback.reports,
    ...strayTemplates(raw),
    ...lintRunbook(runbook, raw, context),
  ];
  const problems = inReadingOrder(withoutRepeats(reports.map((report) => locate(report, document, file))));
  return problems.some(({ severity }) => severity === 'error') ? { problems } : { runbook, problems };
}

type Parts = Pick<Runbook, 'inputs' | 'preconditions' | 'actions' | 'manualRollback'>;

/** The runbook with all defaults, from the parts that could be read. Whole only when nothing was reported as an error. */
function draft(raw: Readonly<Record<string, unknown>>, file: string, parts: Parts): Runbook {
  const { name, title, description, version, owners, reviewed, match, approvals } = runbookFileSchema.shape;
  const known = name.safeParse(raw.name).data ?? '';
  const matched = match.safeParse(raw.match).data;
  const labels = Object.entries(matched?.labels ?? {}).map(([label, value]) => [
    label,
    typeof value === 'string' ? [value] : value,
  ]);
  const day = reviewed.safeParse(raw.reviewed).data;
  return {
    name: known,
    title: title.safeParse(raw.title).data ?? known.replaceAll('-', ' '),
    version: version.safeParse(raw.version).data ?? 1,
    owners: owners.safeParse(raw.owners).data ?? [],
    ...(day === undefined ? {} : { reviewed: day }),
    file,
    digest: digestOfDocument(raw),
    match: {
      alerts: matched?.alerts ?? [],
      runbookUrls: matched?.runbookUrls ?? [],
      findings: matched?.findings ?? [],
      labels: Object.fromEntries(labels),
    },
    ...parts,
    approvals: (approvals.safeParse(raw.approvals).data ?? []).map(({ group, count }) => ({
      group,
      count: count ?? 1,
    })),
    prose: proseOf(description.safeParse(raw.description).data, parts),
  };
}

/** A document that has no JSON form (`.nan` where a number belongs) has been reported as an error, and its draft goes nowhere. */
function digestOfDocument(raw: unknown): string {
  try {
    return digestOf(raw);
  } catch {
    return '';
  }
}

function proseOf(description: string | undefined, { actions, preconditions }: Parts): string {
  const asked = preconditions.map((condition) => (condition.kind === 'metric' ? condition.promql : undefined));
  return [description, ...actions.flatMap(({ title, line }) => [title, line]), ...asked]
    .filter((part) => part !== undefined)
    .join('\n');
}

function idReports(rawActions: readonly unknown[]): LintReport[] {
  const seen = new Map<string, number>();
  return rawActions.flatMap((action, index) => {
    const id = isRecord(action) && typeof action.id === 'string' ? action.id : defaultId(index);
    const before = seen.get(id);
    seen.set(id, before ?? index);
    if (before === undefined) return [];
    return [
      errorAt(['actions', index, 'id'], 'action.duplicate-id', `\`${id}\` is already the id of actions[${before}]`),
    ];
  });
}

function loadInputs(raw: unknown): KnownInputs & { reports: LintReport[] } {
  const entries = Object.entries(isRecord(raw) ? raw : {}).slice(0, runbookLimits.maxInputs);
  const loaded = entries.map(([name, value]): LoadedInput => {
    const parsed = inputSchema.safeParse(value);
    return parsed.success ? loadInput(name, parsed.data) : { reports: [] };
  });
  return {
    specs: loaded.flatMap(({ spec }) => (spec === undefined ? [] : [spec])),
    declared: entries.map(([name]) => name),
    reports: loaded.flatMap(({ reports }) => reports),
  };
}

/** The runbook's own `rollback` is for people: lines they may want when it went wrong. Applied writes are undone by what was captured. */
function loadRollback(raw: unknown): { lines: string[]; reports: LintReport[] } {
  const lines: string[] = [];
  const reports: LintReport[] = [];
  for (const [index, entry] of (Array.isArray(raw) ? raw : []).entries()) {
    if (!isRecord(entry) || typeof entry.cmd !== 'string' || entry.cmd.trim() === '') continue;
    const path = ['rollback', index, 'cmd'];
    const line = entry.cmd.trim();
    if (hasTemplateText(line)) continue;
    const parsed = parseKubectl(line);
    if (!parsed.ok) reports.push(errorAt(path, 'cmd.refused', parsed.error.sentence));
    else if (parsed.value.status !== 'complete') {
      reports.push(warningAt(path, `cmd.${parsed.value.status}`, `becomes a step for a person: ${parsed.value.why}`));
    }
    lines.push(line);
  }
  return { lines, reports };
}

/** Template text anywhere but in actions (which report their own) and the description, which is prose, would never be filled. */
function strayTemplates(raw: Readonly<Record<string, unknown>>): LintReport[] {
  return Object.entries(raw)
    .filter(([key]) => !['actions', 'description', 'preconditions'].includes(key))
    .flatMap(([key, value]) => templatesIn(value, [key]))
    .map(({ path }) =>
      errorAt(path, 'template.place', `${sayPath(path)} cannot be a template: only fields of typed actions can`),
    );
}

function withoutRepeats(problems: readonly LintProblem[]): LintProblem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}
