/** An object as the API server takes and gives it. What is below `spec` and `status` is the server's to check, not ours. */
export type KubeObject = {
  apiVersion: string;
  kind: string;
  metadata: Metadata;
  spec?: Fields;
  status?: Fields;
  [field: string]: unknown;
};

export type Metadata = {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: { kind: string; name: string; uid: string }[];
  managedFields?: ManagedFields[];
  [field: string]: unknown;
};

export type ManagedFields = { manager?: string; operation?: string; time?: string; subresource?: string } & Fields;

/** Part of a manifest. */
export type Fields = { [field: string]: unknown };
