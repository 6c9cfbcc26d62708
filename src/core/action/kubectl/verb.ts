import type { FlagSpec, Flags } from './flags.ts';
import type { Parsed, ParsedLine } from './parsed-line.ts';

/** A line after its verb: flags and operands separated. `line` is the text as written, for what a person must do by hand. */
export type VerbLine = { readonly line: string; readonly flags: Flags; readonly operands: readonly string[] };

/** One verb of the closed grammar: the flags it knows (an allow-list) and what its lines mean. */
export type Verb = {
  readonly flags: readonly FlagSpec[];
  readonly translate: (verbLine: VerbLine) => Parsed<ParsedLine>;
};
