import { createKubernetesReader } from '../adapters/kubernetes/cluster-reader.ts';
import { createClusterWriter } from '../adapters/kubernetes/cluster-writer.ts';
import { type KubeconfigSource, openConnection } from '../adapters/kubernetes/connection.ts';
import { createEventWatch } from '../adapters/kubernetes/event-watch.ts';
import { createSystemClock } from '../adapters/system/clock.ts';
import type { Config } from '../config/config.ts';
import { ok, type Problem, type Result } from '../core/result.ts';
import type { ClusterReader } from '../ports/cluster-reader.ts';
import type { ClusterWriter } from '../ports/cluster-writer.ts';
import type { EventWatch } from '../ports/event-watch.ts';

export type OpenCluster = {
  readonly reader: ClusterReader;
  readonly writer: ClusterWriter;
  readonly events: EventWatch;
  close(): void;
};

type ClusterSetting = Omit<Config['cluster'], 'secretMetadata'> & Partial<Pick<Config['cluster'], 'secretMetadata'>>;
type Credentials = { readonly kubeconfig?: string | undefined; readonly context?: string | undefined };

/** Opens the cluster of the configuration with two sets of credentials: what investigates cannot change anything even by mistake. Contacts nobody yet. */
export async function openCluster({
  name,
  writer,
  secretMetadata = false,
  ...reader
}: ClusterSetting): Promise<Result<OpenCluster, Problem>> {
  const reading = await openConnection(sourceOf(reader));
  if (!reading.ok) return reading;
  // A writer that names only a context means another context of the same file.
  const writing = await openConnection(sourceOf({ ...reader, ...writer }));
  if (!writing.ok) return writing;
  return ok({
    reader: createKubernetesReader({ cluster: name, exchange: reading.value, secretMetadata }),
    writer: createClusterWriter({ cluster: name, exchange: writing.value }),
    events: createEventWatch({ cluster: name, exchange: reading.value, clock: createSystemClock() }),
    close() {
      reading.value.close();
      writing.value.close();
    },
  });
}

function sourceOf({ kubeconfig, context }: Credentials): KubeconfigSource {
  return kubeconfig === undefined ? { from: 'in-cluster' } : { from: 'files', paths: [kubeconfig], context };
}
