import type { LintContext } from './lint-context.ts';
import { errorAt, type LintReport, warningAt } from './lint-report.ts';
import type { Runbook } from './runbook.ts';
import { matchSchema } from './schema.ts';
import { isRecord } from './source-document.ts';

const reviewEveryDays = 180;

/**
 * What a reviewer would ask about a runbook: is it cared for, can it be found, can it be approved, is all of it used? `raw` is the document: a field that is
 * there and wrong has its own report, and is not also called missing.
 */
export function lintRunbook(
  runbook: Runbook,
  raw: Readonly<Record<string, unknown>>,
  context: LintContext,
): LintReport[] {
  const has = (field: string) => Object.hasOwn(raw, field) && !isEmptyList(raw[field]);
  return [
    ...careReports(runbook, has, context.today),
    ...matchReports(runbook, raw),
    ...unusedInputs(raw),
    ...approvalReports(runbook, has('approvals'), context.groups),
  ];
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

type Has = (field: string) => boolean;

function careReports({ owners, reviewed }: Runbook, has: Has, today: string): LintReport[] {
  const reports: LintReport[] = [];
  if (owners.length === 0 && !has('owners'))
    reports.push(warningAt([], 'owners.missing', 'no `owners`: nobody is asked when it is wrong'));
  if (reviewed === undefined) {
    if (!has('reviewed'))
      reports.push(warningAt([], 'reviewed.missing', 'no `reviewed` date: nobody knows whether it still holds'));
    return reports;
  }
  const days = daysBetween(reviewed, today);
  if (days < 0) reports.push(warningAt(['reviewed'], 'reviewed.future', `${reviewed} has not come yet`));
  if (days > reviewEveryDays) {
    reports.push(
      warningAt(
        ['reviewed'],
        'reviewed.stale',
        `was ${days} days ago; more than ${reviewEveryDays} is too long`,
        'review it and set the date',
      ),
    );
  }
  return reports;
}

function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000);
}

function matchReports({ match, name, inputs }: Runbook, raw: Readonly<Record<string, unknown>>): LintReport[] {
  const { alerts, runbookUrls, findings } = match;
  const isReadable = name !== '' && (raw.match === undefined || matchSchema.safeParse(raw.match).success);
  const reports: LintReport[] = [];
  if (isReadable && alerts.length + runbookUrls.length + findings.length === 0) {
    const message = `matches nothing by itself: only an alert called like ${name}, or a person, leads to it`;
    reports.push(
      warningAt(
        raw.match === undefined ? [] : ['match'],
        'match.nothing',
        message,
        'add `match` with alerts, runbookUrls or findings',
      ),
    );
  }
  const fromFinding = inputs.find(({ source }) => source.from === 'finding-object' || source.from === 'finding-value');
  if (fromFinding !== undefined && findings.length === 0) {
    // Otherwise any finding whatever would name the target of this runbook.
    const message = 'takes its value from a finding, but `match.findings` does not say from which';
    reports.push(
      errorAt(
        ['inputs', fromFinding.name, 'from'],
        'match.findings',
        message,
        'list the finding codes it is written for',
      ),
    );
  }
  return reports;
}

/** By text, so that a mention in a broken condition or action still counts as use. */
function unusedInputs(raw: Readonly<Record<string, unknown>>): LintReport[] {
  if (!isRecord(raw.inputs)) return [];
  const text = JSON.stringify([raw.actions, raw.preconditions]);
  const used = new Set([...text.matchAll(/inputs(?:\.|\[\\?["'])(\w+)/g)].map(([, name]) => name));
  return Object.keys(raw.inputs)
    .filter((name) => !used.has(name))
    .map((name) => ({
      ...warningAt(['inputs', name], 'input.unused', 'is used by no action and no condition'),
      at: 'key',
    }));
}

function approvalReports(
  { actions, approvals }: Runbook,
  hasApprovals: boolean,
  groups: LintContext['groups'],
): LintReport[] {
  const changes = actions.some(({ class: of }) => of === 'write' || of === 'destructive');
  const path = hasApprovals ? ['approvals'] : [];
  if (approvals.length === 0) {
    return changes
      ? [
          warningAt(
            path,
            'approvals.nobody',
            'changes the cluster and names nobody in `approvals`: policy alone decides who is asked',
          ),
        ]
      : [];
  }
  return approvals.flatMap(({ group, count }, index) => {
    const at = ['approvals', index];
    if (approvals.findIndex((other) => other.group === group) !== index) {
      return [warningAt(at, 'approvals.repeated', `names \`${group}\` again; the larger count holds`)];
    }
    const members = groups === undefined ? undefined : Object.hasOwn(groups, group) ? (groups[group] ?? []) : [];
    if (members === undefined) return [];
    const people = new Set(members).size;
    if (people < count)
      return [errorAt(at, 'approvals.unreachable', `\`${group}\` has ${people} members and ${count} must approve`)];
    // Whoever starts a run does not count for it.
    if (people - 1 < count) {
      return [
        warningAt(
          at,
          'approvals.requester',
          `when one of \`${group}\` asks, the ${people - 1} others cannot be ${count}`,
        ),
      ];
    }
    return [];
  });
}
