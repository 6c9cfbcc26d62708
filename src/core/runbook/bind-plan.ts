import { type Action, actionSchema } from '../action/action.ts';
import { digestOf } from '../digest.ts';
import { fail, ok, type Result } from '../result.ts';
import { titleOf } from './action-title.ts';
import { type BindFacts, type BindProblem, bindInputs, isWorkload, refusal } from './bind-inputs.ts';
import type { InputValue } from './input-type.ts';
import type { Plan, PlannedAction } from './plan.ts';
import type { Runbook, RunbookAction } from './runbook.ts';
import { fillTemplates, type TemplateRef, templatesIn } from './template.ts';

/**
 * Binds a runbook to one incident: every template is replaced by the whole typed value of its input, every action parsed again as what will run.
 *
 * `digest` is over all other fields of the plan, so it does not depend on the order in which anything was given. Refused with `plan.missing-input` (the
 * source has no value, or the finding is of another code), `plan.bad-input` (another type, or given by a person where none may), `plan.unsafe-input`
 * (template text, control characters, a target known only from text that strangers write), `plan.bad-action` (values that do not make an action).
 */
export function bindPlan(runbook: Runbook, facts: BindFacts): Result<Plan, BindProblem> {
  const inputs = bindInputs(runbook, facts);
  if (!inputs.ok) return inputs;
  const { values, tainted, finding } = inputs.value;
  const actions: PlannedAction[] = [];
  for (const action of runbook.actions) {
    const bound = bindAction(runbook, action, values);
    if (!bound.ok) return bound;
    actions.push(bound.value);
  }
  const plan = {
    runbook: { name: runbook.name, title: runbook.title, digest: runbook.digest },
    inputs: Object.fromEntries([...values].map(([name, value]) => [name, isWorkload(value) ? { ...value } : value])),
    tainted,
    confidence: finding?.confidence ?? ('none' as const),
    score: finding?.score ?? 0,
    preconditions: [...runbook.preconditions],
    actions,
    manualRollback: [...runbook.manualRollback],
    approvals: [...runbook.approvals],
  };
  return ok({ ...plan, digest: digestOf(plan) });
}

function bindAction(
  runbook: Runbook,
  action: RunbookAction,
  values: ReadonlyMap<string, InputValue>,
): Result<PlannedAction, BindProblem> {
  const concrete = concreteAction(action, values);
  if (concrete === undefined) {
    return fail(
      refusal('plan.bad-action', runbook, `its action \`${action.id}\` is not well formed with these inputs`),
    );
  }
  return ok({
    id: action.id,
    title: action.title ?? action.line ?? titleOf(concrete),
    action: concrete,
    ...(action.line === undefined ? {} : { line: action.line }),
    preconditions: [...action.preconditions],
    ...(action.validate === undefined ? {} : { validate: action.validate }),
    rollback: action.rollback,
    timeoutMs: action.timeoutMs,
  });
}

function concreteAction(action: RunbookAction, values: ReadonlyMap<string, InputValue>): Action | undefined {
  const { template } = action;
  const filled =
    template.kind === 'concrete' ? template.action : fillTemplates(template.fields, (ref) => inputValue(ref, values));
  const parsed = actionSchema.safeParse(filled);
  // The last gate: whatever the loader let through, template text never runs.
  return parsed.success && templatesIn(parsed.data).length === 0 ? parsed.data : undefined;
}

function inputValue({ input, part }: TemplateRef, values: ReadonlyMap<string, InputValue>): unknown {
  const value = values.get(input);
  if (value === undefined) return undefined;
  if (part !== undefined) return isWorkload(value) ? value[part] : undefined;
  // Each use gets its own copy: a plan shares nothing with the facts it was made from.
  return isWorkload(value) ? { ...value } : value;
}
