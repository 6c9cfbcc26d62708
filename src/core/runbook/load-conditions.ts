import type { z } from 'zod';
import type { ActionClass } from '../action/action.ts';
import { compileCel } from './condition.ts';
import { didYouMean } from './did-you-mean.ts';
import { parseDuration } from './duration.ts';
import { errorAt, type LintReport, warningAt } from './lint-report.ts';
import { parsePhrase } from './phrase.ts';
import type { Condition, Validation } from './plan.ts';
import { preconditionSchema, type validateObjectSchema } from './schema.ts';
import type { DocumentPath } from './source-document.ts';
import { hasTemplateText } from './template.ts';

type RawValidate = string | z.infer<typeof validateObjectSchema>;
type Loaded<T> = { readonly value?: T; readonly reports: readonly LintReport[] };

/**
 * How a validation is asked when its author does not say. A change is looked at every 5 s for up to 5 min and must hold for 10 s, so that a
 * container that starts and dies does not count; a read is asked once of its output.
 */
const writeDefaults = { everyMs: 5000, forMs: 10_000, timeoutMs: 300_000 };
const readDefaults = { everyMs: 1000, forMs: 0, timeoutMs: 60_000 };
const maxValidationMs = 3_600_000;

/** Reads a list of preconditions; entries that their schema refuses are left to its own report. `inputs` are the names that exist. */
export function loadPreconditions(raw: unknown, path: DocumentPath, inputs: readonly string[]): Loaded<Condition[]> {
  const loaded = (Array.isArray(raw) ? raw : []).map((entry, index): Loaded<Condition> => {
    const parsed = preconditionSchema.safeParse(entry);
    if (!parsed.success) return { reports: [] };
    const { metric, cel } = parsed.data;
    if (metric !== undefined) return loadMetric(metric, [...path, index, 'metric']);
    return loadCel(cel ?? '', [...path, index, 'cel'], inputs);
  });
  return {
    value: loaded.flatMap(({ value }) => (value === undefined ? [] : [value])),
    reports: loaded.flatMap(({ reports }) => reports),
  };
}

function loadMetric(promql: string, path: DocumentPath): Loaded<Condition> {
  if (hasTemplateText(promql))
    return failed(path, 'template.place', 'a template fills a whole field of a typed action, not text inside PromQL');
  return { value: { kind: 'metric', promql }, reports: [] };
}

function loadCel(expression: string, path: DocumentPath, inputs: readonly string[]): Loaded<Condition> {
  const compiled = compileCel(expression);
  if (!compiled.ok) return failed(path, compiled.error.code, `not a usable CEL condition: ${compiled.error.sentence}`);
  const unknown = compiled.value.inputs.find((name) => !inputs.includes(name));
  if (unknown !== undefined) {
    const nearest = didYouMean(unknown, inputs);
    const suggestion = nearest === undefined ? 'add it to `inputs`' : `did you mean \`inputs.${nearest}\`?`;
    return failed(path, 'input.unknown', `\`inputs.${unknown}\` is not an input of this runbook`, suggestion);
  }
  return { value: { kind: 'cel', expression }, reports: [] };
}

/**
 * Reads `validate` of an action: phrases ask a read's output, CEL asks the object a write changed. `of` is undefined when the action itself could not
 * be read: then only what is wrong either way is reported.
 */
export function loadValidation(
  raw: RawValidate,
  path: DocumentPath,
  of: ActionClass | undefined,
  inputs: readonly string[],
): Loaded<Validation> {
  if (of === 'manual') {
    return {
      reports: [warningAt(path, 'validate.manual', 'is not asked: a person does this step and says how it went')],
    };
  }
  const long = typeof raw === 'string' ? { until: raw } : raw;
  const untilPath = typeof raw === 'string' ? path : [...path, 'until'];
  if (of === undefined) return { reports: neitherReports(long.until, untilPath) };
  const until =
    of === 'read'
      ? loadPhrase(long.until, untilPath)
      : loadWriteCondition(long.until, untilPath, inputs, typeof raw === 'string');
  const timing = loadTiming(long, path, of);
  const reports = [...until.reports, ...timing.reports];
  if (until.value === undefined || timing.value === undefined) return { reports };
  return { value: { until: until.value, ...timing.value }, reports };
}

