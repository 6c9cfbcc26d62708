import { randomBytes } from 'node:crypto';
import type { WebClient } from '@slack/web-api';
import { type CommandLine, parseCommandLine } from '../../../core/signal/command-line.ts';
import { isQuestion } from '../../../core/signal/question.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { Actor, People } from '../people.ts';
import type { SlackUseCases } from '../use-cases.ts';
import type { Answer } from '../views/answer.ts';
import { helpView, sentenceView, unknownCommandView } from '../views/help.ts';
import { incidentMenu } from '../views/incident-menu.ts';
import { createAcknowledge } from './acknowledge.ts';
import { createAsk } from './ask.ts';
import type { Place } from './choose-incident.ts';
import type { Command, CommandHandler, Reply } from './command.ts';
import { createInvestigate } from './investigate.ts';
import { createResolve } from './resolve.ts';
import { createRun } from './run.ts';
import { createSendCommand } from './send-command.ts';
import { createStatus } from './status.ts';
import { createStop } from './stop.ts';
import { createThreadLinks } from './thread-links.ts';
import { createTimeline } from './timeline.ts';

/** A line somebody wrote after `/sre` or after mentioning the bot. */
export type Asked = { readonly actor: Actor; readonly place: Place; readonly line: string };

export type CommandDesk = {
  /** Does what a line asks for and says what happens now and where. Never rejects for what a person, Slack or the journal can do wrong. */
  answer(asked: Asked): Promise<Answer>;
  /** Goes on with a command for which an incident was chosen from the menu `menu`. */
  resume(menu: string, actor: Actor, reference: string): Promise<Answer>;
  /** Stops the run of the incident whose case file stands there. */
  stopAt(
    actor: Actor,
    at: { readonly channel: string; readonly ts: string; readonly threadTs: string | null },
  ): Promise<Answer>;
};

type Dependencies = {
  readonly useCases: SlackUseCases;
  readonly people: People;
  /** `slackClient` with `answers`. */
  readonly client: WebClient;
  /** `slackClient` with `narration`: uploads are not repeated. */
  readonly uploads: WebClient;
  readonly clock: Clock;
};

const menuKeptMs = 15 * 60_000;
const maxMenus = 1_000;

type Menu = { readonly atMs: number; readonly personId: string; readonly place: Place; readonly line: CommandLine };

/** Commands from all surfaces of Slack, read and answered in one way. */
export function createCommandDesk({ useCases, people, client, uploads, clock }: Dependencies): CommandDesk {
  const send = createSendCommand({ useCases, clock });
  const links = createThreadLinks({ client, clock });
  const stop = createStop({ useCases, send });
  const handlers: Readonly<Record<Exclude<CommandLine['verb'], 'help'>, CommandHandler>> = {
    status: createStatus({ useCases, links }),
    investigate: createInvestigate({ useCases, send, links, client }),
    run: createRun({ useCases, send, links }),
    stop,
    ack: createAcknowledge({ useCases, send }),
    resolve: createResolve({ useCases, send }),
    timeline: createTimeline({ useCases, client: uploads, links }),
  };
  const ask = createAsk({ useCases, send, links, investigate: handlers.investigate });
  const menus = new Map<string, Menu>();

  function toAnswer(command: Command, reply: Reply): Answer {
    if (reply.kind === 'answer') return reply.answer;
    const id = randomBytes(16).toString('hex');
    menus.set(id, { atMs: clock.monotonicMs(), personId: command.person.id, place: command.place, line: command.line });
    const oldest = menus.keys().next();
    if (menus.size > maxMenus && !oldest.done) menus.delete(oldest.value);
    return incidentMenu(reply.question, id, reply.among);
  }

  async function handle(actor: Actor, place: Place, line: CommandLine): Promise<Answer> {
    // Help tells nothing of anybody: it is for everyone.
    if (line.verb === 'help') return helpView();
    const recognised = await people.recognise(actor);
    if (!recognised.ok) return sentenceView(recognised.error.sentence);
    const command = { person: recognised.value, place, line };
    return toAnswer(command, await handlers[line.verb](command));
  }

  async function askAbout(actor: Actor, place: Place, line: string): Promise<Answer> {
    const recognised = await people.recognise(actor);
    if (!recognised.ok) return sentenceView(recognised.error.sentence);
    const person = recognised.value;
    const unread: CommandLine = { verb: 'investigate', text: line, reference: null };
    return toAnswer({ person, place, line: unread }, await ask(person, place, line));
  }

  return {
    async answer({ actor, place, line }) {
      const parsed = parseCommandLine(line);
      if (parsed !== null) return handle(actor, place, parsed);
      return isQuestion(line) ? askAbout(actor, place, line) : unknownCommandView(line);
    },
    async resume(id, actor, reference) {
      const menu = menus.get(id);
      if (menu === undefined || menu.personId !== actor.id || clock.monotonicMs() - menu.atMs > menuKeptMs)
        return sentenceView('This menu is no longer in use. Nothing was done; give the command again.');
      menus.delete(id);
      return handle(actor, menu.place, { ...menu.line, reference });
    },
    async stopAt(actor, { channel, ts, threadTs }) {
      const recognised = await people.recognise(actor);
      if (!recognised.ok) return sentenceView(recognised.error.sentence);
      const incident = useCases.incidents
        .all()
        .find(({ posts }) => posts.caseFile?.channel === channel && posts.caseFile.ts === ts);
      if (incident === undefined)
        return sentenceView(
          'This button belongs to no case file. Nothing was stopped; use /sre stop with the number of the incident.',
        );
      const line: CommandLine = { verb: 'stop', text: '', reference: incident.reference };
      const command = { person: recognised.value, place: { channel, threadTs }, line };
      return toAnswer(command, await stop.inIncident(command, incident));
    },
  };
}
