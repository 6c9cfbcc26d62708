import type { Part, Parts } from './binaries.ts';

/** What vitest counted; `undefined` fields of its JSON report never reach here. */
export type TestCounts = {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly skippedNames: readonly string[];
};

const modelled = [
  'kubelets and container runtimes: KWOK plays the nodes; healthy pods by the stages it ships, faults by test/real/kwok-stages.ts',
  'logs of containers: files written by the tests, served by KWOK through the real API server',
  'kube-state-metrics: test/real/exporter.ts prints the same series from the real API',
  'Slack: the local workspace of the sandbox; the Slack app, Socket Mode and Web API client that speak to it are the product',
  'waits of the alerts: seconds instead of minutes (test/real/alert-rules.ts)',
];

/** What was real, what was modelled, what was skipped and why, and the counts, as lines for a terminal. */
export function reportLines({
  parts,
  counts,
  seconds,
}: {
  parts: Parts;
  counts: TestCounts | undefined;
  seconds: number;
}): string[] {
  const all: Part[] = Object.values(parts);
  const real = all.flatMap((part) =>
    part.state === 'found' ? [`  ${part.name.padEnd(24)} ${part.version.padEnd(16)} ${part.from}`] : [],
  );
  const skipped = all.flatMap((part) => (part.state === 'skipped' ? [`  ${part.name}: ${part.why}`] : []));
  return [
    '',
    'Real parts (version as each reports it):',
    ...orNone(real),
    'Modelled:',
    ...modelled.map((line) => `  ${line}`),
    'Skipped:',
    ...orNone(skipped),
    ...(counts?.skippedNames ?? []).map((name) => `  test: ${name}`),
    counts === undefined
      ? `Tests: none were counted, after ${seconds} s`
      : `Tests: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped, in ${seconds} s`,
  ];
}

function orNone(lines: string[]): string[] {
  return lines.length === 0 ? ['  none'] : lines;
}

/**
 * Reads the JSON report of vitest; `undefined` when it is not one.
 *
 * A test file that could not even be loaded has no test results in it: it counts as one failure.
 */
export function countsOf(report: unknown): TestCounts | undefined {
  if (!isReport(report)) return undefined;
  const tests = report.testResults.flatMap((file) => file.assertionResults);
  const failedTests = tests.filter(({ status }) => status === 'failed').length;
  const brokenFiles = report.testResults.filter((file) => {
    return file.status === 'failed' && file.assertionResults.every(({ status }) => status !== 'failed');
  }).length;
  const skipped = tests.filter(({ status }) => status !== 'failed' && status !== 'passed');
  return {
    passed: tests.filter(({ status }) => status === 'passed').length,
    failed: failedTests + brokenFiles,
    skipped: skipped.length,
    skippedNames: skipped.map(({ fullName }) => fullName),
  };
}

type VitestReport = { testResults: { status: string; assertionResults: { status: string; fullName: string }[] }[] };

function isReport(value: unknown): value is VitestReport {
  return typeof value === 'object' && value !== null && 'testResults' in value && Array.isArray(value.testResults);
}