function loadPhrase(text: string, path: DocumentPath): Loaded<Condition> {
  const parsed = parsePhrase(text);
  if (parsed.ok) return { value: { kind: 'phrase', text }, reports: [] };
  if (!looksLikePhrase(text) && compileCel(text).ok) {
    return failed(
      path,
      'validate.cel-on-read',
      'a read is validated by a phrase over its output; CEL cannot see it',
      phraseHelp,
    );
  }
  return failed(path, 'validate.unparsable', `not a phrase: ${parsed.error.sentence}`, phraseHelp);
}

const phraseHelp = 'for example `output contains ok` or `no restarts > 3`';

function loadWriteCondition(
  text: string,
  path: DocumentPath,
  inputs: readonly string[],
  isShort: boolean,
): Loaded<Condition> {
  if (looksLikePhrase(text) || parsePhrase(text).ok) {
    const suggestion = 'write `validate: { until: rolloutComplete(target) }` or another CEL condition over `target`';
    return failed(
      path,
      'validate.phrase-on-write',
      'a phrase asks the output of a read, and a change has none',
      suggestion,
    );
  }
  if (isShort) {
    const message = 'the short form of `validate` is a phrase over the output of a read';
    return failed(path, 'validate.short-on-write', message, 'write `validate: { until: … }`');
  }
  return loadCel(text, path, inputs);
}

function neitherReports(text: string, path: DocumentPath): LintReport[] {
  const phrase = parsePhrase(text);
  if (phrase.ok || compileCel(text).ok) return [];
  const why = looksLikePhrase(text) && !phrase.ok ? phrase.error.sentence : 'expected a phrase or a CEL condition';
  return [errorAt(path, 'validate.unparsable', why, phraseHelp)];
}

function looksLikePhrase(text: string): boolean {
  return /^(output|no|all)\s/i.test(text.trim());
}

type RawTiming = {
  readonly every?: string | undefined;
  readonly for?: string | undefined;
  readonly timeout?: string | undefined;
};

function loadTiming(
  raw: RawTiming,
  path: DocumentPath,
  of: ActionClass,
): { value?: Omit<Validation, 'until'>; reports: LintReport[] } {
  const ms = (text: string | undefined) => (text === undefined ? undefined : parseDuration(text));
  const defaults = of === 'read' ? readDefaults : writeDefaults;
  const timeoutMs = ms(raw.timeout) ?? defaults.timeoutMs;
  const value = {
    everyMs: ms(raw.every) ?? Math.min(defaults.everyMs, Math.max(1, timeoutMs)),
    // A short timeout leaves no room for the usual holding time; half of it is kept to get there.
    forMs: ms(raw.for) ?? Math.min(defaults.forMs, Math.floor(timeoutMs / 2)),
    timeoutMs,
  };
  const reports: LintReport[] = [];
  if (of === 'read' && (raw.every ?? raw.for) !== undefined) {
    reports.push(warningAt(path, 'validate.timing', 'a read is asked once: `every` and `for` have no effect'));
  }
  if (timeoutMs < 1 || timeoutMs > maxValidationMs)
    reports.push(errorAt([...path, 'timeout'], 'validate.timing', 'expected between 1ms and 1h'));
  if (value.everyMs < 1 || value.everyMs > timeoutMs) {
    reports.push(
      errorAt([...path, 'every'], 'validate.timing', 'expected more than nothing and no more than `timeout`'),
    );
  }
  if (value.forMs >= timeoutMs) {
    reports.push(
      errorAt(
        [...path, 'for'],
        'validate.timing',
        'must be shorter than `timeout`, or it can never have held long enough',
      ),
    );
  }
  return reports.some(({ severity }) => severity === 'error') ? { reports } : { value, reports };
}

function failed<T>(path: DocumentPath, code: string, message: string, suggestion?: string): Loaded<T> {
  return { reports: [errorAt(path, code, message, suggestion)] };
}
