import type { IncidentState } from '../../../core/incident/state.ts';
import type { CommandLine } from '../../../core/signal/command-line.ts';
import type { Person } from '../../../core/signal/signal.ts';
import type { Answer } from '../views/answer.ts';
import { sentenceView } from '../views/help.ts';
import { type Choice, chooseIncident, type Place } from './choose-incident.ts';

/** A command of somebody who was recognised. */
export type Command = { readonly person: Person; readonly place: Place; readonly line: CommandLine };

/** What a command leads to: an answer, or the question which incident it is about. */
export type Reply =
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'ask'; readonly question: string; readonly among: readonly IncidentState[] };

/** One verb. Resolves when what it asks for is durable or told; never rejects for what Slack or the journal refuse. */
export type CommandHandler = (command: Command) => Promise<Reply>;

export function tell(answer: Answer): Reply {
  return { kind: 'answer', answer };
}

export function say(sentence: string): Reply {
  return tell(sentenceView(sentence));
}

/** The incident of a command, or the reply when there is none or several. */
export function incidentOf(
  { line, place }: Command,
  incidents: readonly IncidentState[],
  fits: (incident: IncidentState) => boolean,
  words: { readonly question: string; readonly none: string },
): { readonly incident: IncidentState } | { readonly reply: Reply } {
  const choice: Choice = chooseIncident(incidents, line.reference, place, fits);
  switch (choice.chosen) {
    case 'one':
      return { incident: choice.incident };
    case 'unknown':
      return {
        reply: say(`There is no incident ${choice.reference}. Nothing was done. /sre status lists the open ones.`),
      };
    case 'none':
      return { reply: say(words.none) };
    case 'ask':
      return { reply: { kind: 'ask', question: words.question, among: choice.among } };
  }
  return choice satisfies never;
}
