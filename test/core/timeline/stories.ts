import type { Told } from '../../../src/core/incident/events.ts';
import { next } from '../../../src/core/incident/next.ts';
import { alert, investigation, lena, plan, undoStep, writeCheck } from '../../support/incident-facts.ts';
import {
  approvalId,
  ask,
  executed,
  granted,
  intended,
  opened,
  runId,
  type Story,
  undoing,
  validated,
  waiting,
  yes,
} from '../../support/incident-story.ts';

/** What `next` records by itself (ends, refusals, expiries) is told by the story too, until nothing of the kind is left. */
function recorded(story: Story, now = story.now()): Story {
  for (;;) {
    const record = next(story.state(), now).find(({ kind }) => kind === 'record');
    if (record?.kind !== 'record') return story;
    for (const told of record.events) story.tell(told, { cause: record.key });
  }
}

const alertEnds: Told = {
  type: 'signal-joined',
  body: {
    signalId: 'signal-2',
    status: 'resolved',
    group: 'group-1',
    alerts: [alert({ status: 'resolved', endsAt: '2026-11-21T03:08:00.000Z' })],
    summary: 'KubeDeploymentRolloutStuck ended',
  },
};

/** `bad-image`, from the alert to its end, with a click that is refused on the way. */
export function badImage(): Story {
  const story = waiting();
  story.tell(
    {
      type: 'approval-refused',
      body: {
        approval: approvalId,
        by: { id: 'U-MIA', name: 'Mia' },
        code: 'approval.not-allowed',
        sentence: 'Only members of sre-leads can decide this, and you are not one now. The card stays open for them.',
      },
    },
    { actor: { kind: 'user', id: 'U-MIA', name: 'Mia' }, afterMs: 8_000 },
  );
  yes(story, lena, ['sre-leads'], 41_000);
  recorded(validated(executed(intended(story))));
  story.tell({ type: 'targets-released', body: { run: runId } });
  story.tell(alertEnds, { actor: { kind: 'signal', name: 'Alertmanager' }, afterMs: 180_000 });
  return recorded(story);
}

/** The change did not help, and was rolled back. */
export function rolledBack(): Story {
  const story = validated(executed(), 'failed');
  return recorded(validated(executed(intended(story, 'rollback'), 'rollback'), 'succeeded', 'rollback'));
}

/** Words from outside, in every field that may hold them. */
export function hostile(text: string): Story {
  const some = text === '' ? ' ' : text;
  const story = granted().fork();
  story.tell({ type: 'run-stop-requested', body: { run: runId, signalId: 's', by: { id: 'U', name: some } } });
  story.tell({ type: 'approval-superseded', body: { ...undoing, approval: approvalId, why: [text] } });
  story.tell({
    type: 'effect-failed',
    body: { key: `INC-1/x/${some}`, attempt: 1, code: 'x', sentence: some, notBefore: '2026-11-21T03:04:05.000Z' },
  });
  story.tell({
    type: 'signal-joined',
    body: { signalId: 's2', status: 'firing', group: null, alerts: [], summary: some },
  });
  return story.tell(
    { type: 'run-ended', body: { run: runId, status: 'stopped', reason: some } },
    { actor: { kind: 'user', name: some } },
  );
}

/** The same from the very beginning: alert, finding, evidence, runbook. */
export function hostileFrom(text: string): Story {
  const some = text === '' ? ' ' : text;
  const found = investigation();
  const [finding] = found.findings;
  const [evidence] = found.evidence;
  if (finding === undefined || evidence === undefined) throw new Error('nothing was found');
  const story = opened({
    title: some,
    severity: some,
    summary: some,
    scope: { cluster: some },
    requester: { id: 'U', name: some },
  });
  const cause = { path: some, observed: some, expected: some };
  const findings = [{ ...finding, summary: some, cause, recommendation: { text: some } }];
  const told = { ...found, findings, evidence: [{ ...evidence, source: some, summary: some }] };
  story.tell({ type: 'investigation-finished', body: { investigation: told, chosen: null, why: some } });
  const step = { ...undoStep, title: some, line: some };
  const runbook = { name: some, title: some, digest: 'b'.repeat(64) };
  story.tell({
    type: 'plan-made',
    body: { run: runId, plan: plan([step], { runbook }), requester: { id: 'U', name: some } },
  });
  story.tell({
    type: 'preconditions-checked',
    body: { run: runId, results: [{ text: some, outcome: 'succeeded', measured: some }], holds: true },
  });
  const verdict = {
    effect: 'needs-approval',
    rule: some,
    reasons: [some],
    require: [{ group: some, count: 1 }],
    ttlSeconds: 60,
  } as const;
  const check = writeCheck({ change: [text], verdict: { ...verdict, reasons: [some], require: [...verdict.require] } });
  story.tell({ type: 'action-checked', body: { ...undoing, check } });
  ask(story);
  return story.tell({
    type: 'approval-rejected',
    body: { approval: approvalId, by: { id: 'U', name: some }, reason: some },
  });
}
