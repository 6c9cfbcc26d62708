import { flapsOf, timesOf } from '../../../core/incident/detections.ts';
import type { IncidentState } from '../../../core/incident/state.ts';
import type { ThreadMessage } from './message.ts';
import { context, notice, said, section, when } from './text.ts';
import { sayPhase, wordOfPhase } from './words.ts';

/** The message in the channel that the thread hangs on: what it is about, and how it stands. */
export function rootMessage(state: IncidentState): ThreadMessage {
  const { reference, phase, opened, openedAt, mitigatedAt, resolvedAt, escalated } = state;
  const [flaps, began] = [flapsOf(state.detections), timesOf(state.detections)];
  const by = opened.requester === null ? sayOrigin(opened.source) : `by ${said(opened.requester.name, 80)}`;
  const times = [
    `opened ${when(openedAt)} ${by}`,
    mitigatedAt === null ? [] : `mitigated ${when(mitigatedAt)}`,
    resolvedAt === null ? [] : `resolved ${when(resolvedAt)}`,
    flaps === 0 ? [] : `came and went ${flaps} ${flaps === 1 ? 'time' : 'times'}`,
    began <= flaps + 1 ? [] : `began ${began} times lately`,
    escalated === null ? [] : 'escalated',
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

function sayOrigin(source: IncidentState['opened']['source']): string {
  return source === 'detection' ? 'by the watch of the cluster' : 'by Alertmanager';
}
