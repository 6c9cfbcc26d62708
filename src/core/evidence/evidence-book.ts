import type { Evidence } from '../diagnosis/investigation.ts';
import { digestOf, sha256 } from '../digest.ts';
import type { EvidenceDraft } from './draft.ts';
import type { Redactor } from './redaction.ts';

/** How much evidence one investigation may carry: it is journalled, posted and shown to people. Sizes in UTF-16 units of text. */
export type EvidenceBudget = {
  readonly maxItems: number;
  readonly maxChars: number;
  readonly maxSummaryChars: number;
};

const defaultBudget: EvidenceBudget = { maxItems: 40, maxChars: 24_000, maxSummaryChars: 1200 };

/** Numbers and keeps evidence in the order it is handed in. */
export interface EvidenceBook {
  /** The id of the fact (`E1`, `E2`, …; the same fact twice has one id), or undefined when the budget is spent. `required` facts are always taken: a finding without evidence is none. */
  add(draft: EvidenceDraft, required: boolean): string | undefined;
  items(): readonly Evidence[];
  /** Facts that found no room. */
  dropped(): number;
}

export function createEvidenceBook(dependencies: {
  readonly redactor: Redactor;
  readonly budget?: EvidenceBudget;
}): EvidenceBook {
  const { redactor, budget = defaultBudget } = dependencies;
  const items: Evidence[] = [];
  const ids = new Map<string, string>();
  let chars = 0;
  let dropped = 0;
  return {
    add(draft, required) {
      // Redacted whole, then cut: half a token would no longer be recognised.
      const summary = cut(redactor.redactText(draft.summary), budget.maxSummaryChars);
      const digest = sourceDigest(draft.from);
      const key = JSON.stringify([draft.kind, draft.source, draft.object ?? null, digest, summary]);
      const known = ids.get(key);
      if (known !== undefined) return known;
      if (!required && (items.length >= budget.maxItems || chars + summary.length > budget.maxChars)) {
        dropped++;
        return undefined;
      }
      const id = `E${items.length + 1}`;
      const { kind, source, object } = draft;
      const at = new Date(draft.at).toISOString();
      items.push({ id, kind, source, ...(object === undefined ? {} : { object }), at, summary, digest });
      ids.set(key, id);
      chars += summary.length;
      return id;
    },
    items: () => [...items],
    dropped: () => dropped,
  };
}

/**
 * The digest of a source. Objects by their canonical JSON; hostile ones that have none (lone surrogates, nesting beyond the stack) by what
 * can be told of them, since evidence must not fail because of the thing it describes.
 */
function sourceDigest(from: unknown): string {
  if (typeof from === 'string') return sha256(from);
  try {
    return digestOf(from);
  } catch {
    try {
      return sha256(JSON.stringify(from) ?? 'nothing');
    } catch {
      return sha256('unreadable');
    }
  }
}

/** Cuts text to a length, on a whole character, and says so. */
function cut(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text === '' ? '(empty)' : text;
  const kept = text.slice(0, maxChars - 2);
  return `${/[\uD800-\uDBFF]$/.test(kept) ? kept.slice(0, -1) : kept} …`;
}
