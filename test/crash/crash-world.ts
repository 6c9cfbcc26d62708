/** One request that reached the API server: by the ledger of the simulated cluster, or by the recording proxy before a real one. */
export type ClusterRequest = {
  readonly at: string;
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly code: number;
  readonly body?: unknown;
};

/** One delivery that the alert source tried, by its own account; `code` is undefined where no answer came. */
export type WebhookDelivery = {
  readonly at: string;
  readonly groupKey: string;
  readonly status: 'firing' | 'resolved';
  readonly code: number | undefined;
};

/** What the alert source sends as bearer token, and the co-pilot is told to expect. */
export const webhookToken = 'crash-test-webhook-token';

/** Where the co-pilot listens for alerts; each of its lives has its own place. */
export type Webhook = {
  /** Whether it was ever there. No alert is raised before: a source that knocked in vain for long would come back late. */
  wasOpened(): boolean;
  /** Where the latest life listens, or listened. */
  url(): string;
};

/**
 * A cluster with one Deployment to break, and the alerting that notices. It lives on while the co-pilot dies, and keeps its own record of what
 * was asked of it.
 */
export type CrashWorld = {
  /** Everything is healthy when it resolves. */
  start(facts: { readonly folder: string; readonly webhook: Webhook }): Promise<{
    /** The parts of the co-pilot's configuration that are about the cluster. */
    readonly config: Readonly<Record<string, unknown>>;
    /** Texts that must not appear anywhere outside: tokens, contents of Secrets. */
    readonly secrets: readonly string[];
  }>;
  /** Rolls out an image that does not exist. */
  breakIt(): Promise<void>;
  /** How often the spec of the Deployment was changed so far: its generation. */
  generation(): Promise<number>;
  requests(): readonly ClusterRequest[];
  deliveries(): readonly WebhookDelivery[];
  stop(): Promise<void>;
};
