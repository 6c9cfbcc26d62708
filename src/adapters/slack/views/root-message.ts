import type { IncidentState } from '../../../core/incident/state.ts';
import type { ThreadMessage } from './message.ts';
import { context, notice, said, section, when } from './text.ts';
import { sayPhase, wordOfPhase } from './words.ts';

/** The message in the channel that the thread hangs on: what it is about, and how it stands. */
export function rootMessage(state: IncidentState): ThreadMessage {
  const { reference, phase, opened, openedAt, mitigatedAt, resolvedAt } = state;
  const by = opened.requester === null ? 'by Alertmanager' : `by ${said(opened.requester.name, 80)}`;
  const times = [
    `opened ${when(openedAt)} ${by}`,
    mitigatedAt === null ? [] : `mitigated ${when(mitigatedAt)}`,
    resolvedAt === null ? [] : `resolved ${when(resolvedAt)}`,
  ].flat();
  const summary = opened.summary === '' ? '' : `\n${said(opened.summary, 600)}`;
  return {
    key: 'root',
    what: 'root',
    approval: null,
    text: notice(`${wordOfPhase(phase)}: ${opened.title} (${reference})`),
    blocks: [
      section(`${sayPhase(phase)}  *${reference}*  ${said(opened.title, 300)}${summary}`),
      context([`severity ${said(opened.severity, 40)}`, `cluster ${said(opened.scope.cluster, 60)}`, ...times]),
    ],
  };
}
