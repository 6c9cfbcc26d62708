import { chooseAlert, readAlerts } from '../core/diagnosis/alerts-file.ts';
import type { Investigation } from '../core/diagnosis/investigation.ts';
import { parseSubject } from '../core/diagnosis/subject.ts';
import { type Expectation, readExpectation } from '../core/evaluation/expectation.ts';
import { type Judgement, judge } from '../core/evaluation/judge.ts';
import { type JudgedCase, type Scores, scoresOf } from '../core/evaluation/scores.ts';
import type { Redactor } from '../core/evidence/redaction.ts';
import { fail, ok, type Problem, problem, type Result } from '../core/result.ts';
import type { Clock } from '../ports/clock.ts';
import { createInvestigate } from '../workflows/investigate.ts';
import { type OpenedSource, questionOf } from './investigate.ts';

/** A folder with a snapshot and what it should give. `name` is its path below the folder that was asked for. */
export type CaseFolder = { readonly name: string; readonly snapshot: string; readonly expected: unknown };

export type EvalDependencies = {
  /** All case folders below a folder, in the order of their names; a problem when there is none or it cannot be read. */
  readonly listCases: (folder: string) => Promise<Result<readonly CaseFolder[], Problem>>;
  readonly openSnapshot: (folder: string) => Promise<Result<OpenedSource, Problem>>;
  readonly redactor: Redactor;
  readonly clock: Clock;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
};

type CaseResult = JudgedCase & { readonly investigation: Investigation };

/**
 * `sre-copilot eval DIR`: asks each case's question of its snapshot and compares the answer with its expected.yaml. Resolves to the exit code: 0 all as expected · 1 some are
 * not · 2 a case is malformed · 3 nothing could be read.
 */
export async function evalCommand(
  folder: string,
  { json, verbose }: { readonly json: boolean; readonly verbose: boolean },
  dependencies: EvalDependencies,
): Promise<0 | 1 | 2 | 3> {
  const { listCases, stdout, stderr } = dependencies;
  const listed = await listCases(folder);
  if (!listed.ok) {
    stderr(`${listed.error.sentence}\n`);
    return 3;
  }
  const results: CaseResult[] = [];
  let malformed = 0;
  let unreadable = 0;
  for (const found of listed.value) {
    const expected = readExpectation(found.expected);
    if (!expected.ok) {
      malformed++;
      stderr(`${found.name}: ${expected.error.sentence}\n`);
      continue;
    }
    const result = await runCase(found, expected.value, dependencies);
    if (result.ok) results.push(result.value);
    else {
      unreadable++;
      stderr(`${found.name}: ${result.error.sentence}\n`);
    }
  }
  if (results.length === 0) return malformed > 0 ? 2 : 3;
  const scores = scoresOf(results);
  const bad = results.filter(({ judgement }) => judgement.faults.length > 0);
  if (json) stdout(`${JSON.stringify(documentOf(results, scores), null, 2)}\n`);
  else stdout(pageOf(results, scores, verbose ? results : bad));
  if (malformed > 0) return 2;
  if (unreadable > 0) return 3;
  return bad.length === 0 ? 0 : 1;
}

async function runCase(
  { name, snapshot }: CaseFolder,
  expected: Expectation,
  { openSnapshot, redactor, clock }: EvalDependencies,
): Promise<Result<CaseResult, Problem>> {
  const opened = await openSnapshot(snapshot);
  if (!opened.ok) return opened;
  const { value: source } = opened;
  try {
    const { namespace, object } = expected.question;
    const subject = object === undefined ? ok(undefined) : parseSubject(object);
    if (!subject.ok) return fail(problem('case.malformed', subject.error.sentence));
    const isScoped = namespace !== undefined || object !== undefined;
    const alert = isScoped ? undefined : chooseAlert(readAlerts(source.alerts) ?? []);
    const { reader, metrics, capturedAt } = source;
    const investigate = createInvestigate({
      reader,
      metrics,
      matchRunbooks: () => [],
      redactor,
      clock,
      asOf: capturedAt,
    });
    const startedMs = clock.monotonicMs();
    const investigation = await investigate(questionOf(namespace, subject.value, alert));
    const ms = Math.round((clock.monotonicMs() - startedMs) * 10) / 10;
    return ok({
      name,
      family: expected.family ?? '(no family)',
      ms,
      judgement: judge(investigation, expected),
      investigation,
    });
  } finally {
    source.close?.();
  }
}

function byFamily(results: readonly CaseResult[]): readonly { readonly family: string; readonly scores: Scores }[] {
  const families = [...new Set(results.map(({ family }) => family))].toSorted();
  return families.map((family) => ({ family, scores: scoresOf(results.filter((result) => result.family === family)) }));
}

function documentOf(results: readonly CaseResult[], scores: Scores) {
  return {
    schema: 'sre-copilot/eval/v1',
    ...scores,
    families: Object.fromEntries(byFamily(results).map(({ family, scores: own }) => [family, own])),
    results: results.map(({ name, family, ms, judgement, investigation }) => ({
      name,
      family,
      ms,
      ...judgement,
      status: investigation.status,
      first: investigation.findings[0] === undefined ? null : sayFirst(investigation),
    })),
  };
}

function pageOf(results: readonly CaseResult[], scores: Scores, told: readonly CaseResult[]): string {
  const rows = [...byFamily(results), { family: 'all', scores }].map(({ family, scores: own }) =>
    [
      family.padEnd(20),
      String(own.cases).padStart(6),
      percent(own.top1),
      percent(own.top3),
      percent(own.objectRight),
      percent(own.high.precision),
      percent(own.high.coverage),
      String(own.abstentions).padStart(6),
      String(own.falseFindings).padStart(6),
      `${own.silent.silent}/${own.silent.cases}`.padStart(9),
    ].join(' '),
  );
  const head = `${'family'.padEnd(20)}  cases   top1   top3 object high-p high-c  abst.  false  silent`;
  const list = told.map((result) => tell(result));
  return `${[...list, ...(list.length === 0 ? [] : ['']), head, ...rows, '', `ms per answer: p50 ${scores.ms.p50}, p95 ${scores.ms.p95}, max ${scores.ms.max}`].join('\n')}\n`;
}

function tell({ name, judgement, investigation }: CaseResult): string {
  const { faults } = judgement satisfies Judgement;
  const what = faults.length === 0 ? ['as expected'] : faults;
  const first = investigation.findings.length === 0 ? investigation.status : sayFirst(investigation);
  return [
    `${faults.length === 0 ? 'ok ' : 'BAD'} ${name}: ${first}`,
    ...what.map((sentence) => `      ${sentence}`),
  ].join('\n');
}

function sayFirst({ findings: [first] }: Investigation): string {
  if (first === undefined) return '';
  const { code, object, confidence, score } = first;
  return `${code} ${object.kind} ${object.namespace === undefined ? '' : `${object.namespace}/`}${object.name} (${confidence} ${score})`;
}

function percent(share: number | null): string {
  return (share === null ? '–' : `${(share * 100).toFixed(1)}`).padStart(6);
}
