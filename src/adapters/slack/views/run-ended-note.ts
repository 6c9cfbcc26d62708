import { isRead } from '../../../core/action/action.ts';
import type { BodyOf } from '../../../core/incident/events.ts';
import type { Run } from '../../../core/incident/state.ts';
import type { TimelineEntry } from '../../../core/timeline/entries.ts';
import type { ThreadMessage } from './message.ts';
import { codeBlock, context, notice, said, section } from './text.ts';
import { sayStatus } from './words.ts';

const linesShown = 14;
const actionsShown = 8;
const readingsShown = 4;

/** How a run ended: its status in words, each action with its outcome, and, when it changed nothing, what its reads showed. `call`: who is asked to look now, or nobody. */
export function runEndedNote(facts: {
  readonly body: BodyOf<'run-ended'>;
  readonly run: Run | undefined;
  readonly entry: TimelineEntry;
  readonly call: string;
  readonly outputOf: (action: string) => string | undefined;
}): ThreadMessage {
  const { body, run, entry, call, outputOf } = facts;
  const actions = run?.actions ?? [];
  const lines = actions.slice(0, actionsShown).map(({ planned, state }) => {
    const title = said(planned.title, 120);
    return state.step === 'done'
      ? `• ${title}: *${state.outcome}*. ${said(state.sentence, 200)}`
      : `• ${title}: *not run*`;
  });
  const unsaid = actions.length - lines.length;
  // What was read before a change shows the trouble that the change has ended: under "Succeeded" it would mislead.
  const hasChanged = actions.some(({ state }) => state.step === 'done' && state.wrote);
  const readings = actions.flatMap(({ planned }) => {
    const output = !hasChanged && isRead(planned.action) ? outputOf(planned.id) : undefined;
    return output === undefined ? [] : [section(`*${said(planned.title, 120)}*\n${codeBlock(head(output), 1200)}`)];
  });
  const asked = call === '' ? '' : `\n${call} please look now.`;
  return {
    key: `note/${entry.seq}`,
    what: 'note',
    approval: null,
    text: notice(entry.text),
    blocks: [
      section(`*Run ended: ${sayStatus(body.status)}.* ${said(body.reason, 700)}${asked}`),
      ...(lines.length === 0
        ? []
        : [section([...lines, ...(unsaid > 0 ? [`• and ${unsaid} more, in the timeline`] : [])].join('\n'))]),
      ...readings.slice(0, readingsShown),
      context([
        ...(hasChanged ? ['what was read before the change is in the timeline'] : []),
        ...(readings.length > readingsShown
          ? [`${readings.length - readingsShown} more readings in the timeline`]
          : []),
        `event #${entry.seq}`,
      ]),
    ],
  };
}

function head(output: string): string {
  const lines = output.split('\n');
  return lines.length <= linesShown
    ? output
    : [...lines.slice(0, linesShown), `… ${lines.length - linesShown} more lines in the timeline`].join('\n');
}
