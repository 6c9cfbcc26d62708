import { matchesLabelSelector } from './selector.ts';
import { listAt, recordsAt, textAt, type WireRecord } from './wire.ts';

type Labels = Readonly<Record<string, string>>;
/** What a term can look at: the labels of a node, and its name as the field `metadata.name`. */
type NodeNames = { readonly name: string; readonly labels: Labels };

/**
 * Whether a node fulfils a NodeSelector (`nodeSelectorTerms`, of a pod's required node affinity or of a volume's): its terms are ORed, the
 * expressions of a term ANDed, and a term without any matches nothing.
 */
export function matchesNodeSelector(selector: unknown, node: NodeNames): boolean {
  return recordsAt(selector, 'nodeSelectorTerms').some(({ record }) => matchesTerm(record, node));
}

function matchesTerm(term: WireRecord, node: NodeNames): boolean {
  const expressions = recordsAt(term, 'matchExpressions');
  const fields = recordsAt(term, 'matchFields');
  if (expressions.length + fields.length === 0) return false;
  return (
    expressions.every(({ record }) => matchesExpression(record, node.labels)) &&
    fields.every(({ record }) => matchesField(record, node.name))
  );
}

/** One expression over labels; `Gt` and `Lt` compare integers, and hold for nothing else. */
export function matchesExpression(expression: WireRecord, labels: Labels): boolean {
  const operator = textAt(expression, 'operator');
  if (operator !== 'Gt' && operator !== 'Lt') return matchesLabelSelector({ matchExpressions: [expression] }, labels);
  const key = textAt(expression, 'key') ?? '';
  const have = wholeNumber(Object.hasOwn(labels, key) ? labels[key] : undefined);
  const bound = wholeNumber(listAt(expression, 'values')[0]);
  if (have === undefined || bound === undefined) return false;
  return operator === 'Gt' ? have > bound : have < bound;
}

export function matchesField(expression: WireRecord, name: string): boolean {
  return textAt(expression, 'key') === 'metadata.name' && matchesExpression(expression, { 'metadata.name': name });
}

function wholeNumber(text: unknown): number | undefined {
  return typeof text === 'string' && /^-?\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** `zone In [a, b]`, `gpu Exists`, `cores Gt [4]`: an expression as people read it. */
export function sayExpression(expression: WireRecord): string {
  const values = listAt(expression, 'values').filter((value) => typeof value === 'string');
  const shown = values.length > 5 ? `${values.slice(0, 5).join(', ')}, …` : values.join(', ');
  const head = `${textAt(expression, 'key') ?? '?'} ${textAt(expression, 'operator') ?? '?'}`;
  return values.length === 0 ? head : `${head} [${shown}]`;
}
