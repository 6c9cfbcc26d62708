import { refOf, sayRef, type WireObject } from '../../cluster/object.ts';
import { isTerminating, phaseOf } from '../../cluster/pod.ts';
import { booleanAt, numberAt, recordsAt, textAt, type WireRecord } from '../../cluster/wire.ts';
import { workloadOf } from '../../cluster/workload.ts';
import { type AnalysisContext, type FindingDraft, podKey } from '../analysis.ts';
import { crashCasesOf } from '../analyzers/crash-loop.ts';
import { casesByWorkload } from '../cases-by-workload.ts';
import { fromEvents, fromLog, fromObject } from '../support.ts';
import { declaredContainerOf } from './declared-container.ts';
import { logsOf, tailOf } from './log-tail.ts';
import { containerStatesOf } from './suffering.ts';

const inUse =
  /address already in use|EADDRINUSE|port \d{1,5} (?:is|was) already (?:in use|allocated)|Only one usage of each socket address|Address in use/i;
const eventReasons: ReadonlySet<string> = new Set(['BackOff']);
const lastLines = 40;

type Port = {
  readonly container: string;
  readonly port: number;
  readonly protocol: string;
  readonly index: number | undefined;
};
type Case = {
  readonly pod: WireObject;
  readonly status: { readonly name: string; readonly list: 'containers' | 'initContainers' };
  readonly port: Port;
  readonly holder: string;
  readonly sameNode: WireObject | undefined;
  readonly line: string | undefined;
};

/**
 * `container-port-conflict`: a container cannot listen because another one of its pod, or of another pod in the same host network, has its port. Concluded only when the
 * objects show who has it: two declarations of one port, or the port that the log names declared by the other.
 */
export function findPortConflicts(context: AnalysisContext): readonly FindingDraft[] {
  const { view, scope } = context;
  const groups = casesByWorkload(view, scope.pods, (pod) => casesOf(context, pod));
  return groups.map(({ workload, cases }): FindingDraft => {
    const { now } = context;
    const [first] = cases;
    const { path } = declaredContainerOf(workload, first.pod, first.status);
    const log = logsOf(view, first.pod, first.status.name)[0];
    return {
      code: 'container-port-conflict',
      object: workload.ref,
      summary: `Container ${first.status.name} of ${sayRef(workload.ref)} cannot listen on port ${first.port.port}: ${first.holder} has it${
        first.sameNode === undefined ? ' in the same pod' : ', in the host network of the same node'
      }.`,
      cause: {
        path: first.port.index === undefined ? path : `${path}.ports[${first.port.index}].containerPort`,
        observed: `${first.port.port}, also of ${first.holder}`,
        expected: 'a port of its own',
      },
      support: [
        fromObject(
          first.pod,
          now,
          `containers ${first.status.name} and ${first.holder} both use port ${first.port.port}/${first.port.protocol}; ${first.status.name} does not stay up`,
        ),
        ...(first.sameNode === undefined
          ? []
          : [fromObject(first.sameNode, now, `it uses the host network and port ${first.port.port}`)]),
        ...cases.flatMap(({ pod }) => fromEvents(view, pod, eventReasons, 1)).slice(0, 1),
        ...(first.line === undefined || log === undefined ? [] : [fromLog(first.pod, log)]),
      ],
      grounds: {
        basis: first.line === undefined ? 'inferred' : 'stated',
        current: true,
        repeated: cases.length > 1 || first.line !== undefined,
      },
      pods: cases.map(({ pod }) => podKey(pod)),
      affects: first.sameNode === undefined ? [] : [refOf(first.sameNode)],
    };
  });
}

