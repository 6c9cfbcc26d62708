import { ok } from '../../result.ts';
import type { WorkloadRef } from '../action.ts';
import type { Flags } from './flags.ts';
import { readTarget } from './operands.ts';
import { type Parsed, refuse } from './parsed-line.ts';
import { readNamespace } from './values.ts';

/** What a verb on one workload is aimed at: nothing yet, one Deployment, or one object of another kind. */
export type WorkloadTarget =
  | { readonly found: 'nothing' }
  | { readonly found: 'deployment'; readonly workload: WorkloadRef }
  | { readonly found: 'other'; readonly kind: string; readonly name: string };

/**
 * Reads `deployment/NAME` or `deployment NAME`, exactly one. A type without a name is `nothing`: the line is incomplete. What other
 * kinds mean is for the verb to say, but they too must be one object with a valid name.
 */
export function readWorkload(operands: readonly string[], flags: Flags): Parsed<WorkloadTarget> {
  const namespace = readNamespace(flags);
  if (!namespace.ok) return namespace;
  if (operands.length === 0) return ok({ found: 'nothing' });
  const target = readTarget(operands);
  if (!target.ok) return target;
  const [name, ...others] = target.value.names;
  if (name === undefined) return ok({ found: 'nothing' });
  if (others.length > 0) {
    return refuse(
      'syntax.operands',
      'The line names several objects. Write one action for each, so that each is checked by itself.',
    );
  }
  const { kind } = target.value.type;
  return kind === 'Deployment'
    ? ok({ found: 'deployment', workload: { kind, namespace: namespace.value, name } })
    : ok({ found: 'other', kind, name });
}
