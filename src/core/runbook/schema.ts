import { z } from 'zod';
import { manualActionSchema, readActionSchema, writeActionSchema } from '../action/action.ts';
import { durationPattern } from './duration.ts';

/** What one file may hold. Real runbooks are far below; what is above is a mistake or an attack. */
export const runbookLimits = {
  maxBytes: 256 * 1024,
  maxDepth: 20,
  maxActions: 50,
  maxInputs: 20,
  maxConditions: 20,
} as const;

const text = (max: number) =>
  z.string().trim().min(1, 'expected a text that is not empty').max(max, `expected at most ${max} characters`);
const kebab = z
  .string()
  .max(63, 'expected at most 63 characters')
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'expected lower-case words joined by dashes, such as rollout-bad-image');
const durationForm = 'expected a duration such as 5s, 2m or 1m30s';
const duration = z.string(durationForm).max(32, durationForm).regex(durationPattern, durationForm);

/** Year, month and day that exist. YAML keeps such a date as text. */
const date = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/, 'expected a date such as 2026-08-01')
  .refine((day) => isDay(day), 'expected a day that exists');

function isDay(day: string): boolean {
  const [year = 0, month = 0, dayOfMonth = 0] = day.split('-').map(Number);
  const daysInMonth = month === 2 ? (isLeap(year) ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
  return month >= 1 && month <= 12 && dayOfMonth >= 1 && dayOfMonth <= daysInMonth;
}

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

const inputNamePattern = /^[a-z][A-Za-z0-9]{0,39}$/;

/** One question before a runbook or one of its actions: PromQL that gives a result, or CEL that is true. */
export const preconditionSchema = z
  .strictObject({ metric: text(4000).optional(), cel: text(2000).optional() })
  .refine(({ metric, cel }) => (metric === undefined) !== (cel === undefined), 'expected either `metric` or `cel`')
  .meta({ minProperties: 1, maxProperties: 1 });

/** The long form of `validate`. `until` is a phrase over a read's output, or CEL over the changed object. */
export const validateObjectSchema = z.strictObject({
  until: text(2000),
  every: duration.optional(),
  for: duration.optional(),
  timeout: duration.optional(),
});

export const inputSchema = z.strictObject({
  type: z.enum(['string', 'integer', 'boolean', 'quantity', 'name', 'workload']),
  from: z.string().max(200).optional(),
  required: z.boolean().optional(),
  default: z
    .union([z.string().max(253), z.number(), z.boolean()], 'expected a text, a number, true or false')
    .optional(),
});

const labelValues = z.union([text(253), z.array(text(253)).min(1).max(50)], 'expected a text or a list of texts');

export const matchSchema = z.strictObject({
  alerts: z.array(text(200)).max(50).optional(),
  runbookUrls: z
    .array(
      z
        .string()
        .max(500)
        .regex(/^https?:\/\/\S+$/i, 'expected a URL that starts with https://'),
    )
    .max(50)
    .optional(),
  findings: z
    .array(
      z
        .string()
        .max(63)
        .regex(/^[a-z]+(-[a-z]+)*$/, 'expected a finding code such as image-pull-failed'),
    )
    .max(50)
    .optional(),
  labels: z.record(z.string().min(1).max(253), labelValues).optional(),
});

const approvalSchema = z.strictObject({
  group: text(100),
  count: z.int().positive().max(20).optional(),
});

const stepFields = {
  id: kebab.optional(),
  title: text(120).optional(),
  preconditions: z.array(preconditionSchema).max(runbookLimits.maxConditions).optional(),
  validate: z.union([text(2000), validateObjectSchema], 'expected a phrase, or an object with `until`').optional(),
  rollback: z.enum(['captured', 'none']).optional(),
  timeout: duration.optional(),
};

/** The fields every action has besides what it does. */
export const stepSchema = z.strictObject(stepFields);
export const cmdSchema = z.strictObject({ cmd: text(1000) });

const actionOptions = [...readActionSchema.options, ...writeActionSchema.options, manualActionSchema] as const;
export const actionKinds = actionOptions.map((option) => option.shape.kind.value);

/** The schema of one kind of typed action, whose fields stand beside `action:` in the file. */
export function actionSchemaOf(kind: string): (typeof actionOptions)[number] | undefined {
  return actionOptions.find((option) => option.shape.kind.value === kind);
}

/**
 * A runbook file. The shortest valid one has a name and one `cmd`; every field besides is optional. `actions` are read one by one (see
 * `load-action.ts`), so that the problems of all of them come at once and name the fields of their own kind.
 */
export const runbookFileSchema = z.strictObject({
  name: kebab,
  title: text(120).optional(),
  description: text(4000).optional(),
  version: z.int().positive().max(1_000_000).optional(),
  owners: z.array(text(100)).max(20).optional(),
  reviewed: date.optional(),
  match: matchSchema.optional(),
  inputs: z
    .record(z.string().regex(inputNamePattern, 'expected a name such as memoryLimit'), inputSchema)
    .refine(
      (inputs) => Object.keys(inputs).length <= runbookLimits.maxInputs,
      `expected at most ${runbookLimits.maxInputs} inputs`,
    )
    .optional(),
  preconditions: z.array(preconditionSchema).max(runbookLimits.maxConditions).optional(),
  actions: z
    .array(z.unknown())
    .min(1, 'expected at least one action')
    .max(runbookLimits.maxActions, `expected at most ${runbookLimits.maxActions} actions`),
  rollback: z.array(cmdSchema).max(20).optional(),
  approvals: z.array(approvalSchema).max(10).optional(),
});

/** The fields that may stand at a place of the file, for suggestions; undefined where names are the author's own. */
export function fieldsAt(path: readonly (string | number)[], kind: string | undefined): readonly string[] | undefined {
  const [top, , third] = path;
  const last = path.at(-1);
  if (path.length === 0) return Object.keys(runbookFileSchema.shape);
  if (last === 'validate') return Object.keys(validateObjectSchema.shape);
  if (path.at(-2) === 'preconditions') return Object.keys(preconditionSchema.shape);
  if (top === 'match' && path.length === 1) return Object.keys(matchSchema.shape);
  if (top === 'inputs' && path.length === 2) return Object.keys(inputSchema.shape);
  if (top === 'approvals' && path.length === 2) return Object.keys(approvalSchema.shape);
  if (top === 'rollback' && path.length === 2) return Object.keys(cmdSchema.shape);
  if (top !== 'actions' || third !== undefined) return undefined;
  const own =
    kind === undefined
      ? ['cmd', 'action']
      : Object.keys(actionSchemaOf(kind)?.shape ?? {}).filter((key) => key !== 'kind');
  return [...Object.keys(stepFields), 'cmd', 'action', ...own];
}

/** Fields that the longer form of a runbook will have; saying "not yet" is more use than "unknown". */
export const laterFields: readonly string[] = [
  'when',
  'retry',
  'onFailure',
  'next',
  'parallel',
  'wait',
  'reviewEvery',
  'concurrency',
  'throttle',
];
