import type { ASTNode } from '@marcbachmann/cel-js';
import { type CelRoot, celRoots, childrenOf } from './cel-guard.ts';
import type { DocumentPath } from './source-document.ts';

/** What an expression looks at, read from its syntax once, so that an answer can be told with the values behind it. */
export type CelReading = {
  readonly roots: ReadonlySet<CelRoot>;
  /** `target.status.replicas` and the like, outside of loops, in the order written. */
  readonly paths: readonly DocumentPath[];
  /** Calls such as `rolloutComplete(target)`: function and root. `required`: the whole cannot hold unless this does. */
  readonly calls: readonly { readonly name: string; readonly root: CelRoot; readonly required: boolean }[];
  /** It loops over `pods` and never asks how many there are: with no pods at all it would hold of nothing. */
  readonly presumesPods: boolean;
};

export function readCel(ast: ASTNode): CelReading {
  const roots = new Set<CelRoot>();
  const paths = new Map<string, DocumentPath>();
  const calls: { name: string; root: CelRoot; required: boolean }[] = [];
  const seen = { podLoop: false, podCount: false };

  const visit = (node: ASTNode, required: boolean, inLoop: boolean): void => {
    const path = pathOf(node);
    const [root] = path ?? [];
    if (path !== undefined && isRoot(root)) {
      roots.add(root);
      if (!inLoop && path.length > 1) paths.set(JSON.stringify(path), path);
      return;
    }
    if (node.op === 'call') {
      const [name, [argument]] = node.args;
      if (argument !== undefined && argument.op === 'id' && isRoot(argument.args)) {
        if (name === 'size' && argument.args === 'pods') seen.podCount = true;
        else calls.push({ name, root: argument.args, required });
      }
    }
    if (node.op === 'rcall') {
      const [name, receiver, args] = node.args;
      const isPods = receiver.op === 'id' && receiver.args === 'pods';
      if (isPods && name === 'size') seen.podCount = true;
      else if (isPods) seen.podLoop = true;
      visit(receiver, false, inLoop);
      for (const argument of args) visit(argument, false, true);
      return;
    }
    for (const child of childrenOf(node)) visit(child, required && node.op === '&&', inLoop);
  };
  visit(ast, true, false);
  return { roots, paths: [...paths.values()], calls, presumesPods: seen.podLoop && !seen.podCount };
}

/** `target.metadata.labels["app"]` as a path; undefined for anything computed. */
function pathOf(node: ASTNode): DocumentPath | undefined {
  if (node.op === 'id') return [node.args];
  if (node.op === '.') {
    const [object, field] = node.args;
    const path = pathOf(object);
    return path === undefined ? undefined : [...path, field];
  }
  if (node.op !== '[]') return undefined;
  const [object, index] = node.args;
  const path = pathOf(object);
  if (path === undefined || index.op !== 'value') return undefined;
  if (typeof index.args === 'string') return [...path, index.args];
  return typeof index.args === 'bigint' ? [...path, Number(index.args)] : undefined;
}

function isRoot(name: unknown): name is CelRoot {
  return celRoots.some((root) => root === name);
}
