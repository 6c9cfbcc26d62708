import { describe, expect, it } from 'vitest';
import type { NewIncidentEvent, Told } from '../../src/core/incident/events.ts';
import { createMemoryJournal } from '../../src/sandbox/memory-journal.ts';
import { keepIncidents } from '../../src/workflows/keep-incidents.ts';
import { diskFull } from '../support/copilot-bench.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { ann, openedBody } from '../support/incident-facts.ts';

const opening: Told = { type: 'incident-opened', body: openedBody() };
const acknowledged: Told = { type: 'incident-acknowledged', body: { signalId: 'S-ACK', by: ann } };
const because = { actor: { kind: 'bot' }, cause: 'test' } as const;
const whole = (told: Told): NewIncidentEvent => ({ ...because, occurredAt: '2026-11-21T03:04:05.678Z', ...told });

async function keep(refuse?: Parameters<typeof createMemoryJournal>[0]['refuse']) {
  const clock = createFakeClock();
  const journal = createMemoryJournal({ clock, ...(refuse === undefined ? {} : { refuse }) });
  const errors: unknown[] = [];
  const incidents = await keepIncidents({ journal, clock, onWatcherError: (error) => errors.push(error) });
  return { clock, journal, incidents, errors };
}

describe('the incidents of a journal', () => {
  it('are decided on one after the other: each sees what the one before led to', async () => {
    const { incidents, journal } = await keep();
    await incidents.append('INC-1', [whole(opening)]);
    const seen: (number | undefined)[] = [];
    await Promise.all(
      Array.from({ length: 20 }, () =>
        incidents.decide('INC-1', because, (state) => {
          seen.push(state?.seq);
          return { events: [acknowledged], value: null };
        }),
      ),
    );
    expect(seen).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
    expect(await journal.read('incident/INC-1')).toHaveLength(21);
  });

  it('store nothing for a decision without events', async () => {
    const { incidents, journal } = await keep();
    expect(await incidents.decide('INC-1', because, () => ({ events: [], value: 7 }))).toMatchObject({
      ok: true,
      value: { value: 7, state: undefined },
    });
    expect(journal.streams()).toEqual([]);
  });

  it('are asked again when another process wrote, over what is true then', async () => {
    const { clock, journal, incidents } = await keep();
    await incidents.append('INC-1', [whole(opening)]);
    const other = await keepIncidents({ journal, clock, onWatcherError: () => undefined });
    await other.append('INC-1', [whole(acknowledged)]);
    const phases: (string | undefined)[] = [];
    const decided = await incidents.decide('INC-1', because, (state) => {
      phases.push(state?.phase);
      return { events: state?.phase === 'open' ? [acknowledged] : [], value: state?.phase };
    });
    expect(phases).toEqual(['open', 'acknowledged']);
    expect(decided).toMatchObject({ ok: true, value: { value: 'acknowledged' } });
    expect(await journal.read('incident/INC-1')).toHaveLength(2);
  });

  it('answer with the disk’s problem, and stay as they were', async () => {
    let full = false;
    const { incidents } = await keep(() => (full ? diskFull : undefined));
    await incidents.append('INC-1', [whole(opening)]);
    full = true;
    expect(await incidents.append('INC-1', [whole(acknowledged)])).toMatchObject({
      ok: false,
      error: { code: 'journal.unavailable' },
    });
    expect(incidents.get('INC-1')?.phase).toBe('open');
    full = false;
    expect(await incidents.append('INC-1', [whole(acknowledged)])).toMatchObject({ ok: true });
  });

  it.each<[what: string, told: Told[]]>([
    ['what does not follow', [{ type: 'run-ended', body: { run: 'run-1', status: 'failed', reason: 'x' } }]],
    ['a second opening', [opening]],
    ['a good event before one that does not follow', [acknowledged, opening]],
    [
      'a body that nobody could read back',
      [{ type: 'incident-acknowledged', body: { signalId: 'S-ACK', by: { id: '', name: '' } } }],
    ],
    [
      'a body with a stray field',
      [{ type: 'incident-acknowledged', body: { signalId: 'S-ACK', by: ann, more: 1 } } as Told],
    ],
    ['a type that does not exist', [{ type: 'incident-forgotten', body: {} } as unknown as Told]],
  ])('never store %s: the journal stays readable', async (_what, told) => {
    const { incidents, journal, clock } = await keep();
    await incidents.append('INC-1', [whole(opening)]);
    await expect(incidents.append('INC-1', told.map(whole))).rejects.toThrow(TypeError);
    await expect(incidents.decide('INC-1', because, () => ({ events: told, value: null }))).rejects.toThrow(TypeError);
    expect(await journal.read('incident/INC-1')).toHaveLength(1);
    expect(await incidents.append('INC-1', [whole(acknowledged)])).toMatchObject({ ok: true });
    await expect(keepIncidents({ journal, clock, onWatcherError: () => undefined })).resolves.toBeDefined();
  });

  it('do not come into being without an opening', async () => {
    const { incidents, journal } = await keep();
    await expect(incidents.append('INC-7', [whole(acknowledged)])).rejects.toThrow(/first event/);
    expect(journal.streams()).toEqual([]);
  });

  it('T21: are not taken from a journal that says what cannot be', async () => {
    const { clock, journal } = await keep();
    await journal.append('incident/INC-1', 0, [whole(opening), whole(opening)]);
    await expect(keepIncidents({ journal, clock, onWatcherError: () => undefined })).rejects.toThrow(/opened twice/);
  });

  it('tell every watcher every event in order, whatever another one throws', async () => {
    const { incidents, errors } = await keep();
    const told: number[] = [];
    incidents.watch(() => {
      throw new Error('broken');
    });
    const unwatch = incidents.watch(({ seq }, state) => told.push(seq, state.seq));
    await incidents.append('INC-1', [whole(opening), whole(acknowledged)]);
    expect(told).toEqual([1, 1, 2, 2]);
    expect(errors).toHaveLength(2);
    unwatch();
    await incidents.append('INC-1', [whole(acknowledged)]);
    expect(told).toHaveLength(4);
  });

  it('are the same after a restart', async () => {
    const { clock, journal, incidents } = await keep();
    await incidents.append('INC-1', [whole(opening), whole(acknowledged)]);
    const again = await keepIncidents({ journal, clock, onWatcherError: () => undefined });
    expect(again.all()).toEqual(incidents.all());
  });
});
