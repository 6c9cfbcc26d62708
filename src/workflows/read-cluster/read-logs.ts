import type { ContainerLog } from '../../core/cluster/cluster-view.ts';
import type { LogRequest } from '../../core/diagnosis/log-requests.ts';
import type { Problem } from '../../core/result.ts';
import type { ClusterReader } from '../../ports/cluster-reader.ts';
import type { Deadline } from './deadline.ts';
import type { Gathering } from './gathering.ts';

// The API server cuts what is too long at its end, so that the newest lines would go first: fewer lines rather than more bytes.
const tail = { tailLines: 100, limitBytes: 64 * 1024 };

/** Reads logs at once. Of a container that fails it is named when no log at all can be had (there is no current one while it waits); those that are read to be sure may not be there. */
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
  const unread: { because: LogRequest['because']; one: string; previous: boolean; error: Problem }[] = [];
  const logs = await Promise.all(
    requests.map(async ({ pod, namespace, container, previous, because }) => {
      const podName = pod.metadata.name;
      const read = await timed((signal) =>
        reader.log({ namespace, pod: podName, container, previous, ...tail, signal }),
      );
      if (read.ok) return [{ namespace, pod: podName, container, previous, text: read.value, at: now }];
      unread.push({ because, one: `${namespace}/${podName} container ${container}`, previous, error: read.error });
      return [];
    }),
  );
  const had = new Set(logs.flat().map(({ namespace, pod, container }) => `${namespace}/${pod} container ${container}`));
  const told = new Set<string>();
  for (const { because, one, previous, error } of unread) {
    if (had.has(one) || told.has(one) || (because !== 'fails' && error.code === 'cluster.not-found')) continue;
    told.add(one);
    const list = because === 'fails' ? gathering.missing : gathering.unread;
    list.push({ source: `${previous ? 'previous log' : 'log'} of ${one}`, why: error.sentence });
  }
  return logs.flat();
}
