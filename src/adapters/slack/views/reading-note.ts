import type { BodyOf } from '../../../core/incident/events.ts';
import type { Bill } from '../../../core/incident/reasoning-events.ts';
import type { IncidentState } from '../../../core/incident/state.ts';
import { sayBill, sayDropped } from '../../../core/reasoning/bill.ts';
import type { TimelineEntry } from '../../../core/timeline/entries.ts';
import type { ThreadMessage } from './message.ts';
import { code, context, notice, said, section } from './text.ts';

const inputsShown = 6;

/** What the model made of an investigation, under its own name: nobody may take it for what the rules found. */
export function readingNote(
  body: BodyOf<'explanation-given'>,
  state: IncidentState,
  entry: TimelineEntry,
): ThreadMessage {
  const { sentences, hypothesis, runbook, inputs, dropped, bill } = body;
  const finding = state.investigation?.document.findings.find(({ id }) => id === hypothesis);
  const lines = [
    `*The model's reading (not a rule):* ${saySentences(sentences)}`,
    ...(finding === undefined ? [] : [`It takes this for the cause: ${said(finding.summary, 400)}`]),
    ...(runbook === null
      ? []
      : [`It suggests the runbook ${code(runbook, 80)}${sayInputs(inputs)}. It starts nothing: rules and people do.`]),
  ];
  return {
    key: `note/${entry.seq}`,
    what: 'note',
    approval: null,
    text: notice(entry.text),
    blocks: [section(lines.join('\n')), footer(dropped, bill, [`event #${entry.seq}`])],
  };
}

/** Sentences with what each rests on: `… (E1, T2)`. */
export function saySentences(
  sentences: readonly { readonly text: string; readonly evidence: readonly string[] }[],
  max = 500,
): string {
  return sentences
    .map(({ text, evidence }) => {
      const ids = evidence.slice(0, 8).map((id) => said(id, 12));
      return ids.length === 0 ? said(text, max) : `${said(text, max)} _(${ids.join(', ')})_`;
    })
    .join(' ');
}

function sayInputs(inputs: BodyOf<'explanation-given'>['inputs']): string {
  if (inputs.length === 0) return '';
  const pairs = inputs.slice(0, inputsShown).map(({ name, value, evidence }) => {
    return `${code(`${name}=${value}`, 120)} (${said(evidence, 12)})`;
  });
  return ` with ${pairs.join(', ')}`;
}

/** What it took and what was left out, in small print. */
export function footer(
  dropped: readonly { readonly why: string; readonly times: number }[],
  bill: Bill | null,
  more: readonly string[],
) {
  const lost = sayDropped(dropped);
  return context([
    ...(bill === null ? [] : [said(sayBill(bill), 200)]),
    ...(lost === '' ? [] : [said(lost, 240)]),
    ...more,
  ]);
}
