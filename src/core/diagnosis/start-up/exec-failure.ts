/** Why the runtime could not execute what it was told to. `program` is what it tried; for a working directory, that directory. */
export type ExecFailure = {
  readonly is: 'not-found' | 'not-executable' | 'wrong-format' | 'no-command' | 'no-directory';
  readonly program: string | undefined;
};

// A mount, a security profile or memory fails in the same sentence: those are no fault of the command.
const otherCauses = /error mounting|seccomp|apparmor|oom-killed|memory limit too low|cgroup|no space left/i;
const quoted = /exec:? (?:failed: )?\\{0,3}"([^"\\]{1,512})\\{0,3}"?/;
const bare = /\bexec (\/[^\s:"]{1,512}): /;
const crun = /executable file [`'"]([^`'"]{1,512})[`'"] not found/;
const directory = /chdir to cwd \(\\{0,3}"([^"\\]{1,512})\\{0,3}"\)/;

/**
 * Reads what runc, crun or the kernel say of a program that cannot be executed. Formats: `exec: "x": executable file not found in $PATH`, `exec: "/x": stat /x:
 * no such file or directory`, `exec: "/x": permission denied`, `exec /x: exec format error`, `chdir to cwd ("/x") set in config.json failed`, `no command specified`.
 */
export function execFailureOf(message: string): ExecFailure | undefined {
  const text = message.slice(0, 8192);
  if (/no command specified/i.test(text)) return { is: 'no-command', program: undefined };
  const program = (quoted.exec(text) ?? bare.exec(text) ?? crun.exec(text))?.[1];
  if (/exec format error/i.test(text)) return { is: 'wrong-format', program };
  if (otherCauses.test(text)) return undefined;
  const cwd = directory.exec(text)?.[1];
  if (cwd !== undefined) return { is: 'no-directory', program: cwd };
  if (/executable file [^\n]{0,520}not found/i.test(text)) return { is: 'not-found', program };
  if (program === undefined) return undefined;
  if (/no such file or directory|not a directory/i.test(text)) return { is: 'not-found', program };
  return /permission denied|is a directory/i.test(text) ? { is: 'not-executable', program } : undefined;
}