function casesOf(context: AnalysisContext, pod: WireObject): readonly Case[] {
  const { view, now } = context;
  const containers = [
    ...recordsAt(pod, 'spec', 'containers'),
    ...recordsAt(pod, 'spec', 'initContainers').filter(({ record }) => record.restartPolicy === 'Always'),
  ];
  const isHost = booleanAt(pod, 'spec', 'hostNetwork') === true;
  if (containers.length < 2 && !isHost) return [];
  const crashing = new Set(crashCasesOf(view, pod, now).map(({ status }) => status.name));
  return containerStatesOf(view, pod, now).flatMap(({ status, suffering }): Case[] => {
    if (suffering === 'well') return [];
    const own = portsOf(containers.find(({ record }) => record.name === status.name)?.record, status.name);
    const others = containers
      .filter(({ record }) => record.name !== status.name)
      .flatMap(({ record }) => portsOf(record, textAt(record, 'name') ?? ''));
    const lines = logsOf(view, pod, status.name).flatMap((log) => tailOf(log).slice(-lastLines));
    const line = lines.findLast((text) => inUse.test(text));
    if (line === undefined && lines.length > 0) return [];
    const named = line === undefined ? undefined : portIn(line);
    const make = (port: Port, holder: string, sameNode?: WireObject): Case => ({
      pod,
      status,
      port,
      holder,
      sameNode,
      line,
    });
    const clash = own.find(
      (port) => (named === undefined || port.port === named) && others.some((other) => isSame(port, other)),
    );
    if (clash !== undefined) {
      const holder = others.find((other) => isSame(clash, other))?.container ?? '';
      // Declared twice and silent: the one that crashes is the one that came second.
      return line !== undefined || crashing.has(status.name) ? [make(clash, holder)] : [];
    }
    if (named === undefined) return [];
    const wanted: Port = own.find(({ port }) => port === named) ?? {
      container: status.name,
      port: named,
      protocol: 'TCP',
      index: undefined,
    };
    const holder = others.find(({ port }) => port === named);
    if (holder !== undefined) return [make(wanted, holder.container)];
    const neighbour = isHost ? hostNeighbour(context, pod, named) : undefined;
    return neighbour === undefined ? [] : [make(wanted, sayRef(workloadOf(view, neighbour).ref), neighbour)];
  });
}

function hostNeighbour({ view }: AnalysisContext, pod: WireObject, port: number): WireObject | undefined {
  const node = textAt(pod, 'spec', 'nodeName');
  return view
    .list('Pod')
    .find(
      (other) =>
        other !== pod &&
        node !== undefined &&
        textAt(other, 'spec', 'nodeName') === node &&
        !isTerminating(other) &&
        phaseOf(other) === 'Running' &&
        recordsAt(other, 'spec', 'containers').some(({ record }) =>
          recordsAt(record, 'ports').some(
            ({ record: one }) =>
              numberAt(one, 'hostPort') === port ||
              (booleanAt(other, 'spec', 'hostNetwork') === true && numberAt(one, 'containerPort') === port),
          ),
        ),
    );
}

function portsOf(container: WireRecord | undefined, name: string): readonly Port[] {
  return recordsAt(container, 'ports').flatMap(({ index, record }) => {
    const port = numberAt(record, 'containerPort');
    return port === undefined ? [] : [{ container: name, port, protocol: textAt(record, 'protocol') ?? 'TCP', index }];
  });
}

function isSame(a: Port, b: Port): boolean {
  return a.port === b.port && a.protocol === b.protocol;
}

/** The port an error about listening names: after a colon that ends an address, after the word port, or in the words of Node. */
function portIn(line: string): number | undefined {
  const match =
    /(?:listen|bind|address|socket|EADDRINUSE)[^\n]{0,80}?[:\s](?:\[?[0-9a-f.:*]{0,45}\]?|localhost):(\d{2,5})\b/i.exec(
      line,
    ) ??
    /\('[0-9a-f.:]{0,45}', (\d{2,5})\)/i.exec(line) ??
    /\bport[:\s=]{1,3}(\d{2,5})\b/i.exec(line) ??
    /:(\d{2,5})\b(?=[^:\d]{0,60}(?:address already in use|failed))/i.exec(line);
  const port = Number(match?.[1]);
  return Number.isInteger(port) && port > 0 && port <= 65_535 ? port : undefined;
}
