import { sayRef } from '../cluster/object.ts';
import type { Finding } from '../diagnosis/investigation.ts';
import { canonicalJson } from '../digest.ts';
import { apply } from '../incident/apply.ts';
import type { IncidentEvent } from '../incident/events.ts';
import { findAction, findRun, type IncidentState } from '../incident/state.ts';
import type { Head } from '../journal/event.ts';
import { sayRequirements, type TimelineEntry, timelineOf } from './entries.ts';
import { sayDuration, stretchesOf } from './phases.ts';

/**
 * The incident as a post-mortem draft in Markdown: what broke, who decided what, what ran, how long each phase took, the whole timeline. Every statement cites
 * the event it comes from (`#7`); what only people know is left open and marked. `head` is the end of the stream, with which the text can be proven.
 *
 * Text from outside is escaped: it can neither break the table nor become markup, a link or a mention.
 */
export function renderMarkdown(events: readonly IncidentEvent[], head: Head): string {
  const state = events.reduce<IncidentState | undefined>(apply, undefined);
  const [opened] = events;
  if (state === undefined || opened === undefined)
    throw new TypeError('renderMarkdown: an incident has at least one event');
  const entries = timelineOf(events);
  return [
    `# ${state.reference}: ${asText(state.opened.title)}`,
    '',
    summary(state, opened),
    '## In short',
    '',
    inShort(events, state),
    '## What broke',
    '',
    whatBroke(state),
    '## Who decided what',
    '',
    decisions(events, state),
    '## What ran',
    '',
    whatRan(events, state),
    '## How long each phase took',
    '',
    phases(events),
    '## Timeline',
    '',
    'All times are UTC. `#n` cites event n of the journal.',
    '',
    '| # | When (UTC) | Who | What |',
    '| --- | --- | --- | --- |',
    ...entries.filter(({ weight }) => weight !== 'detail').map(row),
    '',
    readings(entries),
    '## Evidence',
    '',
    evidence(state),
    '## For people to write',
    '',
    '- **Impact** (who noticed what, for how long): _to be written_',
    '- **Root cause and trigger** (the finding above is a measured fact about the cluster, not yet a root cause): _to be written_',
    '- **What went well, what went wrong, where we were lucky**: _to be written_',
    '- **Action items** (owner, due date, ticket): _to be written_',
    '',
    '## Proof',
    '',
    `This page was rendered from ${events.length} events of \`${head.stream}\`. The chain ends at #${head.seq} with hash`,
    `\`${head.hash}\`. Check the journal with \`sre-copilot verify ${state.reference}\`, and this page beside its journal with \`sre-copilot verify FILE\`: it names the first line that was changed, added, removed or reordered.`,
    '',
    `<!-- ${canonicalJson(head)} -->`,
    '',
  ].join('\n');
}

function summary(state: IncidentState, opened: IncidentEvent): string {
  const { severity, source, scope, summary: text } = state.opened;
  const people = new Set(
    Object.values(state.approvals).flatMap(({ given, endedBy }) => [
      ...given.map(({ by }) => by.name),
      ...(endedBy === null ? [] : [endedBy.name]),
    ]),
  );
  if (state.opened.requester !== null) people.add(state.opened.requester.name);
  const rows: [string, string][] = [
    ['Status', `**${state.phase}**`],
    ['Severity', asText(severity)],
    ['Cluster', asText(scope.cluster)],
    ['Opened', `${day(opened.occurredAt)} by ${openers[source]} (#${opened.seq})`],
    ['Mitigated', state.mitigatedAt === null ? '—' : day(state.mitigatedAt)],
    ['Resolved', state.resolvedAt === null ? '—' : day(state.resolvedAt)],
    ['People', people.size === 0 ? '—' : [...people].map(asText).join(', ')],
  ];
  const table = ['| | |', '| --- | --- |', ...rows.map(([name, value]) => `| ${name} | ${value} |`), ''].join('\n');
  return text === '' ? table : `${table}\n> ${asText(text)}\n`;
}

const openers = { alertmanager: 'an alert', command: 'a person', detection: 'the watch of the cluster' } as const;

