import { describe, expect, it } from 'vitest';
import { incidentEventBodies, readIncidentEvent } from '../../../src/core/incident/events.ts';
import type { JournalEvent } from '../../../src/core/journal/event.ts';
import { badImage, rolledBack } from '../timeline/stories.ts';

/** What journals already hold: a field that changes here needs a second version and an upcaster. */
const pinned: Record<string, string> = {
  'incident-opened':
    'signalId title severity source group alerts summary description runbookUrl scope subject route requester previous',
  'signal-joined': 'signalId status group alerts summary',
  'incident-reopened': 'signalId alerts summary',
  'incident-acknowledged': 'signalId by',
  'incident-mitigated': 'run summary',
  'incident-resolved': 'signalId by summary',
  'detection-noted': 'signalId fingerprint rule source object since occurrences earlier escalation',
  'incident-escalated': 'why groups summary',
  'comment-added': 'signalId by text',
  'investigation-requested': 'signalId scope subject requester',
  'investigation-finished': 'investigation chosen why',
  'run-requested': 'signalId runbook given requester',
  'plan-made': 'run plan requester',
  'plan-refused': 'runbook code sentence',
  'preconditions-checked': 'run results holds',
  'action-checked': 'run action check',
  'approval-requested': 'run action approval digest require requester expiresAt typedConfirmation',
  'approval-given': 'approval by groups',
  'approval-rejected': 'approval by reason',
  'approval-refused': 'approval by code sentence',
  'approval-expired': 'approval',
  'approval-superseded': 'run action approval why',
  'approval-revoked': 'approval why',
  'action-intended': 'run action role digest requestDigest approval summary',
  'action-executed': 'run action role observed summary output',
  'action-validated': 'run action role outcome measured',
  'action-failed': 'run action role code sentence',
  'action-unknown': 'run action role sentence',
  'action-refused': 'run action verdict',
  'step-handed-over': 'run action text why',
  'run-stop-requested': 'run signalId by',
  'run-ended': 'run status reason',
  'targets-released': 'run',
  'effect-failed': 'key attempt code sentence notBefore',
  'message-posted': 'key what approval channel ts',
  'history-recalled': 'past',
  'explanation-requested': 'about',
  'explanation-given': 'investigation sentences hypothesis otherHypotheses runbook inputs dropped bill',
  'explanation-failed': 'investigation code sentence dropped bill',
  'question-asked': 'signalId question by scope subject',
  'question-answered': 'question by sentences evidence dropped withoutModel bill',
};

describe('the events of an incident', () => {
  it('keep their types and fields', () => {
    const now = Object.entries(incidentEventBodies).map(([type, schema]) => [
      type,
      Object.keys(schema.shape).join(' '),
    ]);
    expect(Object.fromEntries(now)).toEqual(pinned);
  });

  it('are read back as they were written', () => {
    for (const event of [...badImage().events(), ...rolledBack().events()]) {
      const stored = JSON.parse(JSON.stringify(event)) as JournalEvent;
      expect(readIncidentEvent(stored)).toEqual(event);
    }
  });

  it.each<[what: string, change: Partial<JournalEvent>, says: RegExp]>([
    ['a type of a newer version', { type: 'incident-merged' }, /unknown event incident-merged v1/],
    ['a newer version of a type', { v: 2 }, /unknown event incident-opened v2/],
    ['a type that objects have', { type: 'constructor' }, /unknown event/],
    ['a field more', { body: { ...badImage().events()[0]?.body, more: 1 } }, /more/],
    ['a field less', { body: {} }, /signalId/],
  ])('that are %s are not understood, and say where', (_what, change, says) => {
    const [event] = badImage().events();
    expect(() => readIncidentEvent({ ...event, ...change } as JournalEvent)).toThrow(says);
  });
});
