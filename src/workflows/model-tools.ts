import { sha256 } from '../core/digest.ts';
import { compose, redactText } from '../core/evidence/redacted-text.ts';
import type { Redactor } from '../core/evidence/redaction.ts';
import { fingerprintOf } from '../core/incident/memory.ts';
import type { IncidentState } from '../core/incident/state.ts';
import { cut } from '../core/reasoning/explain-prompt.ts';
import { readToolCall, type ToolWish, toolSpecs } from '../core/reasoning/tools.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { createMatchLoaded } from '../core/runbook/search.ts';
import type { ActionReader } from '../ports/action-reader.ts';
import type { Clock } from '../ports/clock.ts';
import type { Incidents } from '../ports/incidents.ts';
import type { ModelTools } from '../ports/model-tools.ts';
import type { RunbookSource } from '../ports/runbook-source.ts';

type Dependencies = {
  /** Reads through the ClusterReader and the MetricsSource: it has nothing that changes anything. */
  readonly read: ActionReader;
  readonly runbooks: RunbookSource;
  readonly incidents: Pick<Incidents, 'all'>;
  readonly redactor: Redactor;
  readonly clock: Clock;
};

const maxChars = 2_400;
const maxIncidents = 4;

/** The tools over the sources of an investigation. Each call is checked before anything is read; what comes back is redacted, then cut. */
export function createModelTools({ read, runbooks, incidents, redactor, clock }: Dependencies): ModelTools {
  const matchLoaded = createMatchLoaded();

  async function carryOut(wish: ToolWish, incident: string, signal: AbortSignal): Promise<Result<string, string>> {
    switch (wish.in) {
      case 'cluster': {
        const found = await read(wish.action, signal);
        if (!found.ok) return fail(found.error.sentence);
        const { text, notes, failure } = found.value;
        return ok(
          [...(failure === undefined ? [] : [failure]), text, ...notes].filter((part) => part !== '').join('\n'),
        );
      }
      case 'runbooks':
        return ok(searchRunbooks(wish.words));
      case 'incidents':
        return ok(searchIncidents(wish.words, incident));
    }
    return wish satisfies never;
  }

  function searchRunbooks(words: string): string {
    const loaded = runbooks.list();
    const { candidates } = matchLoaded(loaded, { summary: words });
    const found = candidates.flatMap(({ name, why, page }) => {
      if (page !== undefined)
        return [`${name}: ${page.section.join(' › ')}: ${cut(page.excerpt, 300)} (a page, ${why})`];
      const runbook = loaded.runbooks.find((one) => one.name === name);
      return runbook === undefined ? [] : [`${name}: ${runbook.title}. ${cut(runbook.prose, 300)} (${why})`];
    });
    return found.length === 0 ? 'No runbook fits.' : found.join('\n');
  }

  function searchIncidents(words: string, incident: string): string {
    const wanted = wordsOf(words);
    const ranked = incidents
      .all()
      .filter(({ reference }) => reference !== incident)
      .map((state) => {
        const text = sayIncident(state);
        const own = wordsOf(text);
        return { text, hits: [...wanted].filter((word) => own.has(word)).length, at: state.openedAt };
      })
      .filter(({ hits }) => hits > 0)
      .toSorted((a, b) => b.hits - a.hits || (a.at < b.at ? 1 : -1));
    return ranked.length === 0
      ? 'No earlier incident fits.'
      : ranked
          .slice(0, maxIncidents)
          .map(({ text }) => text)
          .join('\n');
  }

  return {
    specs: toolSpecs.map(({ name, description, inputSchema }) => {
      const redacted = redactText(redactor, description);
      // A constant of ours; were it not redactable, nothing would be.
      return { name, inputSchema, description: redacted.ok ? redacted.value : compose`A read.` };
    }),
    async run({ name, input }, incident, signal) {
      const wish = readToolCall(name, input);
      if (!wish.ok) return wish;
      const found = await carryOut(wish.value, incident, signal);
      signal.throwIfAborted();
      const said = redactText(redactor, found.ok ? found.value : found.error);
      if (!said.ok) return fail(said.error.sentence);
      if (!found.ok) return fail(cut(said.value.text, 400));
      const { text } = said.value;
      const { kind, source } = wish.value;
      return ok({
        kind,
        source: cut(redactor.redactText(source), 200),
        at: clock.now().toISOString(),
        digest: sha256(found.value),
        // The last lines of a log matter most; of everything else the first.
        text:
          kind === 'log' && text.length > maxChars ? `… ${text.slice(-maxChars)}` : cut(text || '(empty)', maxChars),
      });
    },
  };
}

function wordsOf(text: string): ReadonlySet<string> {
  return new Set(text.toLowerCase().match(/[\p{L}\p{N}][\p{L}\p{N}.-]+/gu) ?? []);
}

function sayIncident(state: IncidentState): string {
  const { investigation, reference, openedAt, opened, phase, runs } = state;
  const codes = investigation === null ? '' : fingerprintOf(investigation.document).codes.join(', ');
  const found = investigation?.document.findings[0]?.summary ?? 'no cause was found';
  const ran = runs.map(({ plan, status }) => `${plan.runbook.name} ${status}`).join('; ');
  return `${reference} (${openedAt}, ${phase}): ${opened.title}. ${found} ${codes}${ran === '' ? '' : ` Runs: ${ran}.`}`;
}
