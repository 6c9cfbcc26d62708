import type { AnswerDrafts, Draft } from '../ports/answer-drafts.ts';

/** Drafts in memory. A draft that says the same again wakes nobody. */
export function keepAnswerDrafts(): AnswerDrafts {
  const drafts = new Map<string, Map<number, Draft>>();
  const listeners = new Set<(incident: string) => void>();
  return {
    set(incident, question, draft) {
      const own = drafts.get(incident) ?? new Map<number, Draft>();
      if ((own.get(question)?.length ?? 0) === draft.length) return;
      drafts.set(incident, own.set(question, draft));
      for (const listener of listeners) listener(incident);
    },
    clear(incident, question) {
      const own = drafts.get(incident);
      own?.delete(question);
      if (own?.size === 0) drafts.delete(incident);
    },
    of: (incident) => drafts.get(incident) ?? new Map(),
    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
