import type { BodyOf } from '../../../core/incident/events.ts';
import type { Question } from '../../../core/incident/reasoning-state.ts';
import type { Draft } from '../../../ports/answer-drafts.ts';
import type { ThreadMessage } from './message.ts';
import { footer, saySentences } from './reading-note.ts';
import { context, notice, said, section } from './text.ts';

const evidenceShown = 6;

/** An answer in the thread. One message from the first whole sentence to the last: it is edited while it grows. */
export function answerNote(question: Question, body: BodyOf<'question-answered'>, seq: number): ThreadMessage {
  const { by, sentences, evidence, dropped, withoutModel, bill } = body;
  const cited = evidence
    .slice(0, evidenceShown)
    .map(({ id, source, summary }) => `• ${said(id, 12)} ${said(summary, 260)} _(${said(source, 80)})_`);
  const left = evidence.length - cited.length;
  const who = by === 'model' ? "the model's words, not a rule" : 'by rules';
  return {
    ...frame(question),
    text: notice(`Answer: ${sentences.map(({ text }) => text).join(' ')}`),
    blocks: [
      section(`${heading(question, who)}\n${saySentences(sentences)}`),
      ...(cited.length === 0
        ? []
        : [section(['*Evidence*', ...cited, ...(left > 0 ? [`• and ${left} more, in the timeline`] : [])].join('\n'))]),
      footer(dropped, bill, [...(withoutModel === null ? [] : [said(withoutModel.sentence, 240)]), `event #${seq}`]),
    ],
  };
}

/** The sentences that are there already; each cites evidence, the last may still change. */
export function draftNote(question: Question, draft: Draft): ThreadMessage {
  return {
    ...frame(question),
    text: notice(`Answer: ${draft.map(({ text }) => text).join(' ')}`),
    blocks: [
      section(`${heading(question, "the model's words, not a rule")}\n${saySentences(draft)} …`),
      context(['still writing']),
    ],
  };
}

function frame({ seq }: Question) {
  return { key: `answer/${seq}`, what: 'answer', approval: null } as const;
}

function heading({ asked }: Question, who: string): string {
  return `*Answer to ${said(asked.by.name, 60)}* (${who}): _${said(asked.question, 200).replaceAll('_', ' ')}_`;
}