/** The story in a few sentences, for somebody who reads nothing else. */
function inShort(events: readonly IncidentEvent[], state: IncidentState): string {
  const cites = (type: IncidentEvent['type']) =>
    events.flatMap((event) => (event.type === type ? [`#${event.seq}`] : [])).join(', ');
  const finding = state.investigation?.document.findings[0];
  const answered = state.investigation;
  const unasked = state.opened.source === 'detection' ? 'the watch of the cluster saw something' : 'an alert came in';
  const how = state.opened.requester === null ? unasked : `${asText(state.opened.requester.name)} asked`;
  const sentences = [`On ${day(state.openedAt)} UTC ${how} (#1).`];
  if (answered !== null) {
    const took = sayDuration(Math.max(0, Date.parse(answered.at) - Date.parse(state.openedAt)));
    const what =
      finding === undefined ? 'no cause was found in the cluster' : asText(finding.summary.replace(/\.$/, ''));
    sentences.push(`After ${took} the answer was: ${what} (#${answered.seq}).`);
  }
  for (const run of state.runs) {
    const by = Object.values(state.approvals).filter((approval) => approval.run === run.id);
    const yes = [...new Set(by.flatMap(({ given }) => given.map((one) => one.by.name)))].map(asText);
    const no = by.flatMap(({ status, endedBy }) =>
      status === 'rejected' && endedBy !== null ? [asText(endedBy.name)] : [],
    );
    const wrote = run.actions
      .filter(({ state: action }) => action.step === 'done' && action.wrote)
      .map(({ planned }) => asText(planned.title));
    const decided = [
      yes.length === 0 ? [] : [`approved by ${yes.join(' and ')}`],
      no.length === 0 ? [] : [`rejected by ${no.join(' and ')}`],
    ].flat();
    const changed = wrote.length === 0 ? 'nothing was changed' : `what changed the cluster: ${wrote.join('; ')}`;
    sentences.push(
      `The runbook ${asText(run.plan.runbook.name)} ${run.status === 'succeeded' ? 'succeeded' : `ended as ${run.status}`}${decided.length === 0 ? '' : `, ${decided.join(', ')}`}; ${changed}.`,
    );
  }
  const since = (instant: string) => sayDuration(Math.max(0, Date.parse(instant) - Date.parse(state.openedAt)));
  if (state.mitigatedAt !== null)
    sentences.push(`It was mitigated after ${since(state.mitigatedAt)} (${cites('incident-mitigated')}).`);
  sentences.push(
    state.resolvedAt === null
      ? `It is ${state.phase} at the time of this export.`
      : `It was resolved after ${since(state.resolvedAt)} (${cites('incident-resolved')}).`,
  );
  return `${sentences.join(' ')}\n`;
}

function whatBroke(state: IncidentState): string {
  const { investigation } = state;
  if (investigation === null) return 'Nothing was investigated.\n';
  const { document, seq } = investigation;
  if (document.findings.length === 0) {
    const unread = document.missing.map(({ source, why }) => `- Not readable: ${asText(source)} (${asText(why)})`);
    const verdict = document.status === 'healthy' ? 'Nothing was wrong when it was looked at' : 'No cause was found';
    return [`${verdict} (#${seq}).`, ...unread, ''].join('\n');
  }
  return [...document.findings.map((finding) => sayFinding(finding, seq)), ''].join('\n');
}

function sayFinding(finding: Finding, seq: number): string {
  const { code, summary: text, object, confidence, cause, recommendation, evidence: ids } = finding;
  return [
    `- **${asText(text)}** (\`${code}\`, ${confidence} confidence, #${seq})`,
    `  - Object to change: ${asText(sayRef(object))}, \`${asCode(cause.path)}\``,
    `  - Observed: ${asText(cause.observed)}; expected: ${asText(cause.expected)}`,
    ...(recommendation === undefined ? [] : [`  - Proposed: ${asText(recommendation.text)}`]),
    `  - Evidence: ${ids.join(', ')}`,
  ].join('\n');
}

function decisions(events: readonly IncidentEvent[], state: IncidentState): string {
  const lines = events.flatMap((event) => {
    const said = decisionOf(event, state);
    return said === undefined ? [] : [`- ${time(event.recordedAt)} ${said} (#${event.seq})`];
  });
  return lines.length === 0 ? 'Nobody was asked to decide anything.\n' : `${lines.join('\n')}\n`;
}

function decisionOf(event: IncidentEvent, state: IncidentState): string | undefined {
  const titleOf = (id: string) => {
    const approval = state.approvals[id];
    const run = approval === undefined ? undefined : findRun(state, approval.run);
    return asText(
      (run === undefined || approval === undefined ? undefined : findAction(run, approval.action)?.planned.title) ?? id,
    );
  };
  switch (event.type) {
    case 'action-checked': {
      const { verdict, policyDigest } = event.body.check;
      return `Policy \`${policyDigest.slice(0, 12)}\`, rule \`${asCode(verdict.rule)}\`: **${verdict.effect}** for \`${asCode(event.body.action)}\`. ${asText(verdict.reasons.join(' '))}`;
    }
    case 'approval-requested':
      return `Asked: ${asText(sayRequirements(event.body.require))} for "${titleOf(event.body.approval)}", digest \`${event.body.digest.slice(0, 12)}\``;
    case 'approval-given':
      return `**${asText(event.body.by.name)}** (${asText(event.body.groups.join(', '))}) approved "${titleOf(event.body.approval)}"`;
    case 'approval-rejected':
      return `**${asText(event.body.by.name)}** rejected "${titleOf(event.body.approval)}"${event.body.reason === '' ? '' : `: ${asText(event.body.reason)}`}`;
    case 'approval-refused':
      return `${asText(event.body.by.name)} clicked and was refused (\`${event.body.code}\`)`;
    case 'approval-expired':
      return `Nobody decided in time on "${titleOf(event.body.approval)}"`;
    case 'approval-superseded':
      return `Approval void: ${asText(event.body.why.join('; '))}`;
    case 'action-refused':
      return `Policy refused \`${asCode(event.body.action)}\`: ${asText(event.body.verdict.reasons.join(' '))}`;
    case 'run-stop-requested':
      return `**${asText(event.body.by.name)}** asked to stop the run`;
    default:
      return undefined;
  }
}

