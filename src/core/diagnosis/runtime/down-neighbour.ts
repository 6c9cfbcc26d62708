import type { WireObject } from '../../cluster/object.ts';
import { type ContainerStatus, containerStatusesOf } from '../../cluster/pod.ts';
import { numberAt, recordsAt, textAt } from '../../cluster/wire.ts';
import type { AnalysisContext } from '../analysis.ts';
import { liveTermination } from '../restarts.ts';
import { logsOf, tailOf } from './log-tail.ts';

const linesLookedAt = 15;
const refused = /refused|ECONNREFUSED|Connect call failed|cannot connect|could not connect|failed to connect/i;
const loopback = /(?:127\.0\.0\.1|localhost|\[::1\]|::1)["']?(?::|, port |\s+port )(\d{2,5})(?!\d)/gi;

/**
 * The container of the same pod at whose port a container is refused: its log says so of a loopback address, that container declares the port, and it does not run, or ends again and again. Undefined where
 * the port is nobody's, or its container is well: then it only was not up yet.
 */
export function downNeighbourOf(
  { view, now }: Pick<AnalysisContext, 'view' | 'now'>,
  { pod, status }: { readonly pod: WireObject; readonly status: ContainerStatus },
): (ContainerStatus & { readonly port: number }) | undefined {
  const [log] = logsOf(view, pod, status.name);
  if (log === undefined) return undefined;
  const ports = tailOf(log)
    .slice(-linesLookedAt)
    .filter((line) => refused.test(line))
    .flatMap((line) => [...line.slice(0, 1000).matchAll(loopback)].map((match) => Number(match[1])));
  if (ports.length === 0) return undefined;
  for (const other of containerStatusesOf(pod)) {
    if (other.name === status.name) continue;
    const record = recordsAt(pod, 'spec', other.list).find((one) => textAt(one.record, 'name') === other.name)?.record;
    const port = recordsAt(record, 'ports')
      .flatMap((one) => numberAt(one.record, 'containerPort') ?? [])
      .find((declared) => ports.includes(declared));
    if (port !== undefined && isDown(other, now)) return { ...other, port };
  }
  return undefined;
}

function isDown(status: ContainerStatus, now: number): boolean {
  if (status.state.is === 'waiting') return true;
  return liveTermination(status, now, { single: false }) !== undefined;
}
