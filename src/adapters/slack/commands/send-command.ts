import type { IncidentState } from '../../../core/incident/state.ts';
import { fail, ok, type Problem, type Result } from '../../../core/result.ts';
import type { CommandSignal } from '../../../core/signal/signal.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { SlackUseCases } from '../use-cases.ts';
import type { Command } from './command.ts';

/** How long the answer waits for the incident to take the command, so that it can say where the story goes on. */
const takenWithinMs = 600;

type Dependencies = {
  readonly useCases: Pick<SlackUseCases, 'receive' | 'incidents' | 'redact'>;
  readonly clock: Clock;
};

/**
 * Stores a command, and resolves with the incident that took it, or null when it is durable and was not taken yet (it will be). A refusal of the journal
 * comes back as its problem: nothing was stored then.
 */
export type SendCommand = (
  command: Command,
  verb: CommandSignal['verb'],
  incident: IncidentState | undefined,
) => Promise<Result<IncidentState | null, Problem<'journal.unavailable'>>>;

export function createSendCommand({ useCases, clock }: Dependencies): SendCommand {
  const { receive, incidents, redact } = useCases;

  function taken(signalId: string): Promise<IncidentState | null> {
    const find = () => incidents.all().find(({ signals }) => signals.includes(signalId));
    return new Promise((resolve) => {
      const left = new AbortController();
      const finish = (found: IncidentState | null) => {
        unwatch();
        left.abort(new Error('taken'));
        resolve(found);
      };
      const unwatch = incidents.watch((_event, state) => {
        if (state.signals.includes(signalId)) finish(state);
      });
      // It may have been taken between the append and now.
      const already = find();
      if (already !== undefined) finish(already);
      clock.sleep(takenWithinMs, left.signal).then(
        () => finish(find() ?? null),
        () => undefined,
      );
    });
  }

  return async ({ person, place, line }, verb, incident) => {
    const signal: CommandSignal = {
      kind: 'command',
      source: 'slack',
      verb,
      text: redact(line.text),
      person,
      channel: place.channel,
      ...(place.threadTs === null ? {} : { threadTs: place.threadTs }),
      ...(incident === undefined ? {} : { incident: incident.reference }),
    };
    const stored = await receive(signal, { kind: 'user', id: person.id, name: person.name });
    return stored.ok ? ok(await taken(stored.value.signalId)) : fail(stored.error);
  };
}