function whatRan(events: readonly IncidentEvent[], state: IncidentState): string {
  const lines = state.runs.flatMap((run) => {
    const requester = run.requester === null ? 'started by the alert' : `asked for by ${asText(run.requester.name)}`;
    const head = `**${asText(run.plan.runbook.title)}** (\`${asCode(run.plan.runbook.name)}\`, digest \`${run.plan.runbook.digest.slice(0, 12)}\`, ${requester}) — ${run.status}. ${asText(run.reason ?? '')}`;
    const cites = (id: string) =>
      events
        .flatMap((event) =>
          'action' in event.body && event.body.action === id && 'run' in event.body && event.body.run === run.id
            ? [`#${event.seq}`]
            : [],
        )
        .join(' ');
    const actions = run.actions.map(({ planned, state: action }, index) => {
      const outcome =
        action.step === 'done'
          ? `${action.outcome}${action.rolledBack === 'no' ? '' : `, rolled back: ${action.rolledBack}`}`
          : 'not run';
      const check = events.findLast(
        (event) => event.type === 'action-checked' && event.body.run === run.id && event.body.action === planned.id,
      );
      const change =
        check?.type === 'action-checked' ? check.body.check.change.map((line) => `   - ${asText(line)}`) : [];
      const measured = action.step === 'done' ? [`   - ${asText(action.sentence)}`] : [];
      return [
        `${index + 1}. ${asText(planned.title)}${planned.line === undefined ? '' : ` (\`${asCode(planned.line)}\`)`}: **${outcome}** ${cites(planned.id)}`,
        ...change,
        ...measured,
      ].join('\n');
    });
    return [head, '', ...actions, ''];
  });
  return lines.length === 0 ? 'Nothing ran.\n' : lines.join('\n');
}

function phases(events: readonly IncidentEvent[]): string {
  const rows = stretchesOf(events).map(
    ({ name, from, to, durationMs }) => `| ${name} | ${sayDuration(durationMs)} | #${from.seq} → #${to.seq} |`,
  );
  return rows.length === 0
    ? 'Nothing has ended yet.\n'
    : ['| Phase | Duration | Events |', '| --- | --- | --- |', ...rows, ''].join('\n');
}

function readings(entries: readonly TimelineEntry[]): string {
  const shown = entries.filter(({ output }) => output !== '');
  if (shown.length === 0) return '';
  return [
    '## Readings',
    '',
    ...shown.map(({ seq, text, output }) => `${asText(text)} (#${seq})\n\n${fenced(output)}\n`),
    '',
  ].join('\n');
}

function evidence(state: IncidentState): string {
  const items = state.investigation?.document.evidence ?? [];
  if (items.length === 0) return 'None was taken.\n';
  return [
    ...items.map(
      ({ id, source, at, summary: text, digest }) =>
        `- **${id}** ${asText(source)}, ${day(at)}: ${asText(text)} (\`${digest.slice(0, 12)}\`)`,
    ),
    '',
  ].join('\n');
}

function row({ seq, at, who, text }: TimelineEntry): string {
  return `| #${seq} | ${day(at)} | ${asText(who)} | ${asText(text)} |`;
}

/** `2026-11-21 03:04:05`: the date too, since incidents cross midnight. */
function day(instant: string): string {
  return instant.slice(0, 19).replace('T', ' ');
}

function time(instant: string): string {
  return instant.slice(11, 19);
}

// Control and format characters: line breaks, bidi overrides, zero-width marks.
const invisible = /[\p{Cc}\p{Cf}]+/gu;

// Renderers look for mentions and addresses in the text that is left after Markdown was read, so escaping the sign is not enough: it is parted from what follows.
const wordJoiner = '\u2060';

/** One line of text that is text and nothing else, wherever Markdown is rendered: no markup, entity, link, mention or list item. */
function asText(text: string): string {
  return text
    .replace(invisible, ' ')
    .replace(/&/g, '&amp;')
    .replace(/[\\`*_{}[\]<>#|~!]/g, (mark) => `\\${mark}`)
    .replace(/@/g, `\\@${wordJoiner}`)
    .replace(/:\/\//g, '&#58;//')
    .replace(/\b(www)\./gi, '$1&#46;')
    .replace(/^(\s*)([-+=])/, '$1\\$2')
    .replace(/^(\s*\d+)([.)])/, '$1\\$2');
}

/** Text inside a code span: no back-tick, pipe or line break can end it. */
function asCode(text: string): string {
  // An empty span would be two back-ticks, which open a longer one.
  return text.replace(invisible, ' ').replace(/`/g, "'").replace(/\|/g, '¦') || ' ';
}

function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${text.replace(/(?![\n\t])[\p{Cc}\p{Cf}]/gu, '')}\n${fence}`;
}
