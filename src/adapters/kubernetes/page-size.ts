/** How many objects are asked for at once, and the longest answer that is taken. */
export type Page = { readonly size: number; readonly maxBytes: number };

const MiB = 2 ** 20;

/**
 * Pages of about a megabyte at the sizes that clusters show: V8 parses 70-100 MB/s, so a page costs some 15 ms, during which nothing else of the process runs.
 * ConfigMaps may be a megabyte each: those that are hold nothing an investigation reads, and their list fails early instead of stopping everything.
 */
const sizes: Readonly<Record<string, Page>> = {
  Pod: { size: 100, maxBytes: 64 * MiB },
  Node: { size: 50, maxBytes: 64 * MiB },
  Event: { size: 500, maxBytes: 32 * MiB },
  ConfigMap: { size: 25, maxBytes: 3 * MiB },
  ControllerRevision: { size: 50, maxBytes: 32 * MiB },
  // Metadata alone, but what `kubectl apply` keeps in an annotation comes with it.
  Secret: { size: 100, maxBytes: 16 * MiB },
  CustomResourceDefinition: { size: 10, maxBytes: 32 * MiB },
  Application: { size: 25, maxBytes: 32 * MiB },
  HelmRelease: { size: 50, maxBytes: 32 * MiB },
  Lease: { size: 500, maxBytes: 32 * MiB },
};

export function pageOf(kind: string): Page {
  return sizes[kind] ?? { size: 200, maxBytes: 64 * MiB };
}

/** A row is about 250 bytes. */
export const tablePage: Page = { size: 2500, maxBytes: 32 * MiB };
