import type { Finding, Investigation } from '../diagnosis/investigation.ts';
import { type Expectation, type ExpectedFault, type ExpectedObject, mainFault } from './expectation.ts';

/** How one answer did. `rank` is the place of the expected fault from 1, null when it was not found. */
export type Judgement = {
  readonly expectsFault: boolean;
  readonly rank: number | null;
  /** The first finding names the right object, whatever its code. */
  readonly objectRight: boolean;
  /** Whether the answer (its first finding, or its silence) is right. */
  readonly right: boolean;
  /** Confidence of the first finding; null for silence. */
  readonly confidence: Finding['confidence'] | null;
  readonly abstained: boolean;
  /** Findings that are not there: neither expected, nor explained by an expected one, nor allowed. `code Kind namespace/name`. */
  readonly falseFindings: readonly string[];
  /** One sentence for each way in which it is not as expected; empty when all is well. */
  readonly faults: readonly string[];
};

/** Compares an investigation with what its case expects. */
export function judge(investigation: Investigation, expected: Expectation): Judgement {
  const { findings, status } = investigation;
  const [first] = findings;
  const main = mainFault(expected);
  const wanted = main === undefined ? [] : [main, ...expected.also];
  const rank = main === undefined ? null : rankOf(findings, main);
  const isRightFirst = first !== undefined && wanted.some((fault) => matches(first, fault));
  const objectRight = first !== undefined && wanted.some(({ object }) => object.some((one) => sameObject(first, one)));
  const falseFindings = falseOnes(findings, wanted, expected);
  const faults: string[] = [];

  if (main !== undefined && rank === null) faults.push(`${sayFault(main)} was not found`);
  else if (main !== undefined && rank !== null && !isRightFirst)
    faults.push(
      `${sayFault(main)} stands at place ${rank}, behind ${first === undefined ? 'nothing' : sayFinding(first)}`,
    );
  for (const fault of expected.also) {
    const place = rankOf(findings, fault);
    if (place === null || place > 3) faults.push(`${sayFault(fault)} is not among the first three`);
  }
  for (const { code, object } of expected.notClaimed) {
    for (const finding of findings)
      if (finding.code === code && (object === undefined || sameObject(finding, object)))
        faults.push(`it claims ${sayFinding(finding)}`);
  }
  const told = main === undefined ? undefined : findings.find((finding) => matches(finding, main));
  for (const text of told === undefined ? [] : expected.says)
    if (
      !`${told?.summary} ${told?.cause.path} ${told?.cause.observed} ${told?.cause.expected}`
        .toLowerCase()
        .includes(text.toLowerCase())
    )
      faults.push(`${told?.code} does not say "${text}"`);
  if (expected.status !== undefined && expected.status !== status)
    faults.push(`it is ${status}, not ${expected.status}`);
  for (const text of falseFindings) faults.push(`false finding: ${text}`);

  const isSilent = first === undefined;
  return {
    expectsFault: main !== undefined,
    rank,
    objectRight,
    right: main === undefined ? isSilent : isRightFirst,
    confidence: first?.confidence ?? null,
    abstained: main !== undefined && isSilent,
    falseFindings,
    faults: [...new Set(faults)],
  };
}

function rankOf(findings: readonly Finding[], fault: ExpectedFault): number | null {
  const index = findings.findIndex((finding) => matches(finding, fault));
  return index === -1 ? null : index + 1;
}

function matches(finding: Finding, { code, object }: ExpectedFault): boolean {
  return code.includes(finding.code) && object.some((one) => sameObject(finding, one));
}

function sameObject({ object }: Finding, { kind, namespace, name }: ExpectedObject): boolean {
  return object.kind === kind && object.name === name && (object.namespace ?? '') === (namespace ?? '');
}

function falseOnes(
  findings: readonly Finding[],
  wanted: readonly ExpectedFault[],
  expected: Expectation,
): readonly string[] {
  const explained = new Set<string>();
  const queue = findings.filter((finding) => wanted.some((fault) => matches(finding, fault))).map(({ id }) => id);
  for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
    if (explained.has(id)) continue;
    explained.add(id);
    queue.push(...(findings.find((finding) => finding.id === id)?.explains ?? []));
  }
  return findings.filter(({ id, code }) => !explained.has(id) && !expected.alsoTrue.includes(code)).map(sayFinding);
}

function sayFinding({ code, object, confidence }: Finding): string {
  return `${code} ${object.kind} ${object.namespace === undefined ? '' : `${object.namespace}/`}${object.name} (${confidence})`;
}

function sayFault({ code, object }: ExpectedFault): string {
  const [one] = object;
  return `${code.join(' or ')} on ${one?.kind} ${one?.namespace === undefined ? '' : `${one.namespace}/`}${one?.name}`;
}
