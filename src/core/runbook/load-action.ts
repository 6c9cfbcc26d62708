import type { z } from 'zod';
import { type ActionClass, classOf } from '../action/action.ts';
import { parseDuration } from './duration.ts';
import { errorAt, type LintReport, reportsOf, sayGot, warningAt } from './lint-report.ts';
import { loadPreconditions, loadValidation } from './load-conditions.ts';
import { type KnownInputs, loadDeed, templatePlace } from './load-deed.ts';
import type { RunbookAction } from './runbook.ts';
import { stepSchema, validateObjectSchema } from './schema.ts';
import { type DocumentPath, isRecord } from './source-document.ts';
import { hasTemplateText } from './template.ts';

export type LoadedAction = {
  readonly action?: RunbookAction;
  readonly reports: readonly LintReport[];
};

/** The time an action itself may take, validation not counted: reads and writes are one or a few requests; a person gets an hour. */
const timeoutMsOf: Readonly<Record<ActionClass, number>> = {
  read: 60_000,
  write: 60_000,
  destructive: 60_000,
  manual: 3_600_000,
};
const maxTimeoutMs = 24 * 3_600_000;

/**
 * Reads one entry of `actions`: a `cmd` line or a typed `action`, with the fields both have.
 *
 * Everything wrong with it is reported at once; the action is left out when anything is.
 */
export function loadAction(raw: unknown, index: number, inputs: KnownInputs): LoadedAction {
  const path = ['actions', index];
  if (!isRecord(raw)) {
    const suggestion = typeof raw === 'string' ? 'write `- cmd: …`' : undefined;
    const message = `expected an object with \`cmd\` or \`action\`, got ${sayGot(raw)}`;
    return { reports: [errorAt(path, 'schema.value', message, suggestion)] };
  }
  const kind = typeof raw.action === 'string' ? raw.action : undefined;
  const { common, own } = split(raw);
  const step = stepSchema.safeParse(common);
  const deed = loadDeed(raw, own, path, inputs);
  const ofClass = deed.value === undefined ? deed.class : classOf(deed.value.sample);
  const preconditions = loadPreconditions(raw.preconditions, [...path, 'preconditions'], inputs.declared);
  const validateField = validationOf(raw.validate);
  const validate =
    validateField === undefined
      ? undefined
      : loadValidation(validateField, [...path, 'validate'], ofClass, inputs.declared);
  const reports = [
    ...(step.success ? [] : reportsOf(step.error, common, path, kind)),
    ...(typeof raw.title === 'string' && hasTemplateText(raw.title) ? [templatePlace([...path, 'title'])] : []),
    ...deed.reports,
    ...preconditions.reports,
    ...(validate?.reports ?? []),
    ...timeoutReports(path, raw.timeout),
    ...(ofClass === undefined ? [] : changeReports(path, raw, changesCluster(ofClass))),
  ];
  if (!step.success || deed.value === undefined || ofClass === undefined) return { reports };
  if (reports.some(({ severity }) => severity === 'error')) return { reports };
  const { id, title, rollback, timeout } = step.data;
  const { template, line } = deed.value;
  const action: RunbookAction = {
    id: id ?? defaultId(index),
    ...(title === undefined ? {} : { title }),
    class: ofClass,
    template,
    ...(line === undefined ? {} : { line }),
    preconditions: preconditions.value ?? [],
    ...(validate?.value === undefined ? {} : { validate: validate.value }),
    rollback: changesCluster(ofClass) ? (rollback ?? 'captured') : 'none',
    timeoutMs: (timeout === undefined ? undefined : parseDuration(timeout)) ?? timeoutMsOf[ofClass],
  };
  return { action, reports };
}

/** What can be read of `validate`: of a misspelt long form at least its condition, so that it is checked as well. */
function validationOf(raw: unknown): z.infer<typeof stepSchema>['validate'] {
  const whole = stepSchema.shape.validate.safeParse(raw);
  if (whole.success) return whole.data;
  const until = isRecord(raw) ? validateObjectSchema.shape.until.safeParse(raw.until).data : undefined;
  return until === undefined ? undefined : { until };
}

/** The id of an action whose author gave none: its place in the list. */
export function defaultId(index: number): string {
  return `action-${index + 1}`;
}

function changesCluster(of: ActionClass): boolean {
  return of === 'write' || of === 'destructive';
}

function timeoutReports(path: DocumentPath, timeout: unknown): LintReport[] {
  const ms = typeof timeout === 'string' ? parseDuration(timeout) : undefined;
  if (ms === undefined || (ms >= 1 && ms <= maxTimeoutMs)) return [];
  return [errorAt([...path, 'timeout'], 'schema.value', 'expected between 1ms and 24h')];
}

function split(raw: Readonly<Record<string, unknown>>): {
  common: Record<string, unknown>;
  own: Record<string, unknown>;
} {
  const entries = Object.entries(raw).filter(([key]) => key !== 'cmd' && key !== 'action');
  const isCommon = (key: string) => Object.hasOwn(stepSchema.shape, key);
  return {
    common: Object.fromEntries(entries.filter(([key]) => isCommon(key))),
    own: Object.fromEntries(entries.filter(([key]) => !isCommon(key))),
  };
}

function changeReports(path: DocumentPath, raw: Readonly<Record<string, unknown>>, changes: boolean): LintReport[] {
  if (!changes) {
    return raw.rollback === undefined
      ? []
      : [warningAt([...path, 'rollback'], 'rollback.unused', 'has no effect: this action changes nothing')];
  }
  const reports: LintReport[] = [];
  if (raw.validate === undefined) {
    const suggestion = 'add `validate: { until: rolloutComplete(target) }`';
    reports.push(
      warningAt(
        path,
        'validate.missing',
        'changes the cluster and is not validated: nobody will know whether it helped',
        suggestion,
      ),
    );
  }
  if (raw.rollback === 'none') {
    reports.push(
      warningAt([...path, 'rollback'], 'rollback.none', 'cannot be undone by the co-pilot; the card will say so'),
    );
  }
  return reports;
}
