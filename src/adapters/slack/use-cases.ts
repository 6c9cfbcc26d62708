import type { Click, ClickAnswer } from '../../core/approval/decide-click.ts';
import type { Actor } from '../../core/journal/event.ts';
import type { Problem, Result } from '../../core/result.ts';
import type { Signal } from '../../core/signal/signal.ts';
import type { Incidents } from '../../ports/incidents.ts';

/** What people can set in motion from Slack; handed in by the composition root. */
export type SlackUseCases = {
  /** Puts a command into the inbox; resolves once it is durable. */
  readonly receive: (
    signal: Signal,
    actor: Actor,
  ) => Promise<Result<{ readonly signalId: string }, Problem<'journal.unavailable'>>>;
  /** Takes a click on an approval card; resolves with what that person is told, once the decision is durable. */
  readonly decide: (click: Omit<Click, 'groups'>) => Promise<Result<ClickAnswer, Problem<'journal.unavailable'>>>;
  readonly incidents: Pick<Incidents, 'get' | 'all' | 'watch'>;
  /** The whole story of an incident, as it is uploaded. */
  readonly exportTimeline: (
    reference: string,
  ) => Promise<Result<{ readonly markdown: string; readonly json: string }, Problem>>;
  /** A sentence when the text names nothing that can be investigated, else null. */
  readonly subjectProblem: (text: string) => string | null;
  readonly runbookNames: () => readonly string[];
  /** Masks secrets: only redacted text is stored or shown to others. */
  readonly redact: (text: string) => string;
};
