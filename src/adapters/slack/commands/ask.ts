import { subjectOfQuestion } from '../../../core/signal/question-scope.ts';
import type { Person } from '../../../core/signal/signal.ts';
import type { SlackUseCases } from '../use-cases.ts';
import { incidentOfThread, type Place } from './choose-incident.ts';
import { type CommandHandler, type Reply, say, tell } from './command.ts';
import type { SendCommand } from './send-command.ts';
import type { ThreadLinks } from './thread-links.ts';

type Dependencies = {
  readonly useCases: Pick<SlackUseCases, 'incidents'>;
  readonly send: SendCommand;
  readonly links: ThreadLinks;
  /** For a question outside of any incident: what it names is investigated. */
  readonly investigate: CommandHandler;
};

const maxQuestion = 1_000;

/** A question in plain words. In the thread of an incident it is about that incident; elsewhere it begins an investigation of what it names. */
export function createAsk({ useCases, send, links, investigate }: Dependencies) {
  return async (person: Person, place: Place, line: string): Promise<Reply> => {
    const question = line
      .slice(0, maxQuestion)
      .toWellFormed()
      .replace(/[\p{Cc}\p{Cf}]/gu, ' ')
      .replace(/\s+/g, ' ')
      .trim();
    const reference = /\bINC-\d{1,9}\b/i.exec(question)?.[0].toUpperCase();
    const all = useCases.incidents.all();
    const about = all.find((one) => one.reference === reference) ?? incidentOfThread(all, place);
    if (about === undefined) {
      const subject = subjectOfQuestion(question);
      return subject === null
        ? say(
            'Your question names nothing that I could look at, so nothing was done. Name an object, such as: why is checkout not running?',
          )
        : investigate({ person, place, line: { verb: 'investigate', text: subject, reference: null } });
    }
    const command = { person, place, line: { verb: 'investigate', text: question, reference: null } } as const;
    const stored = await send(command, 'ask', about);
    if (!stored.ok) return say(`Your question was not stored, so nobody looks. ${stored.error.sentence}`);
    const where = about.posts.root === null ? 'in a new thread in this channel' : `here: ${await links.linkTo(about)}`;
    return tell({ text: `*${about.reference}*: I look into it. The answer comes ${where}.` });
  };
}
