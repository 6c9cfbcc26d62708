import { sayRef } from '../core/cluster/object.ts';
import type { Evidence, Finding, Investigation } from '../core/diagnosis/investigation.ts';

const maxEvidencePerFinding = 6;

/** The answer for a terminal: what is wrong first, then why, then what could not be read. Plain text, no colours, lines indented by two. */
export function renderInvestigation(investigation: Investigation): string {
  const { findings, evidence, missing, runbooks } = investigation;
  const byId = new Map(evidence.map((item) => [item.id, item]));
  return [
    headline(investigation),
    ...findings.map((finding, index) => renderFinding(finding, index, findings, byId)),
    missing.length === 0
      ? undefined
      : ['Could not be told:', ...missing.map(({ source, why }) => `  - ${source}: ${why}`)].join('\n'),
    runbooksOf(runbooks),
    `Read and concluded in ${investigation.elapsedMs.total} ms.`,
  ]
    .filter((part) => part !== undefined)
    .join('\n\n')
    .concat('\n');
}

function headline({ status, scope, capturedAt, findings }: Investigation): string {
  const where =
    scope.object === undefined
      ? scope.namespace === undefined
        ? 'the whole cluster'
        : `namespace ${scope.namespace}`
      : sayRef(scope.object);
  const alert = scope.alert === undefined ? '' : `, alert ${scope.alert.name}`;
  const about = `${where} on ${scope.cluster}${alert}, as of ${capturedAt}`;
  switch (status) {
    case 'healthy':
      return `Nothing is wrong: ${about}.`;
    case 'inconclusive':
      return `No cause was found, and not everything could be told: ${about}.`;
    case 'diagnosed':
      return `${findings.length === 1 ? 'One finding' : `${findings.length} findings`}: ${about}.`;
    default:
      return status satisfies never;
  }
}

function renderFinding(
  finding: Finding,
  index: number,
  all: readonly Finding[],
  evidence: ReadonlyMap<string, Evidence>,
): string {
  const { id, summary, confidence, score, code, object, cause, recommendation, since } = finding;
  const explainedBy = all.filter(({ explains }) => explains.includes(id)).map((other) => other.id);
  const title =
    index === 0 ? 'Likely cause' : explainedBy.length > 0 ? `Explained by ${explainedBy.join(', ')}` : 'Also';
  const items = finding.evidence.flatMap((key) => evidence.get(key) ?? []);
  const hidden = items.length - maxEvidencePerFinding;
  return [
    `${title} [${id}]: ${summary}`,
    `  ${code} on ${sayRef(object)}, confidence ${confidence} (${score.toFixed(2)})${since === undefined ? '' : `, since ${since}`}`,
    `  ${cause.path}`,
    `    is:        ${cause.observed}`,
    `    should be: ${cause.expected}`,
    ...(recommendation === undefined ? [] : [`  To do: ${recommendation.text}`]),
    '  Evidence:',
    ...items.slice(0, maxEvidencePerFinding).map(renderEvidence),
    ...(hidden > 0 ? [`    and ${hidden} more (--json)`] : []),
  ].join('\n');
}

function renderEvidence({ id, at, summary }: Evidence): string {
  const [first = '', ...rest] = summary.split('\n');
  return [`    ${id} ${at} ${first}`, ...rest.map((line) => `      | ${line}`)].join('\n');
}

function runbooksOf(runbooks: Investigation['runbooks']): string {
  if (runbooks.length === 0) return 'No runbook fits.';
  return ['Runbooks:', ...runbooks.map(({ name, score, why }) => `  - ${name} (${score.toFixed(2)}): ${why}`)].join(
    '\n',
  );
}
