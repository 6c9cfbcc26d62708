import type { ClusterView } from '../../cluster/cluster-view.ts';
import type { WireObject } from '../../cluster/object.ts';
import { containersOf } from '../../cluster/pod.ts';
import { at, listAt, recordsAt, textAt } from '../../cluster/wire.ts';

/** What tells that a pod listens on a port, besides what its containers declare. */
export type ListeningSign = {
  readonly by: 'probe' | 'environment' | 'arguments' | 'log' | 'annotation';
  readonly says: string;
};

const probes = ['readinessProbe', 'livenessProbe', 'startupProbe'] as const;
const handlers = ['httpGet', 'tcpSocket', 'grpc'] as const;

/** Ports that the kubelet probes, by number; named ones are looked up among the container's own ports. */
export function probedPortsOf(podSpec: unknown): readonly number[] {
  return recordsAt(podSpec, 'containers').flatMap(({ record: container }) =>
    probes.flatMap((probe) =>
      handlers.flatMap((handler) => {
        const port = at(container, probe, handler, 'port');
        if (typeof port === 'number') return [port];
        const named = recordsAt(container, 'ports').find(({ record }) => record.name === port && port !== undefined);
        const number = named?.record.containerPort;
        return typeof number === 'number' ? [number] : [];
      }),
    ),
  );
}

const portName = /port|listen|addr|bind|server|http|grpc/i;
const heard =
  /(?:listen|started|serving|running|bound|bind|server|accept)[^\n]{0,100}?(?:[:\s(=]|port[ =:]{0,3})(\d{2,5})\b(?!\.\d)/gi;

/** Signs that the process in a pod listens on this very port. */
export function signsOf(view: ClusterView, pod: WireObject, port: number): readonly ListeningSign[] {
  const spec = at(pod, 'spec');
  const signs: ListeningSign[] = [];
  if (probedPortsOf(spec).includes(port)) signs.push({ by: 'probe', says: `the kubelet probes port ${port}` });
  const word = new RegExp(`(?:^|[^\\d.])${port}(?:$|[^\\d.])`);
  for (const { record: container } of recordsAt(spec, 'containers')) {
    for (const { record: variable } of recordsAt(container, 'env')) {
      const [name, value] = [textAt(variable, 'name'), textAt(variable, 'value')];
      if (name === undefined || value === undefined || value.length > 200) continue;
      // An address of somebody else also ends in a port: a listening one has no host, or that of every interface.
      const listens = /^(?:(?:0\.0\.0\.0|\[::\]|localhost|\*)?:)?(\d{2,5})$/.exec(value)?.[1];
      if (portName.test(name) && Number(listens) === port)
        signs.push({ by: 'environment', says: `${name} is ${value}` });
    }
    const words = [...listAt(container, 'command'), ...listAt(container, 'args')];
    const said = words.find((one) => typeof one === 'string' && one.length < 4000 && word.test(one));
    if (said !== undefined) signs.push({ by: 'arguments', says: `its arguments name ${port}` });
  }
  if (pod.metadata.annotations?.['prometheus.io/port'] === String(port))
    signs.push({ by: 'annotation', says: `metrics are scraped from port ${port}` });
  if (heardPortsOf(view, pod).has(port)) signs.push({ by: 'log', says: `its log says that it listens on ${port}` });
  return signs;
}

const maxLogChars = 8000;

/** Ports that the logs of a pod say it listens on: told at the start of a log, so both ends are read. */
export function heardPortsOf(view: ClusterView, pod: WireObject): ReadonlySet<number> {
  const ports = new Set<number>();
  for (const { name } of containersOf(at(pod, 'spec'))) {
    const text = view.logOf(pod, name, 'current')?.text;
    if (text === undefined) continue;
    const part = text.length <= 2 * maxLogChars ? text : `${text.slice(0, maxLogChars)}\n${text.slice(-maxLogChars)}`;
    for (const match of part.matchAll(heard)) ports.add(Number(match[1]));
  }
  return ports;
}
