/** An answer while it is being written: whole sentences that cite, as far as they are there. */
export type Draft = readonly { readonly text: string; readonly evidence: readonly string[] }[];

/** Answers on their way, by incident and the seq of the question. Kept in memory only: the journal has the answer when it is whole. */
export interface AnswerDrafts {
  set(incident: string, question: number, draft: Draft): void;
  clear(incident: string, question: number): void;
  of(incident: string): ReadonlyMap<number, Draft>;
  /** Called when a draft of an incident grew. Returns the function that ends it. */
  watch(listener: (incident: string) => void): () => void;
}
