import type { Investigation, Scope } from '../core/diagnosis/investigation.ts';
import type { Subject } from '../core/diagnosis/subject.ts';

/** What is asked; `subject` is what a person named when only the cluster can tell which object it is, `alert.expression` the PromQL of the alert that asks. */
export type Question = {
  readonly scope: Scope;
  readonly subject?: Subject;
  readonly alert?: { readonly expression?: string };
};

/** Looks at a cluster within a scope and answers with what it found, and what it could not read. Always answers: a source that fails is named in `missing`. */
export type Investigate = (question: Question, signal: AbortSignal) => Promise<Investigation>;
