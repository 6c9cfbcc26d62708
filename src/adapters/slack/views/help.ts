import { didYouMean } from '../../../core/runbook/did-you-mean.ts';
import { verbs } from '../../../core/signal/command-line.ts';
import type { Answer } from './answer.ts';
import { code, context, said, section } from './text.ts';

const examples: readonly (readonly [line: string, what: string])[] = [
  ['/sre status', 'open incidents, what runs, who is asked'],
  ['/sre investigate deployment/shop/checkout', 'look at an object, as kind/namespace/name or namespace/name'],
  ['/sre investigate KubePodCrashLooping', 'look at what an alert of that name is about'],
  ['/sre run rollout-bad-image INC-7', 'start a runbook; inputs follow as key=value'],
  ['/sre timeline INC-7', 'the whole story as files, in the thread of the incident'],
  ['/sre stop INC-7', 'stop the run; a change that is being made is brought to its end'],
  ['/sre ack INC-7', 'tell the others that you look after it'],
  ['/sre resolve INC-7', 'it is over, though no alert ends it'],
];

/** The commands, with lines that can be copied. */
export function helpView(): Answer {
  return {
    text: `Commands: ${verbs.map((verb) => `/sre ${verb}`).join(', ')}. In a thread: @sre-copilot instead of /sre.`,
    blocks: [
      section(`*What you can ask me*\n${examples.map(([line, what]) => `\`${line}\`\n${what}`).join('\n')}`),
      section(
        '*In the thread of an incident* Slack has no slash commands. Mention me there, and leave out the number:\n`@sre-copilot timeline`  ·  `@sre-copilot stop`  ·  `@sre-copilot investigate`\nOr ask in plain words: `@sre-copilot why is checkout not running?`',
      ),
      context([
        'INC-7 may be left out where it is clear; otherwise I ask',
        'reading is free, a change runs only as policy and approvers allow',
      ]),
    ],
  };
}

/** For a word that is no command: the nearest one that is, and where help is. */
export function unknownCommandView(line: string): Answer {
  const [word = ''] = line.trim().split(/\s+/);
  const near = didYouMean(word, verbs);
  const guess = near === undefined ? '' : ` Did you mean ${code(near)}?`;
  const text = `I do not know the command ${code(word, 60)}, so nothing was done.${guess}`;
  return { text, blocks: [section(text), ...(helpView().blocks ?? [])] };
}

/** A sentence from outside or from the core as an answer. */
export function sentenceView(sentence: string): Answer {
  return { text: said(sentence, 1500) };
}
