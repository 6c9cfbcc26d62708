import { beforeAll, describe, expect, it } from 'vitest';
import { checkHistories } from './check-histories.ts';
import type { CrashPoint } from './crash-point.ts';
import type { Histories } from './histories.ts';
import { createSimulatedWorld } from './simulated-world.ts';
import { type Outcome, type Plan, sayOutcomes, sayPlan, sweep } from './sweep.ts';
import {
  forgeEvents,
  keyOf,
  withBody,
  withExport,
  withMessages,
  withoutEvents,
  withRequests,
  withWhisper,
} from './tamper.ts';

type Write = { readonly at: 'journal' | 'writer'; readonly what: string };
const at = (when: 'before' | 'after', write: Write): CrashPoint => ({ ...write, nth: 1, when });

const inbox: Write = { at: 'journal', what: 'inbox/signal-received(firing)' };
const opened: Write = { at: 'journal', what: 'incident/incident-opened' };
const given: Write = { at: 'journal', what: 'incident/approval-given' };
const intended: Write = { at: 'journal', what: 'incident/action-intended(undo)' };
const patch: Write = { at: 'writer', what: 'apply' };
const executed: Write = { at: 'journal', what: 'incident/action-executed(undo)' };

// The moments at which most could go wrong, the longest runs first. Two are left out because nothing lies between them and their neighbour: before
// the request is after its intent, before an incident is opened is after its signal was stored. All moments: test/real/crash.real.test.ts.
const notMade: Plan = [at('after', intended)];
const madeUnheard: Plan = [at('after', patch)];
const plans: readonly Plan[] = [
  notMade,
  [at('before', inbox)],
  [at('after', inbox)],
  [at('after', opened)],
  [at('before', given)],
  [at('after', given)],
  [at('before', intended)],
  madeUnheard,
  [at('before', executed)],
  [at('after', executed)],
];

let outcomes: Map<Plan, Outcome>;

beforeAll(async () => {
  // Nearly all of a run is waiting (Slack's rate limits, a request that may still be under way), so five at once are little load.
  outcomes = await sweep({ plans, atOnce: 5, deadlineMs: 45_000, createWorld: createSimulatedWorld });
}, 120_000);

function historiesOf(plan: Plan): Histories {
  const outcome = outcomes.get(plan);
  if (outcome === undefined) throw new Error(`${sayPlan(plan)} was not played`);
  return structuredClone(outcome.histories);
}

describe('a co-pilot that is killed (kill -9)', () => {
  it.each(plans.map((plan) => [sayPlan(plan), plan] as const))(
    '%s: nothing twice, nothing lost, all told',
    (_, plan) => {
      expect(outcomes.get(plan)).toMatchObject({ violations: [], kills: 1, lives: 2 });
    },
  );

  it('looks when it died after the change was made, and does not make it again', () => {
    expect(outcomes.get(madeUnheard)?.end).toBe('change seen afterwards; run succeeded, resolved');
  });

  it('asks anew when it died before the change was made', () => {
    expect(outcomes.get(notMade)?.end).toBe('not made, approved anew; change answered; run succeeded, resolved');
  });

  it('is told in a table', () => {
    expect(sayOutcomes('Simulated cluster', outcomes.values())).toMatch(
      /^Simulated cluster\nkilled .*restarts.*\n[\s\S]*after writer apply #1 +1 +1 [\s\S]*\n10 points, 10 kills, 10 restarts, 0 with violations$/,
    );
  });
});

const early = '2000-01-01T00:00:00.000Z';
const late = '2999-01-01T00:00:00.000Z';

