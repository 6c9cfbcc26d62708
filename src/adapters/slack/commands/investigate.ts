import type { WebClient } from '@slack/web-api';
import { slackFault } from '../slack-fault.ts';
import type { SlackUseCases } from '../use-cases.ts';
import { code } from '../views/text.ts';
import { incidentOfThread, isOpen } from './choose-incident.ts';
import { type CommandHandler, incidentOf, say, tell } from './command.ts';
import type { SendCommand } from './send-command.ts';
import type { ThreadLinks } from './thread-links.ts';

type Dependencies = {
  readonly useCases: Pick<SlackUseCases, 'incidents' | 'subjectProblem' | 'redact'>;
  readonly send: SendCommand;
  readonly links: ThreadLinks;
  readonly client: WebClient;
};

const forms = 'Write /sre investigate deployment/shop/checkout, shop/checkout, or the name of an alert.';

/** `investigate`: something new by its name, or, without one, an incident once more. */
export function createInvestigate({ useCases, send, links, client }: Dependencies): CommandHandler {
  /** A sentence when an incident that begins here could not be told here. What cannot be found out stands in nobody's way: the thread's own refusal is reported. */
  async function channelProblem(channel: string): Promise<string | undefined> {
    const invite = 'Nothing was started. Invite me with /invite @sre-copilot and ask again.';
    if (channel.startsWith('D'))
      return 'An incident needs a channel that others can read. Nothing was started; ask in a channel where I am.';
    try {
      const { channel: found } = await client.conversations.info({ channel });
      return found?.is_member === false ? `I am not in this channel, so I could not answer here. ${invite}` : undefined;
    } catch (error) {
      const { code: word } = slackFault(error);
      return word === 'channel_not_found' || word === 'not_in_channel'
        ? `I cannot see this channel, so I could not answer here. ${invite}`
        : undefined;
    }
  }

  return async (command) => {
    const { line, place } = command;
    const all = useCases.incidents.all();
    const problem = line.text === '' ? null : useCases.subjectProblem(line.text);
    if (problem !== null) return say(problem);
    let about = line.reference === null ? incidentOfThread(all, place) : undefined;
    if (line.text === '' || line.reference !== null) {
      const found = incidentOf(command, all, isOpen, {
        question: 'Which incident should be looked at again?',
        none: `Say what to look at; nothing was started. ${forms}`,
      });
      if ('reply' in found) return found.reply;
      about = found.incident;
    }
    if (about === undefined) {
      const here = await channelProblem(place.channel);
      if (here !== undefined) return say(here);
    }
    const stored = await send(command, 'investigate', about);
    if (!stored.ok) return say(`Your command was not stored, so nothing is investigated. ${stored.error.sentence}`);
    const incident = stored.value;
    const what = line.text === '' ? 'I look at it again' : `I look at ${code(useCases.redact(line.text))}`;
    if (incident === null)
      return tell({ text: `${what}. Your command is stored; the answer comes in a thread in this channel.` });
    const isNew = incident.posts.root === null;
    const where = isNew ? 'in a new thread in this channel' : `here: ${await links.linkTo(incident)}`;
    return tell({ text: `*${incident.reference}*: ${what}. The answer comes ${where}.` });
  };
}
