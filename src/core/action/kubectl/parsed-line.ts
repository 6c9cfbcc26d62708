import { fail, ok, type Problem, problem, type Result } from '../../result.ts';
import type { ManualAction, ReadAction, WriteAction } from '../action.ts';

/**
 * What a kubectl line means. `incomplete`: a known verb without its object; `manual`: understood whole, but a person must do it.
 * Both come as a manual action whose text is the line.
 */
export type ParsedLine =
  | { readonly status: 'complete'; readonly action: ReadAction | WriteAction }
  | { readonly status: 'incomplete' | 'manual'; readonly action: ManualAction; readonly why: string };

export type SyntaxCode =
  | 'syntax.empty'
  | 'syntax.too-long'
  | 'syntax.character'
  | 'syntax.quote'
  | 'syntax.glob'
  | 'syntax.not-kubectl'
  | 'syntax.verb'
  | 'syntax.flag'
  | 'syntax.flag-repeated'
  | 'syntax.flag-value'
  | 'syntax.resource'
  | 'syntax.secrets'
  | 'syntax.name'
  | 'syntax.operands'
  | 'syntax.path';

/** Why a line was refused, and what to write instead. Nothing of a refused line is ever carried out. */
export type SyntaxProblem = Problem<SyntaxCode>;
export type Parsed<T> = Result<T, SyntaxProblem>;

export function refuse(code: SyntaxCode, sentence: string): { readonly ok: false; readonly error: SyntaxProblem } {
  return fail(problem(code, sentence));
}

export function complete(action: ReadAction | WriteAction): Parsed<ParsedLine> {
  return ok({ status: 'complete', action });
}

export function incomplete(line: string, why: string): Parsed<ParsedLine> {
  return ok({ status: 'incomplete', action: { kind: 'manual', text: line, why }, why });
}

export function manual(line: string, why: string): Parsed<ParsedLine> {
  return ok({ status: 'manual', action: { kind: 'manual', text: line, why }, why });
}
