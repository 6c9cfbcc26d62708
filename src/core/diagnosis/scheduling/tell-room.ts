import { refOf, sayRef } from '../../cluster/object.ts';
import { largestAsker, podAmounts, sayAmount } from '../../cluster/pod-resources.ts';
import { at } from '../../cluster/wire.ts';
import { workloadOf } from '../../cluster/workload.ts';
import type { FindingCode } from '../codes.ts';
import { nearestName } from '../nearest-name.ts';
import { fromObject } from '../support.ts';
import type { Obstacle } from './obstacle.ts';
import { nodeNames, share, shareDoes, type Telling, type Told } from './told.ts';

const resourceCodes: Readonly<Record<string, FindingCode>> = {
  cpu: 'insufficient-cpu',
  memory: 'insufficient-memory',
  'ephemeral-storage': 'insufficient-ephemeral-storage',
};

type Shortage = Extract<Obstacle, { is: 'resource' }>;

/** Too little of a resource: too much is asked for any node to hold, or what there is is taken. */
export function tellResource(telling: Telling, resource: string): Told {
  const { podSpec, load, cause, now } = telling;
  const asker = largestAsker(podSpec, resource, 'requests', load.read);
  const asked = podAmounts(podSpec, 'requests', load.read).get(resource) ?? 0;
  const shortages = cause.closed.flatMap(({ node, obstacle }) =>
    obstacle?.is === 'resource' ? [{ node, ...obstacle }] : [],
  );
  const roomiest = shortages.toSorted((a, b) => b.free - a.free || b.allocatable - a.allocatable)[0];
  const largest = shortages.toSorted((a, b) => b.allocatable - a.allocatable)[0];
  const path = asker === undefined ? ['containers'] : [asker.list, asker.index, 'resources', asker.set, resource];
  const written = asker === undefined ? undefined : at(podSpec, ...path);
  const say = (amount: number) => sayAmount(resource, amount);
  const own = typeof written === 'string' || typeof written === 'number' ? String(written) : say(asked);
  const observed = asker?.amount === asked ? own : `${own} (the pod asks for ${say(asked)} in all)`;
  const code = resourceCodes[resource] ?? 'insufficient-extended-resource';
  const common = {
    code,
    path,
    observed,
    support: shortages.slice(0, 3).map((shortage) => fromObject(shortage.node, now, sayRoom(shortage))),
  };
  if (roomiest === undefined || largest === undefined) {
    const why = `it asks for ${say(asked)} of ${resource}, and the scheduler finds that on no node`;
    return { ...common, expected: `what a node has free`, why, advice: adviceFor(resource) };
  }
  if (largest.allocatable === 0) return tellLacking(telling, resource, { ...common, asked: say(asked) });
  if (asked > largest.allocatable) {
    const most = `${say(largest.allocatable)} (allocatable on node ${largest.node.metadata.name}, the largest)`;
    return {
      ...common,
      expected: `at most ${most}`,
      why: `the request for ${resource} is ${say(asked)}, more than any node has: at most ${most}`,
      advice: `Lower the request for ${resource}, or add a larger node.`,
      values: { resource, asked: say(asked), largestAllocatable: say(largest.allocatable) },
    };
  }
  const most = `${say(roomiest.free)} (free on node ${roomiest.node.metadata.name}, of ${say(roomiest.allocatable)})`;
  return {
    ...common,
    expected: `at most ${most}`,
    why: `the request for ${resource} is ${say(asked)}, and ${shareDoes(cause, 'has', 'have')} less than that free: at most ${most}`,
    advice: adviceFor(resource),
    values: { resource, asked: say(asked), largestFree: say(roomiest.free) },
  };
}

function adviceFor(resource: string): string {
  return `Lower the requests for ${resource} (of this workload or of others on these nodes), or add a node.`;
}

function sayRoom({ resource, free, allocatable }: Shortage): string {
  const say = (amount: number) => sayAmount(resource, amount);
  return `${say(allocatable)} of ${resource} allocatable, ${say(allocatable - free)} requested by its pods, ${say(free)} free`;
}

