import type { Images, SimulatedCluster } from '../cluster/simulated-cluster.ts';
import type { LabelSet } from '../monitoring/label-sets.ts';
import type { MetricsServer } from '../monitoring/metrics-server.ts';

/** What a scenario works on: a cluster and its metrics. */
export type World = {
  readonly cluster: SimulatedCluster;
  readonly metrics: MetricsServer;
  /** Does something after a while, unless the world is stopped before. */
  later(delayMs: number, happening: () => void): void;
};

/** A failure to practise on. It knows nothing of who heals it, or how. */
export type Scenario = {
  readonly name: string;
  readonly title: string;
  /** What happens, in two sentences that need no knowledge of Kubernetes. */
  readonly story: string;
  readonly images: Images;
  /** Labels that tell this scenario's alerts from others. */
  readonly alert: LabelSet;
  /** Puts the healthy state into the world. */
  setUp(world: World): void;
  breakIt(world: World): void;
  isHealthy(world: World): boolean;
};
