import type { WebClient } from '@slack/web-api';
import { slackFault } from '../slack-fault.ts';
import type { SlackUseCases } from '../use-cases.ts';
import { said } from '../views/text.ts';
import { isOpen } from './choose-incident.ts';
import { type CommandHandler, incidentOf, say, tell } from './command.ts';
import type { ThreadLinks } from './thread-links.ts';

type Dependencies = {
  readonly useCases: Pick<SlackUseCases, 'incidents' | 'exportTimeline'>;
  readonly client: WebClient;
  readonly links: ThreadLinks;
};

const closedOffered = 20;

/** `timeline`: the whole story of an incident, as Markdown and JSON, into its thread. */
export function createTimeline({ useCases, client, links }: Dependencies): CommandHandler {
  return async (command) => {
    const all = useCases.incidents.all();
    // After the end is when a timeline is wanted most: with nothing open, the latest ones are offered.
    const latest = new Set(all.slice(-closedOffered).map(({ reference }) => reference));
    const fits = all.some(isOpen) ? isOpen : ({ reference }: { reference: string }) => latest.has(reference);
    const found = incidentOf(command, all, fits, {
      question: 'Whose timeline?',
      none: 'There is no incident yet, so there is no timeline.',
    });
    if ('reply' in found) return found.reply;
    const { reference, posts } = found.incident;
    if (posts.root === null)
      return say(`${reference} has no thread yet, so its timeline was not uploaded. Try again in a minute.`);
    const exported = await useCases.exportTimeline(reference);
    if (!exported.ok) return say(`The timeline of ${reference} was not uploaded. ${exported.error.sentence}`);
    const { markdown, json } = exported.value;
    try {
      await client.filesUploadV2({
        channel_id: posts.root.channel,
        thread_ts: posts.root.ts,
        initial_comment: `Timeline of ${reference}, asked for by ${said(command.person.name, 80)}.`,
        file_uploads: [
          { filename: `${reference}-timeline.md`, title: `${reference} timeline`, content: markdown },
          { filename: `${reference}-timeline.json`, title: `${reference} timeline (JSON)`, content: json },
        ],
      });
    } catch (error) {
      return say(
        `The timeline of ${reference} was not uploaded. ${slackFault(error).sentence} \`sre-copilot export ${reference}\` writes it to a file.`,
      );
    }
    return tell({
      text: `*${reference}*: the timeline is in its thread, as Markdown and JSON: ${await links.linkTo(found.incident)}`,
    });
  };
}
