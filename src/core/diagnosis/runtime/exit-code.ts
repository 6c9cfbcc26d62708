import type { Termination } from '../../cluster/pod.ts';

// What exit codes mean by convention of shells and kernels (128 + signal); the status itself never says.
const meanings: Readonly<Record<number, string>> = {
  0: 'ended by itself without an error',
  2: 'wrong use of a command, or a Go panic',
  126: 'its command cannot be executed',
  127: 'its command was not found',
  130: 'interrupted (SIGINT)',
  131: 'quit (SIGQUIT)',
  132: 'illegal instruction (SIGILL)',
  133: 'trapped (SIGTRAP)',
  134: 'aborted (SIGABRT)',
  135: 'bus error (SIGBUS)',
  136: 'arithmetic error (SIGFPE)',
  137: 'killed (SIGKILL), not for memory by its status',
  139: 'segmentation fault (SIGSEGV)',
  141: 'wrote to a closed pipe (SIGPIPE)',
  143: 'asked to stop (SIGTERM)',
  255: 'an error outside the usual range',
};

/** `exit code 139, segmentation fault (SIGSEGV)`: how a run ended, in words. `tail`: the end of its log, where it was read. */
export function sayEnd(
  { exitCode, reason }: Pick<Termination, 'exitCode' | 'reason'>,
  tail: readonly string[] = [],
): string {
  const named = reason === undefined || reason === 'Error' || reason === 'Completed' ? '' : `${reason}, `;
  if (exitCode === undefined) return `${named}exit code not known`;
  // Go ends a panic with 2, as shells do wrong use; a log that shows one tells them apart.
  const isPanic = exitCode === 2 && tail.some((line) => /^panic: |\spanic: |^goroutine \d/.test(line.slice(0, 500)));
  const meaning = isPanic ? 'a Go panic' : meanings[exitCode];
  return `${named}exit code ${exitCode}${meaning === undefined ? '' : `, ${meaning}`}`;
}
