import { type Parsed, refuse } from './parsed-line.ts';

const wrappers: ReadonlySet<string> = new Set([
  'sudo',
  'doas',
  'env',
  'timeout',
  'xargs',
  'bash',
  'sh',
  'zsh',
  'dash',
  'eval',
  'exec',
  'command',
  'nohup',
  'nice',
  'time',
  'watch',
  'ssh',
  'docker',
  'kubectx',
  'parallel',
  'while',
  'for',
  'if',
]);

/** Refuses every line whose program is not exactly `kubectl`, saying what to write instead. */
export function refuseProgram(word: string): Parsed<never> {
  if (wrappers.has(word)) {
    return refuse(
      'syntax.not-kubectl',
      `\`${word}\` runs another command, and only kubectl itself is understood. Write the kubectl command alone; deadlines, retries and repetition are fields of the action.`,
    );
  }
  if (/^[A-Za-z_][A-Za-z0-9_]*=/.test(word)) {
    return refuse(
      'syntax.not-kubectl',
      'The line sets an environment variable, which an action does not have. Leave it out and start with `kubectl`.',
    );
  }
  if (word.includes('/')) {
    return refuse(
      'syntax.not-kubectl',
      'The program is given by a path. No program is started: write plain `kubectl`, the line is only read.',
    );
  }
  return refuse(
    'syntax.not-kubectl',
    `The line starts with ${quoteShort(word)}, and only \`kubectl\`, spelt exactly so, is understood. Write a kubectl command, or describe the step as a manual action.`,
  );
}

function quoteShort(word: string): string {
  if (word === '') return 'an empty word';
  return `\`${word.length > 40 ? `${word.slice(0, 40)}…` : word}\``;
}
