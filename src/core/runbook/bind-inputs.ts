import type { WorkloadRef } from '../action/action.ts';
import type { Evidence, Finding } from '../diagnosis/investigation.ts';
import { fail, ok, type Problem, problem, type Result } from '../result.ts';
import { didYouMean } from './did-you-mean.ts';
import { type InputValue, readInput } from './input-type.ts';
import type { InputSpec, Runbook } from './runbook.ts';

/**
 * What is known when a runbook is bound.
 *
 * `finding` is the one that led to the runbook. `given` are values that a person typed, `requester` that person; a plan made from a signal has neither.
 * `evidence`: items the finding may cite; with them, a finding that rests only on text of strangers (logs, events, alert text) taints what it fills.
 */
export type BindFacts = {
  readonly alertLabels: Readonly<Record<string, string>>;
  readonly finding?: Finding;
  readonly evidence?: readonly Evidence[];
  readonly given: Readonly<Record<string, string | number | boolean>>;
  readonly requester: string | null;
};

export type BindProblem = Problem<'plan.missing-input' | 'plan.bad-input' | 'plan.unsafe-input' | 'plan.bad-action'>;

export type BoundInputs = {
  readonly values: ReadonlyMap<string, InputValue>;
  readonly tainted: boolean;
  /** The finding that counts for this runbook, if any. */
  readonly finding?: Finding;
};

/**
 * Finds a value for each input, from the one source its runbook names and no other: a person cannot type in what must come from a finding.
 *
 * A finding counts only when its code is among those the runbook is written for; whatever the alert is called, another finding fills nothing.
 */
export function bindInputs(runbook: Runbook, facts: BindFacts): Result<BoundInputs, BindProblem> {
  const refused = whyGivenRefused(runbook, facts);
  if (refused !== undefined) return fail(refused);
  const finding =
    facts.finding !== undefined && runbook.match.findings.includes(facts.finding.code) ? facts.finding : undefined;
  const findingTainted = finding !== undefined && isHearsay(finding, facts.evidence);
  const values = new Map<string, InputValue>();
  let tainted = false;
  for (const spec of runbook.inputs) {
    const raw = rawValue(spec, facts, finding) ?? spec.default;
    if (raw === undefined) {
      if (spec.required) return fail(missing(runbook, spec, facts));
      continue;
    }
    const read = readInput(spec.type, raw);
    if (!read.ok) {
      const code = read.error.kind === 'unsafe' ? 'plan.unsafe-input' : 'plan.bad-input';
      return fail(
        refusal(
          code,
          runbook,
          `its input \`${spec.name}\` from ${sourceWords(spec)} cannot be used: ${read.error.why}`,
        ),
      );
    }
    const fromFinding = spec.source.from === 'finding-object' || spec.source.from === 'finding-value';
    if (fromFinding && findingTainted) {
      // What strangers wrote never becomes a target; as a mere value it is marked, and policy decides.
      if (spec.type === 'workload' || spec.type === 'name') {
        return fail(
          refusal(
            'plan.unsafe-input',
            runbook,
            `the target for \`${spec.name}\` was seen only in text that anybody can write`,
          ),
        );
      }
      tainted = true;
    }
    values.set(spec.name, read.value);
  }
  return ok({ values, tainted, ...(finding === undefined ? {} : { finding }) });
}

function rawValue(spec: InputSpec, facts: BindFacts, finding: Finding | undefined): unknown {
  const { source } = spec;
  switch (source.from) {
    case 'alert-label': {
      const label = own(facts.alertLabels, source.label);
      if (spec.type !== 'workload' || label === undefined) return label;
      const namespace = own(facts.alertLabels, 'namespace');
      return namespace === undefined ? undefined : { kind: 'Deployment', namespace, name: label };
    }
    case 'finding-object':
      return finding?.object;
    case 'finding-value':
      return finding?.recommendation?.values === undefined ? undefined : own(finding.recommendation.values, source.key);
    case 'person':
      return own(facts.given, spec.name);
    default:
      return source satisfies never;
  }
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

function whyGivenRefused(runbook: Runbook, { given, requester }: BindFacts): BindProblem | undefined {
  const names = Object.keys(given);
  if (names.length > 0 && requester === null) {
    return refusal('plan.unsafe-input', runbook, 'values were given for it, and no person is known to have given them');
  }
  for (const name of names) {
    const spec = runbook.inputs.find((input) => input.name === name);
    if (spec === undefined) {
      const nearest = didYouMean(
        name,
        runbook.inputs.map((input) => input.name),
      );
      const hint = nearest === undefined ? '' : `; did you mean \`${nearest}\`?`;
      return refusal('plan.bad-input', runbook, `it has no input of the name that was given${hint}`);
    }
    if (spec.source.from !== 'person') {
      return refusal(
        'plan.bad-input',
        runbook,
        `its input \`${name}\` comes from ${sourceWords(spec)} and cannot be given by a person`,
      );
    }
  }
  return undefined;
}

const firstHand: readonly Evidence['kind'][] = ['object', 'metric', 'change'];

/** Nothing that the finding cites was read from the cluster's own state. Ids that were not handed in vouch for nothing. */
function isHearsay(finding: Finding, evidence: readonly Evidence[] | undefined): boolean {
  if (evidence === undefined) return false;
  return !evidence.some(({ id, kind }) => finding.evidence.includes(id) && firstHand.includes(kind));
}

function missing(runbook: Runbook, spec: InputSpec, { finding }: BindFacts): BindProblem {
  const needs = `it needs \`${spec.name}\` from ${sourceWords(spec, runbook)}`;
  const isFromFinding = spec.source.from === 'finding-object' || spec.source.from === 'finding-value';
  if (!isFromFinding) return refusal('plan.missing-input', runbook, `${needs}, and that was not there`);
  if (finding === undefined)
    return refusal('plan.missing-input', runbook, `${needs}, and nothing of the kind was found`);
  if (!runbook.match.findings.includes(finding.code)) {
    return refusal('plan.missing-input', runbook, `${needs}, and what was found is ${finding.code}`);
  }
  return refusal('plan.missing-input', runbook, `${needs}, and the finding does not carry it`);
}

function sourceWords({ source, type }: InputSpec, runbook?: Runbook): string {
  const codes = runbook === undefined ? '' : ` ${runbook.match.findings.join(' or ')}`;
  switch (source.from) {
    case 'alert-label':
      return type === 'workload'
        ? `the alert's labels \`${source.label}\` and \`namespace\``
        : `the alert's label \`${source.label}\``;
    case 'finding-object':
      return `the object of a finding${codes}`;
    case 'finding-value':
      return `the value \`${source.key}\` of a finding${codes}`;
    case 'person':
      return 'a person';
    default:
      return source satisfies never;
  }
}

export function refusal<C extends BindProblem['code']>(code: C, runbook: Runbook, why: string): Problem<C> {
  return problem(
    code,
    `No plan was made from runbook ${runbook.name}: ${why}. Nothing was changed; check what was found, or choose another runbook.`,
  );
}

/** Whether an input's value is a workload and not text or a number. */
export function isWorkload(value: InputValue): value is WorkloadRef {
  return typeof value === 'object';
}
