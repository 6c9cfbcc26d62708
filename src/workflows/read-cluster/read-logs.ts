import type { ContainerLog } from '../../core/cluster/cluster-view.ts';
import type { LogRequest } from '../../core/diagnosis/log-requests.ts';
import type { ClusterReader } from '../../ports/cluster-reader.ts';
import type { Deadline } from './deadline.ts';
import type { Gathering } from './gathering.ts';

// The API server cuts what is too long at its end, so that the newest lines would go first: fewer lines rather than more bytes.
const tail = { tailLines: 100, limitBytes: 64 * 1024 };

/** Reads logs at once. Those of containers that fail are named when they cannot be had; those that are read to be sure may not be there. */
export async function readLogs(
  dependencies: {
    readonly reader: ClusterReader;
    readonly timed: Deadline;
    readonly gathering: Gathering;
    readonly now: number;
  },
  requests: readonly LogRequest[],
): Promise<readonly ContainerLog[]> {
  const { reader, timed, gathering, now } = dependencies;
  const logs = await Promise.all(
    requests.map(async ({ pod, namespace, container, previous, because }) => {
      const podName = pod.metadata.name;
      const read = await timed((signal) =>
        reader.log({ namespace, pod: podName, container, previous, ...tail, signal }),
      );
      if (read.ok) return [{ namespace, pod: podName, container, previous, text: read.value, at: now }];
      const list = because === 'fails' ? gathering.missing : gathering.unread;
      if (because === 'fails' || read.error.code !== 'cluster.not-found')
        list.push({
          source: `${previous ? 'previous log' : 'log'} of ${namespace}/${podName} container ${container}`,
          why: read.error.sentence,
        });
      return [];
    }),
  );
  return logs.flat();
}
