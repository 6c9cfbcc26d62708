/** Wire JSON that a builder makes: read back only through what the builder keeps beside it. */
export type Wire = Record<string, unknown>;

export type Owner = { readonly apiVersion: string; readonly kind: string; readonly name: string; readonly uid: string };

/** A time as the API writes it: whole seconds. */
export function isoSeconds(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** A time as leases and newer events have it: microseconds. */
export function isoMicros(ms: number): string {
  return new Date(ms).toISOString().replace(/Z$/, '000Z');
}

export function ownerReference({ apiVersion, kind, name, uid }: Owner): Wire {
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true };
}