function tellLacking(
  { load }: Telling,
  resource: string,
  common: Pick<Told, 'code' | 'path' | 'observed' | 'support'> & { readonly asked: string },
): Told {
  const offered = new Set(load.nodes.flatMap(({ allocatable }) => [...(allocatable?.keys() ?? [])]));
  const pieces = [...offered].filter((name) => name.includes('/')).toSorted();
  const nearest = nearestName(resource, pieces);
  const { asked, ...rest } = common;
  const instead = nearest ?? (pieces.length > 0 ? pieces.slice(0, 3).join(', ') : undefined);
  return {
    ...rest,
    expected: nearest ?? `a resource that a node offers${instead === undefined ? '' : ` (${instead})`}`,
    why: `the request for ${resource} is ${asked}, which no node offers${instead === undefined ? '' : `; nodes offer ${instead}`}`,
    advice: `Correct the name of the resource, or bring a node (and its device plugin) that offers ${resource}.`,
    values: { resource },
  };
}

/** Nodes that run as many pods as their kubelet takes. */
export function tellPodLimit({ cause, workload, now }: Telling): Told {
  const full = cause.closed.flatMap(({ node, obstacle }) =>
    obstacle?.is === 'pod-limit' ? [{ node, ...obstacle }] : [],
  );
  const scaled = ['Deployment', 'StatefulSet', 'ReplicaSet', 'ReplicationController'].includes(workload.ref.kind);
  const told = full[0] === undefined ? 'as many pods as they take' : `${full[0].running} of ${full[0].limit} pods`;
  return {
    code: 'node-pod-limit-reached',
    object: workload.ref,
    path: scaled ? ['spec', 'replicas'] : workload.ref.kind === 'Pod' ? ['spec'] : ['spec', 'template', 'spec'],
    observed: `${share(cause)} (${nodeNames(cause.closed)}) run ${told}`,
    expected: 'a node that runs fewer pods than its limit (status.allocatable.pods)',
    why: `${shareDoes(cause, 'runs', 'run')} as many pods as the kubelet takes (${told} on ${nodeNames(cause.closed.slice(0, 1))})`,
    advice: 'Add a node, raise maxPods of the kubelet, or take pods away.',
    support: full
      .slice(0, 3)
      .map(({ node, limit, running }) => fromObject(node, now, `it takes ${limit} pods and runs ${running}`)),
  };
}

/** A port of the host that other pods hold. */
export function tellHostPort({ cause, load, workload, now }: Telling): Told {
  const clashes = cause.closed.flatMap(({ node, obstacle }) =>
    obstacle?.is === 'host-port' ? [{ node, ...obstacle }] : [],
  );
  const [first] = clashes;
  if (first === undefined) {
    return {
      code: 'host-port-conflict',
      path: ['containers', 0, 'ports'],
      observed: 'ports of the host',
      expected: 'ports that are free on a node',
      why: 'the scheduler finds no node on which its ports of the host are free',
      advice: 'Use a Service in place of the ports of the host, or run no more pods than nodes.',
    };
  }
  const { port, protocol, place, holder, node } = first;
  const isOwn = clashes.every((clash) => sayRef(workloadOf(load.view, clash.holder).ref) === sayRef(workload.ref));
  const by = isOwn ? `pods of ${sayRef(workload.ref)} itself` : sayRef(refOf(holder));
  return {
    code: 'host-port-conflict',
    path: [place.list, place.container, 'ports', place.index, 'hostPort'],
    observed: String(port),
    expected: `a ${protocol} port of the host that is free: ${port} is held by ${by} on ${nodeNames([{ node }])}`,
    why: `port ${port}/${protocol} of the host is taken on ${share(cause)} (${nodeNames(clashes)}), by ${by}`,
    advice: isOwn
      ? 'One pod a node can hold the port: run no more pods than nodes, or use a Service in place of the port of the host.'
      : 'Choose another port, or use a Service in place of the port of the host.',
    values: { port, protocol },
    support: clashes
      .slice(0, 3)
      .map((clash) =>
        fromObject(clash.holder, now, `it holds port ${port}/${protocol} of node ${clash.node.metadata.name}`),
      ),
  };
}

/** Volumes of a driver that a node takes no more of. */
export function tellAttachLimit({ cause }: Telling): Told {
  const full = cause.closed.flatMap(({ obstacle }) => (obstacle?.is === 'attach-limit' ? [obstacle] : []));
  const said =
    full[0] === undefined
      ? 'no node takes more volumes'
      : `${full[0].attached} of ${full[0].limit} volumes of ${full[0].driver}`;
  return {
    code: 'node-volume-limit-reached',
    path: ['volumes'],
    observed: `${said} on ${nodeNames(cause.closed)}`,
    expected: 'a node that takes one more volume (CSINode spec.drivers[].allocatable.count)',
    why: `${shareDoes(cause, 'takes', 'take')} no more volumes (${nodeNames(cause.closed)}): ${said} are attached`,
    advice: 'Add a node, or move pods with volumes to others.',
  };
}
