import { describe, expect, it } from 'vitest';
import { apply } from '../../../src/core/incident/apply.ts';
import { readIncidentEvent } from '../../../src/core/incident/events.ts';
import type { IncidentState } from '../../../src/core/incident/state.ts';
import { sealEvent } from '../../../src/core/journal/chain.ts';
import type { CommandSignal } from '../../../src/core/signal/signal.ts';
import { type Desk, takeSignal } from '../../../src/core/signal/take-signal.ts';
import { ann } from '../../support/incident-facts.ts';
import { opened, planned, type Story } from '../../support/incident-story.ts';

const now = new Date('2026-11-21T04:00:00.000Z');

function desk(story: Story): Desk {
  return {
    incidents: [story.state()],
    nextReference: 'INC-9',
    cluster: 'test',
    heartbeats: [],
    reopenWithinMs: 1_800_000,
    routeOf: () => ({ channel: 'C', approvers: [], autonomy: 'assist' }),
  };
}

const command = (verb: 'ack' | 'resolve', incident: string | null = 'INC-1'): CommandSignal => ({
  kind: 'command',
  source: 'slack',
  verb,
  text: '',
  person: ann,
  channel: 'C-ROOM',
  ...(incident === null ? {} : { incident }),
});

/** The incident after the command was taken, or why it was not. */
function given(verb: 'ack' | 'resolve', story: Story, incident?: string | null): IncidentState | string {
  const taken = takeSignal(command(verb, incident), 'signal-new', now, desk(story));
  if (taken.take === 'ignore') return taken.why;
  const common = { actor: { kind: 'user' as const, id: ann.id }, cause: 'signal-new', occurredAt: now.toISOString() };
  let state = story.state();
  for (const event of taken.events) {
    const place = { stream: 'incident/INC-1', seq: state.seq + 1, prev: state.hash, recordedAt: now.toISOString() };
    state = apply(state, readIncidentEvent(sealEvent({ ...common, ...event }, place).event));
  }
  return state;
}

describe('a person', () => {
  it('acknowledges an open incident, and work goes on', () => {
    expect(given('ack', opened())).toMatchObject({ phase: 'acknowledged', investigationWanted: { since: 1 } });
  });

  it('resolves an incident that no alert will end', () => {
    expect(given('resolve', opened())).toMatchObject({
      phase: 'resolved',
      resolvedAt: now.toISOString(),
      investigationWanted: null,
    });
  });

  it.each(['ack', 'resolve'] as const)('is heard once: %s consumes its signal', (verb) => {
    const state = given(verb, opened());
    expect(typeof state === 'string' ? state : state.signals).toContain('signal-new');
  });

  it('cannot resolve while a run is under way', () => {
    expect(given('resolve', planned())).toBe('a run is under way');
  });

  it.each([
    ['ack', 'there is no incident to acknowledge'],
    ['resolve', 'there is no incident to resolve'],
  ] as const)('names an incident to %s', (verb, why) => {
    expect(given(verb, opened(), null)).toBe(why);
    expect(given(verb, opened(), 'INC-7')).toBe(why);
  });

  it('acknowledges only what is open, and resolves only once', () => {
    const over = opened().tell({
      type: 'incident-resolved',
      body: { signalId: null, by: 'source', summary: 'The alert ended.' },
    });
    expect(given('ack', over)).toBe('it is not open any more');
    expect(given('resolve', over)).toBe('there is no incident to resolve');
  });
});