describe('the checker of histories', () => {
  it('finds nothing wrong with a genuine history that was only read and written again', () => {
    expect(checkHistories(forgeEvents(historiesOf(notMade), (event) => [event]))).toEqual([]);
  });

  it.each<[lie: string, told: RegExp, tamper: (genuine: Histories) => Histories]>([
    [
      'a webhook that was answered and not stored',
      /^I1: the resolved webhook .* not in the inbox/,
      (it) =>
        withoutEvents(it, 'signal-received', ({ body: { signal } }) => JSON.stringify(signal).includes('"resolved"')),
    ],
    [
      'a webhook that was answered before it was stored',
      /^I1: the firing webhook/,
      (it) => ({
        ...it,
        deliveries: it.deliveries.map((delivery) => ({ ...delivery, at: early })),
      }),
    ],
    ['a signal that nobody took', /^I1: signal .* was taken 0 times/, (it) => withoutEvents(it, 'run-requested')],
    [
      'a signal that was taken twice',
      /^I1: signal .* was taken 2 times/,
      (it) => forgeEvents(it, (event) => (event.type === 'signal-joined' ? [event, event] : [event])),
    ],
    [
      'a confirmed approval that is not kept',
      /^I1: the approval confirmed at/,
      (it) => withWhisper(it, 'Approved. It runs.', early),
    ],
    [
      'one approval confirmed, none kept',
      /^I1: the approval that was already there/,
      (it) => withWhisper(withoutEvents(it, 'approval-given'), 'Already approved by Jonas.', late),
    ],
    [
      'a confirmed command that is not kept',
      /^I1: the command confirmed at/,
      (it) => withoutEvents(it, 'signal-received', ({ body: { signal } }) => JSON.stringify(signal).includes('"run"')),
    ],
    [
      'a second incident',
      /^I2: there are 2 incidents/,
      (it) =>
        forgeEvents(it, (event) =>
          event.type === 'incident-opened' ? [event, { ...event, incident: 'INC-2' }] : [event],
        ),
    ],
    [
      'a second root',
      /^I2: there are 2 root messages/,
      (it) =>
        withMessages(it, (message) =>
          keyOf(message) === 'root' ? [message, { ...message, ts: '1.000001', thread_ts: '1.000001' }] : [message],
        ),
    ],
    [
      'a message posted twice',
      /^I2: case-file was posted 2 times/,
      (it) =>
        withMessages(it, (message) =>
          keyOf(message) === 'case-file' ? [message, { ...message, ts: '9.000001' }] : [message],
        ),
    ],
    [
      'a message in another thread',
      /^I2: message .* is in another thread/,
      (it) =>
        withMessages(it, (message) => [
          keyOf(message) === 'case-file' ? { ...message, thread_ts: '1.000001' } : message,
        ]),
    ],
    [
      'a message that nobody can place',
      /^I2: the thread has a message without a key/,
      (it) => withMessages(it, ({ metadata: _, ...message }) => [message]),
    ],
    [
      'a failure that was not told',
      /^I2: the thread lacks note\//,
      (it) =>
        withMessages(it, (message) => (/failed: The co-pilot was interrupted/.test(message.text) ? [] : [message])),
    ],
    [
      'a thread without its last word',
      /^I2: the thread ends with: Run succeeded/,
      (it) => withMessages(it, (message) => (message.text.startsWith('Resolved. ') ? [] : [message])),
    ],
    [
      'a case file that was left behind',
      /^I2: the case-file still says: Open/,
      (it) =>
        withMessages(it, (message) => [
          keyOf(message) === 'case-file' ? { ...message, text: 'Open: reading' } : message,
        ]),
    ],
    [
      'a thread out of order',
      /^I2: the thread is out of order/,
      (it) =>
        withMessages(it, (message) => [
          keyOf(message) === 'case-file' ? { ...message, ts: '9999999999.000001' } : message,
        ]),
    ],
    [
      'an interruption that was kept quiet',
      /^I2: the change of event \d+ was interrupted, and the thread says only/,
      (it) => withMessages(it, (message) => [{ ...message, text: message.text.replace('interrupted', 'busy') }]),
    ],
    [
      'a change made twice',
      /^I3: the API server accepted 2 changes/,
      (it) => withRequests(it, (request) => [request, request]),
    ],
    [
      'a change sent twice, once refused',
      /^I3: the change intended at \d+ was sent 2 times/,
      (it) => withRequests(it, (request) => [request, { ...request, code: 422 }]),
    ],
    [
      'a change without an intent',
      /^I3: PATCH .* was sent without an intent/,
      (it) => withRequests(it, (request) => [{ ...request, at: early }]),
    ],
    [
      'another change than the intended one',
      /^I3: PATCH .* is not the request that was intended/,
      (it) => withRequests(it, (request) => [{ ...request, path: `${request.path}-two` }]),
    ],
    [
      'a change that went around the ledger',
      /^I3: the Deployment was changed 3 times/,
      (it) => ({ ...it, specChanges: 3 }),
    ],
    [
      'an intent without an approval',
      /^I3: the intent \d+ has no approval/,
      (it) => withBody(it, 'action-intended', { approval: null }),
    ],
    ['an approval that nobody gave', /^I3: nobody gave the approval/, (it) => withoutEvents(it, 'approval-given')],
    ['an approval by somebody who may not', /^I3: U\w+ may not approve/, (it) => ({ ...it, approvers: ['U0NOBODY'] })],
    [
      'an approval of an own request',
      /^I3: U\w+ approved an own request/,
      (it) => withBody(it, 'approval-requested', { requester: { id: it.approvers[0], name: 'Jonas' } }),
    ],
    [
      'an approval asked of others',
      /^I3: the approval .* was not asked of sre-leads/,
      (it) => withBody(it, 'approval-requested', { require: [{ group: 'friends', count: 1 }] }),
    ],
    [
      'an approval of something else',
      /^I3: the intent \d+ is not what was approved/,
      (it) => withBody(it, 'approval-requested', { digest: 'f'.repeat(64) }),
    ],
    [
      'an approval that had ended',
      /^I3: the approval of intent \d+ had ended/,
      (it) => withBody(it, 'approval-requested', { expiresAt: early }),
    ],
    [
      'an approval used twice',
      /^I3: the approval of intent \d+ was used 2 times/,
      (it) => forgeEvents(it, (event) => (event.type === 'action-intended' ? [event, event] : [event])),
    ],
    [
      'an approval that was taken back',
      /^I3: the intent \d+ rests on an approval with approval-revoked/,
      (it) =>
        forgeEvents(it, (event) =>
          event.type === 'approval-given' ? [event, { ...event, type: 'approval-revoked' }] : [event],
        ),
    ],
    [
      'a change whose end nobody tells',
      /^I3: nothing says how the change intended at/,
      (it) => withoutEvents(withoutEvents(it, 'action-executed'), 'action-failed'),
    ],
    [
      'a change that is said to have failed and was made',
      /^I3: event \d+ is action-failed, but it was made/,
      (it) =>
        forgeEvents(it, (event) => [event.type === 'action-executed' ? { ...event, type: 'action-failed' } : event]),
    ],
    [
      'a change that is said to be made and was not',
      /^I3: event \d+ is action-executed, but it was not made/,
      (it) =>
        forgeEvents(it, (event) => [event.type === 'action-failed' ? { ...event, type: 'action-executed' } : event]),
    ],
    [
      'a changed line',
      /^I4: line 2 .* does not have its own hash/,
      (it) => ({
        ...it,
        journal: it.journal.map((line, index) => (index === 1 ? line.replace('"v":1', '"v":2') : line)),
      }),
    ],
    [
      'a line in another form',
      /^I4: line 1 is not in canonical form/,
      (it) => ({
        ...it,
        journal: it.journal.map((line, index) => (index === 0 ? ` ${line}` : line)),
      }),
    ],
    ['a line that is none', /^I4: line \d+ is no event/, (it) => ({ ...it, journal: [...it.journal, '{"seq":'] })],
    [
      'a missing line',
      /^I4: line \d+ \(INC-1 3\) does not continue its chain/,
      (it) => ({
        ...it,
        journal: it.journal.filter((line) => !/"incident":"INC-1".*"seq":2,/.test(line)),
      }),
    ],
    [
      'an export that lacks a line',
      /^I4: the exported lines are not those of the log/,
      (it) => withExport(it, ({ lines }) => ({ lines: lines.split('\n').slice(1).join('\n') })),
    ],
    [
      'an export of other events',
      /^I4: the exported events are not those of the log/,
      (it) => withExport(it, ({ json }) => ({ json: json.replaceAll('"incident-opened"', '"incident-closed"') })),
    ],
    [
      'a timeline with a gap',
      /^I4: the exported timeline does not tell every event/,
      (it) =>
        withExport(it, ({ json }) => {
          const document = JSON.parse(json);
          document.timeline.splice(3, 1);
          return { json: JSON.stringify(document) };
        }),
    ],
    [
      'an export that cannot be read',
      /^I4: the exported document cannot be read/,
      (it) => withExport(it, () => ({ json: '{}' })),
    ],
    [
      'a page without its head',
      /^I4: the exported page does not end in the head/,
      (it) => withExport(it, () => ({ markdown: '# Incident' })),
    ],
    [
      'a journal that does not verify',
      /^I4: the journal does not verify: line 7/,
      (it) => withExport(it, () => ({ verification: 'line 7' })),
    ],
    [
      'an incident without an end',
      /^I7: the incident was never resolved/,
      (it) => withoutEvents(it, 'incident-resolved'),
    ],
    ['a run without an end', /^I7: run \w+ ended 0 times/, (it) => withoutEvents(it, 'run-ended')],
    [
      'a run that ended badly',
      /^I7: the last run did not succeed/,
      (it) => withBody(it, 'run-ended', { status: 'failed' }),
    ],
    [
      'a run that keeps its objects',
      /^I7: run \w+ did not give its objects back/,
      (it) => withoutEvents(it, 'targets-released'),
    ],
    ['an object that is still held', /^I7: target\/\w+ is still held/, (it) => withoutEvents(it, 'target-released')],
    ['an approval that is left open', /^I7: approval \w+ is left open/, (it) => withoutEvents(it, 'action-intended')],
    [
      'a token in a message',
      /^I8: secret 1 is in the messages/,
      (it) => withMessages(it, (message) => [{ ...message, text: `${message.text} ${it.secrets[0]}` }]),
    ],
    ['a token in the log', /^I8: secret 2 is in the log/, (it) => ({ ...it, log: `${it.log}${it.secrets[1]}` })],
    [
      'a token in the journal',
      /^I8: secret 3 is in the journal/,
      (it) => withBody(it, 'incident-opened', { title: it.secrets[2] }),
    ],
  ])('notices %s', (_lie, told, tamper) => {
    const violations = checkHistories(tamper(historiesOf(notMade)));
    expect(violations.filter((violation) => told.test(violation))).not.toEqual([]);
  });

  it('notices a claim to have heard an answer that died with the process', () => {
    const lie = withBody(historiesOf(madeUnheard), 'action-executed', { observed: false });
    expect(checkHistories(lie)).toContainEqual(expect.stringMatching(/^I3: event \d+ claims an answer/));
  });
});
