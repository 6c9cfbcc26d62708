import type { ASTNode } from '@marcbachmann/cel-js';

const functions = ['has', 'size', 'int', 'double', 'string', 'rolloutComplete', 'podsReady'];
const methods = ['size', 'contains', 'startsWith', 'endsWith'];
const loops = ['all', 'exists', 'exists_one', 'filter', 'map'];

/** The names a condition may ask about. */
export const celRoots = ['target', 'before', 'pods', 'inputs'] as const;
export type CelRoot = (typeof celRoots)[number];

/**
 * Why an expression might take longer than a condition may, or undefined when its cost is bounded by the size of what it reads.
 *
 * A closed list of calls, because CEL here has no budget at run time: `matches` backtracks for minutes on the right input (measured), loops over all
 * pods inside loops over all pods are quadratic, and `+` inside a loop can double a list at each turn.
 */
export function whyUnbounded(ast: ASTNode): string | undefined {
  return visit(ast, 0);
}

function visit(node: ASTNode, loopDepth: number): string | undefined {
  switch (node.op) {
    case 'call': {
      const [name, args] = node.args;
      return functions.includes(name) ? first(args, loopDepth) : unknownCall(name);
    }
    case 'rcall': {
      const [name, receiver, args] = node.args;
      if (methods.includes(name)) return first([receiver, ...args], loopDepth);
      if (!loops.includes(name)) return unknownCall(name);
      if (loopDepth >= 2) return 'loops inside loops inside loops are not allowed';
      return visit(receiver, loopDepth) ?? first(args, loopDepth + 1);
    }
    case 'id':
      return loopDepth > 0 && node.args === 'pods'
        ? '`pods` may not be used inside a loop over something else'
        : undefined;
    case '+':
      return loopDepth > 0 && !node.args.some((operand) => operand.op === 'value')
        ? '`+` inside a loop needs a number or text on one side'
        : first(node.args, loopDepth);
    default:
      return first(childrenOf(node), loopDepth);
  }
}

function first(nodes: readonly ASTNode[], loopDepth: number): string | undefined {
  for (const node of nodes) {
    const why = visit(node, loopDepth);
    if (why !== undefined) return why;
  }
  return undefined;
}

function unknownCall(name: string): string {
  return `\`${name}\` is not one of the functions of conditions (${[...functions, ...loops, ...methods.slice(1)].join(', ')})`;
}

/** The operands of a node, whatever its operator: nodes are found by shape, since argument tuples differ. */
export function childrenOf(node: ASTNode): ASTNode[] {
  return nodesIn(node.args);
}

function nodesIn(value: unknown): ASTNode[] {
  if (Array.isArray(value)) return value.flatMap(nodesIn);
  return isNode(value) ? [value] : [];
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}
