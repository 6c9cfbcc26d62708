import { type ASTNode, Environment } from '@marcbachmann/cel-js';
import { fail, ok, type Problem, problem, type Result } from '../result.ts';
import { type CelRoot, celRoots, whyUnbounded } from './cel-guard.ts';
import { type CelReading, readCel } from './cel-reading.ts';
import { podsReady, rolloutState } from './rollout-state.ts';
import { isRecord, sayPath, valueAt } from './source-document.ts';

/** Wire JSON as just read. What could not be read is left out, and a condition that needs it is errored. */
export type CelFacts = {
  readonly target?: unknown;
  readonly before?: unknown;
  readonly pods?: readonly unknown[];
  readonly inputs?: Readonly<Record<string, unknown>>;
};

/**
 * One answer. `failed` is measured bad, `errored` could not measure (a field is missing, a type is another): neither ever counts as holding.
 * `measured` tells the values behind it. `definite`: it will not hold later either, so waiting for it can end.
 */
export type Measurement = {
  readonly outcome: 'succeeded' | 'failed' | 'errored';
  readonly measured: string;
  readonly definite: boolean;
};

/** A condition compiled once and asked often. Evaluating never throws. `inputs` are the names of the inputs it mentions. */
export type CelCondition = {
  readonly expression: string;
  readonly roots: ReadonlySet<CelRoot>;
  readonly inputs: readonly string[];
  evaluate(facts: CelFacts): Measurement;
};

export type CelProblem = Problem<'condition.unparsable' | 'condition.unbounded' | 'condition.not-boolean'>;

const maxExpressionLength = 2000;
/** Of all documents together: about 1,000 pods. Conversion and evaluation stay in the tens of milliseconds. */
const maxValues = 500_000;
const maxToldValues = 5;

// Optional types and undeclared variables stay off: a typo must be an error when the runbook is loaded, not an absent value at 3 am.
const environment = new Environment({
  unlistedVariablesAreDyn: false,
  homogeneousAggregateLiterals: false,
  limits: { maxAstNodes: 400, maxDepth: 32, maxListElements: 100, maxMapEntries: 50, maxCallArguments: 4 },
})
  .registerVariable('target', 'dyn')
  .registerVariable('before', 'dyn')
  .registerVariable('pods', 'dyn')
  .registerVariable('inputs', 'dyn')
  .registerFunction('rolloutComplete(dyn): bool', (target: unknown) => {
    const { state, why } = rolloutState(target);
    if (state === 'unknown') throw new Error(why);
    return state === 'complete';
  })
  .registerFunction('podsReady(dyn): bool', (pods: unknown) => {
    if (!Array.isArray(pods)) throw new Error('the pods were not read');
    return podsReady(pods).ready;
  });

/**
 * Compiles a CEL expression over `target`, `before`, `pods` and `inputs`, with `rolloutComplete(target)` and `podsReady(pods)` besides CEL's own.
 *
 * Refuses what does not parse or type-check, what cannot be true or false, and what might run long (see `whyUnbounded`).
 */
export function compileCel(expression: string): Result<CelCondition, CelProblem> {
  if (expression.length > maxExpressionLength) {
    return fail(problem('condition.unbounded', `the condition is longer than ${maxExpressionLength} characters`));
  }
  const parsed = parseCel(expression);
  if (!parsed.ok) return parsed;
  const unbounded = whyUnbounded(parsed.value.ast);
  if (unbounded !== undefined) return fail(problem('condition.unbounded', unbounded));
  const checked = parsed.value.check();
  if (!checked.valid) return fail(problem('condition.unparsable', reasonOf(checked.error)));
  if (checked.type !== 'bool' && checked.type !== 'dyn') {
    return fail(problem('condition.not-boolean', `the condition gives a ${checked.type}, not true or false`));
  }
  const reading = readCel(parsed.value.ast);
  const run = parsed.value.run;
  return ok({
    expression,
    roots: reading.roots,
    inputs: reading.paths.flatMap(([root, name]) => (root === 'inputs' && typeof name === 'string' ? [name] : [])),
    evaluate: (facts) => evaluate(run, reading, facts),
  });
}

type Run = (context: Record<string, unknown>) => unknown;
type Checked = { readonly valid: boolean; readonly type?: string; readonly error?: unknown };

function parseCel(expression: string): Result<{ ast: ASTNode; run: Run; check: () => Checked }, CelProblem> {
  try {
    const parsed = environment.parse(expression);
    return ok({ ast: parsed.ast, run: parsed, check: () => parsed.check() });
  } catch (error) {
    return fail(problem('condition.unparsable', reasonOf(error)));
  }
}

function evaluate(run: Run, reading: CelReading, facts: CelFacts): Measurement {
  for (const root of reading.roots) {
    if (facts[root] === undefined || facts[root] === null) return errored(`${root} was not read`);
  }
  if (reading.presumesPods && facts.pods?.length === 0) return errored('there are no pods to judge by');
  const budget = { left: maxValues };
  let holds: unknown;
  try {
    const context: Record<string, unknown> = {};
    for (const root of celRoots) if (reading.roots.has(root)) context[root] = toCel(facts[root], budget);
    holds = run(context);
  } catch (error) {
    return errored(reasonOf(error));
  }
  if (typeof holds !== 'boolean') return errored('the condition gave no true or false');
  const definite = !holds && reading.calls.some((call) => isDefiniteFailure(call, facts));
  return { outcome: holds ? 'succeeded' : 'failed', measured: measuredBy(reading, facts, holds), definite };
}

/** JSON as CEL sees it: whole numbers are ints (bigint), so that they compare with literals and with each other. */
function toCel(value: unknown, budget: { left: number }): unknown {
  budget.left -= 1;
  if (budget.left < 0) throw new Error(`there is more to look at than ${maxValues} values`);
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map((item) => toCel(item, budget));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => (item === undefined ? [] : [[key, toCel(item, budget)]])),
  );
}

function isDefiniteFailure(call: CelReading['calls'][number], facts: CelFacts): boolean {
  return call.required && call.name === 'rolloutComplete' && rolloutState(facts[call.root]).state === 'failed';
}

function measuredBy(reading: CelReading, facts: CelFacts, holds: boolean): string {
  const calls = reading.calls.flatMap(({ name, root }) => {
    if (name === 'rolloutComplete') return [rolloutState(facts[root]).why];
    return name === 'podsReady' ? [podsReady(facts[root]).why] : [];
  });
  const values = reading.paths.map((path) => `${sayPath(path)} is ${sayValue(valueAt(facts, path))}`);
  const pods =
    calls.length === 0 && values.length === 0 && facts.pods !== undefined
      ? [`looked at ${facts.pods.length} pods`]
      : [];
  const told = [...calls, ...values, ...pods];
  const more = told.length > maxToldValues ? ` and ${told.length - maxToldValues} more` : '';
  return told.length === 0 ? `it is ${holds}` : told.slice(0, maxToldValues).join(', ') + more;
}

function sayValue(value: unknown): string {
  if (value === undefined) return 'not there';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

function errored(why: string): Measurement {
  return { outcome: 'errored', measured: `could not be measured: ${why}`, definite: false };
}

/** The library's errors carry a one-line `summary` beside a message with a drawing of the source. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'the condition cannot be read';
  if ('summary' in error && typeof error.summary === 'string') return error.summary;
  return error.message.split('\n')[0] ?? error.message;
}
