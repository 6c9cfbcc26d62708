import { cpus } from 'node:os';
import { join } from 'node:path';
import { openPolicy } from '../src/adapters/opa/open-policy.ts';
import { type PolicyInput, policyInputSchema } from '../src/core/policy/policy-input.ts';
import { type Verdict, verdictSchema } from '../src/core/policy/verdict.ts';
import { policyCases } from '../test/adapters/opa/policy-cases.ts';

const decisions = 20_000;
const warmUp = 2_000;

/**
 * How long one policy decision takes: the compiled Rego through its engine, beside a table of the same rules written in TypeScript, in one
 * process and one run. The table is the price that Rego is compared with, not a second policy: nothing uses it.
 */
async function main(): Promise<void> {
  const opened = await openPolicy({ folder: join(import.meta.dirname, '..', 'policies') });
  if (!opened.ok) throw new Error(opened.error.sentence);
  const engine = opened.value;
  const requests = policyCases()
    .filter(({ changesSettings }) => !changesSettings)
    .flatMap(({ id, input }) => {
      const parsed = policyInputSchema.safeParse(input);
      return parsed.success ? [{ id, input: parsed.data }] : [];
    });
  for (const { id, input } of requests) {
    const [rego, table] = [engine.decide(input), decideByTable(input)];
    if (rego.effect !== table.effect) throw new Error(`${id}: Rego says ${rego.effect}, the table ${table.effect}`);
  }
  const inputs = requests.map(({ input }) => input);
  console.log(
    `${decisions} decisions over ${inputs.length} requests, node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}`,
  );
  report('opa-wasm engine', measure(inputs, engine.decide));
  report('TypeScript table', measure(inputs, decideByTable));
}

function measure(inputs: readonly PolicyInput[], decide: (input: PolicyInput) => Verdict): number[] {
  const run = (times: number) =>
    Array.from({ length: times }, (_, index) => {
      const input = inputs[index % inputs.length];
      if (input === undefined) throw new Error('no requests');
      const startedAt = performance.now();
      decide(input);
      return (performance.now() - startedAt) * 1000;
    });
  run(warmUp);
  return run(decisions).sort((a, b) => a - b);
}

function report(name: string, sortedUs: readonly number[]): void {
  const at = (share: number) =>
    (sortedUs[Math.min(sortedUs.length - 1, Math.floor(sortedUs.length * share))] ?? 0).toFixed(1);
  console.log(`${name.padEnd(18)} p50 ${at(0.5)} µs   p99 ${at(0.99)} µs   max ${at(1)} µs`);
}

const reads = ['get', 'describe', 'logs', 'events', 'top', 'raw', 'rollout-status', 'rollout-history', 'query'];
const writes = ['rollout-undo', 'set-resources'];
const safeLabel = 'sre-copilot.dev/safe-for-auto';

function decideByTable(request: PolicyInput): Verdict {
  // Like the engine: nothing is believed unread, and the answer is checked.
  const input = policyInputSchema.parse(request);
  return verdictSchema.parse(input.action.class === 'read' ? decideRead(input) : decideWrite(input));
}

function decideRead({ action, target, environment }: PolicyInput): Verdict {
  const resource = action.arguments.resource;
  const isOpen =
    reads.includes(action.kind) &&
    action.role === 'action' &&
    (target === null || (target.cluster === environment.cluster && target.kind !== 'Secret')) &&
    (resource === undefined || (typeof resource === 'string' && /^(?!secrets?\b)[a-z]+/i.test(resource)));
  return isOpen
    ? { effect: 'allow', rule: 'read', reasons: ['Reads are free.'] }
    : { effect: 'deny', rule: 'unknown-action', reasons: ['It is not a read that is listed.'] };
}

function decideWrite({
  action,
  target,
  run,
  runbook,
  evidence,
  blastRadius,
  budgets,
  environment,
}: PolicyInput): Verdict {
  const isUndoing = action.role === 'rollback';
  const isPossible =
    writes.includes(action.kind) &&
    action.class === 'write' &&
    target !== null &&
    `${target.apiVersion}/${target.kind}` === 'apps/v1/Deployment' &&
    target.cluster === environment.cluster &&
    target.namespace !== null &&
    !/^(kube|openshift)-/.test(target.namespace) &&
    target.managedBy === null &&
    blastRadius.objects <= 1 &&
    blastRadius.pods <= 500 &&
    (isUndoing || budgets.writesThisIncident < 5) &&
    (evidence.confidence === 'high' || evidence.confidence === 'medium' || run.requester !== null) &&
    run.autonomy !== 'observe';
  if (!isPossible) return { effect: 'deny', rule: 'table', reasons: ['A rule does not hold.'] };
  const runsUnasked =
    run.autonomy === 'auto' &&
    target.namespaceLabels?.[safeLabel] === 'true' &&
    evidence.confidence === 'high' &&
    !evidence.tainted &&
    (isUndoing || action.reversible) &&
    blastRadius.pods <= 20 &&
    (isUndoing || budgets.writesThisIncident < 1) &&
    runbook.approvals.length === 0;
  if (runsUnasked) return { effect: 'allow', rule: 'safe-for-auto', reasons: ['It is safe for auto.'] };
  const require = [{ group: 'sre-leads', count: 1 }, ...runbook.approvals];
  return { effect: 'needs-approval', rule: 'table', reasons: ['Every change is asked for.'], require, ttlSeconds: 900 };
}

await main();
