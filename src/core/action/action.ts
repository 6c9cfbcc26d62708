import { z } from 'zod';

/** Kinds whose pods a rollout replaces; today the writes know Deployments. */
export const workloadRefSchema = z.strictObject({
  kind: z.enum(['Deployment']),
  namespace: z.string().min(1),
  name: z.string().min(1),
});
export type WorkloadRef = Readonly<z.infer<typeof workloadRefSchema>>;

const namespace = z.string().min(1).optional();
const selector = z.string().min(1).optional();

/** A Kubernetes quantity such as `256Mi` or `500m`, as text: it is compared and sent, never computed with here. */
export const quantitySchema = z
  .string()
  .regex(/^\d+(\.\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$/, 'expected a quantity such as 256Mi or 500m');
const resourceListSchema = z.strictObject({ cpu: quantitySchema.optional(), memory: quantitySchema.optional() });

/**
 * Everything the co-pilot can look at. `get` is also list: no names means all of the kind that the selectors leave.
 * `raw` reaches only the API server's own health and version paths.
 */
export const readActionSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('get'),
    resource: z.string().min(1),
    names: z.array(z.string().min(1)),
    namespace,
    allNamespaces: z.boolean().optional(),
    selector,
    fieldSelector: z.string().min(1).optional(),
    output: z.enum(['table', 'wide', 'json', 'yaml', 'name']),
  }),
  z.strictObject({ kind: z.literal('describe'), resource: z.string().min(1), name: z.string().min(1), namespace }),
  z.strictObject({
    kind: z.literal('logs'),
    namespace: z.string().min(1),
    of: z.discriminatedUnion('by', [
      z.strictObject({ by: z.literal('pod'), name: z.string().min(1) }),
      z.strictObject({ by: z.literal('selector'), selector: z.string().min(1) }),
      z.strictObject({ by: z.literal('workload'), workload: workloadRefSchema }),
    ]),
    container: z.string().min(1).optional(),
    previous: z.boolean().optional(),
    tailLines: z.int().positive().max(5000).optional(),
    sinceSeconds: z.int().positive().optional(),
  }),
  z.strictObject({
    kind: z.literal('events'),
    namespace,
    allNamespaces: z.boolean().optional(),
    for: z.strictObject({ kind: z.string().min(1), name: z.string().min(1) }).optional(),
    types: z.array(z.enum(['Normal', 'Warning'])).optional(),
  }),
  z.strictObject({
    kind: z.literal('top'),
    resource: z.enum(['pods', 'nodes']),
    namespace,
    allNamespaces: z.boolean().optional(),
    selector,
  }),
  z.strictObject({
    kind: z.literal('raw'),
    path: z.string().regex(/^\/(readyz|livez|healthz|version)(\/[a-z0-9-]+)*(\?verbose(=(true|1))?)?$/),
  }),
  z.strictObject({ kind: z.literal('rollout-status'), target: workloadRefSchema }),
  z.strictObject({
    kind: z.literal('rollout-history'),
    target: workloadRefSchema,
    revision: z.int().positive().optional(),
  }),
  z.strictObject({ kind: z.literal('query'), promql: z.string().min(1).max(4000) }),
]);
export type ReadAction = Readonly<z.infer<typeof readActionSchema>>;

/** Everything the co-pilot can change. One row here needs one row in contracts.md section 3: class, guard, rollback. */
export const writeActionSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('rollout-undo'),
    target: workloadRefSchema,
    toRevision: z.int().positive().optional(),
  }),
  z.strictObject({
    kind: z.literal('set-resources'),
    target: workloadRefSchema,
    container: z.string().min(1),
    limits: resourceListSchema.optional(),
    requests: resourceListSchema.optional(),
  }),
]);
export type WriteAction = Readonly<z.infer<typeof writeActionSchema>>;

/** Something a person must do: a step the co-pilot understands but cannot, or may not, carry out whole. */
export const manualActionSchema = z.strictObject({
  kind: z.literal('manual'),
  text: z.string().min(1),
  why: z.string().min(1),
});
export type ManualAction = Readonly<z.infer<typeof manualActionSchema>>;

export const actionSchema = z.union([readActionSchema, writeActionSchema, manualActionSchema]);
export type Action = Readonly<z.infer<typeof actionSchema>>;

export type ActionClass = 'read' | 'write' | 'destructive' | 'manual';

const writeKinds: Readonly<Record<WriteAction['kind'], ActionClass>> = {
  'rollout-undo': 'write',
  'set-resources': 'write',
};

/** The class is derived from the action alone, never declared by a runbook's author. */
export function classOf(action: Action): ActionClass {
  if (action.kind === 'manual') return 'manual';
  return action.kind in writeKinds ? writeKinds[action.kind as WriteAction['kind']] : 'read';
}

export function isWrite(action: Action): action is WriteAction {
  return action.kind in writeKinds;
}

export function isRead(action: Action): action is ReadAction {
  return action.kind !== 'manual' && !(action.kind in writeKinds);
}
