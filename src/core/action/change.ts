import { z } from 'zod';

/** RFC 6902 operations the co-pilot sends. `test` operations are the guard: the API server refuses the whole patch when one does not hold. */
export type PatchOperation =
  | { readonly op: 'test' | 'replace' | 'add'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };

/**
 * One request that changes one object: a JSON Patch whose first operation tests the uid. The request that is rehearsed (dry run) is
 * the request that is sent. It is never journalled whole, since a pod template may hold secrets: its digest is.
 */
export type ChangeRequest = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly patch: readonly PatchOperation[];
};

/** A field that the action reads or changes, as it was when people looked: `digest` of its JSON, `summary` in words for the card. */
export const guardFieldSchema = z.strictObject({ path: z.string().min(1), digest: z.string(), summary: z.string() });
export type GuardField = Readonly<z.infer<typeof guardFieldSchema>>;

export const blastRadiusSchema = z.strictObject({
  objects: z.int().nonnegative(),
  pods: z.int().nonnegative(),
  summary: z.string(),
});
export type BlastRadius = Readonly<z.infer<typeof blastRadiusSchema>>;

/** What must be remembered to undo a change: small, free of secrets, enough to rebuild the rollback request from the cluster. */
export const capturedSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('template'),
    beforeDigest: z.string(),
    beforeSummary: z.string(),
    revision: z.string().nullable(),
    appliedDigest: z.string(),
  }),
  z.strictObject({
    kind: z.literal('resources'),
    container: z.string(),
    before: z.record(z.string(), z.unknown()).nullable(),
    appliedDigest: z.string(),
  }),
]);
export type Captured = Readonly<z.infer<typeof capturedSchema>>;

/** How a change would be undone, for the card: `possible: false` must be said before anybody approves. */
export const rollbackOutlineSchema = z.discriminatedUnion('possible', [
  z.strictObject({ possible: z.literal(true), summary: z.string().min(1) }),
  z.strictObject({ possible: z.literal(false), why: z.string().min(1) }),
]);
export type RollbackOutline = Readonly<z.infer<typeof rollbackOutlineSchema>>;

/** A write made concrete against the live object. `change` are lines for people (`image: shop/checkout:v2 → shop/checkout:v1`), secrets masked. */
export type PreparedChange = {
  readonly request: ChangeRequest;
  readonly guard: readonly GuardField[];
  readonly change: readonly string[];
  readonly blastRadius: BlastRadius;
  readonly captured: Captured;
  readonly rollback: RollbackOutline;
};
