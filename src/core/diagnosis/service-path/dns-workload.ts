import { sayPath } from '../../cluster/field-path.ts';
import { refOf, sayRef } from '../../cluster/object.ts';
import { containersOf } from '../../cluster/pod.ts';
import { matchesLabelMap } from '../../cluster/selector.ts';
import { resolveTargetPort } from '../../cluster/service.ts';
import { at, numberAt } from '../../cluster/wire.ts';
import { podKey } from '../analysis.ts';
import { fromObject } from '../support.ts';
import type { ClusterDns } from './cluster-dns.ts';
import { type DnsFault, explainedByDns, sayState, unready } from './dns-fault.ts';
import { sayLabels } from './selector-mismatch.ts';
import type { ServicePathContext } from './service-path-context.ts';

export function scaledToZero(
  { now, services }: ServicePathContext,
  { workloads, pods, services: named }: ClusterDns,
): DnsFault | undefined {
  const [workload] = workloads;
  if (workload === undefined || pods.length > 0 || !workloads.every((one) => numberAt(one, 'spec', 'replicas') === 0))
    return undefined;
  // Something else may stand behind the Service.
  if (named.some((service) => services.of(service).endpoints.ready > 0 || services.of(service).pods.length > 0))
    return undefined;
  return {
    object: workload,
    summary: `Names are not resolved in the cluster: ${sayRef(refOf(workload))} is scaled to zero.`,
    cause: { path: 'spec.replicas', observed: '0', expected: 'at least 1 (2 by default)' },
    support: [
      fromObject(workload, now, 'spec.replicas is 0'),
      ...named.slice(0, 1).map((service) => fromObject(service, now, 'no pod stands behind it')),
    ],
    grounds: { basis: 'stated', current: true, repeated: true },
  };
}

export function serviceFault(
  context: ServicePathContext,
  { workloads, pods, services }: ClusterDns,
): DnsFault | undefined {
  const { now } = context;
  const [workload] = workloads;
  if (workload === undefined || pods.length === 0) return undefined;
  for (const service of services) {
    const { selector, pods: selected, endpoints, ports } = context.services.of(service);
    const [pod] = pods;
    if (selector === undefined || endpoints.ready > 0 || pod === undefined) continue;
    if (selected.length === 0 && !pods.some((one) => matchesLabelMap(selector, one.metadata.labels ?? {}))) {
      const labels = pod.metadata.labels ?? {};
      const wrong = Object.keys(selector).filter((key) => !Object.hasOwn(labels, key) || labels[key] !== selector[key]);
      const [key] = wrong;
      const isOne = wrong.length === 1 && key !== undefined;
      return {
        object: service,
        summary: `Names are not resolved in the cluster: ${sayRef(refOf(service))} selects ${sayLabels(selector)}, which no pod of ${sayRef(refOf(workload))} has.`,
        cause: {
          path: isOne ? sayPath(['spec', 'selector', key]) : 'spec.selector',
          observed: isOne ? (selector[key] ?? '') : sayLabels(selector),
          expected: isOne && Object.hasOwn(labels, key) ? (labels[key] ?? '') : sayLabels(labels),
        },
        support: [
          fromObject(service, now, `selector ${sayLabels(selector)}`),
          fromObject(pod, now, `labels ${sayLabels(labels)}`),
          ...endpoints.objects.slice(0, 1).map((object) => fromObject(object, now, 'no endpoint')),
        ],
        grounds: { basis: 'stated', current: true, repeated: true },
      };
    }
    const lost = ports.find(
      (port) =>
        port.port === 53 &&
        selected.length > 0 &&
        selected.every((one) => resolveTargetPort(port, at(one, 'spec')) === undefined),
    );
    if (lost !== undefined && selected.some((one) => containersOf(at(one, 'spec')).length > 0))
      return {
        object: service,
        summary: `Names are not resolved in the cluster: ${sayRef(refOf(service))} sends port 53/${lost.protocol} to ${lost.targetPort}, which its pods do not have.`,
        cause: {
          path: `spec.ports[${lost.index}].targetPort`,
          observed: String(lost.targetPort),
          expected: 'the DNS port of the pods (53)',
        },
        support: [
          fromObject(service, now, `port 53/${lost.protocol} goes to ${lost.targetPort}`),
          fromObject(pod, now, `no port ${lost.targetPort}`),
        ],
        grounds: { basis: 'stated', current: true, repeated: true },
      };
  }
  return undefined;
}

export function noneReady(
  { now, services: map, soFar }: ServicePathContext,
  { workloads, pods, services }: ClusterDns,
): DnsFault | undefined {
  const [workload] = workloads;
  if (workload === undefined || !unready(pods, now) || services.some((service) => map.of(service).endpoints.ready > 0))
    return undefined;
  const [pod] = pods;
  const keys = new Set(pods.map(podKey));
  const isTold = soFar.some((other) => !explainedByDns.includes(other.code) && other.pods.some((key) => keys.has(key)));
  return {
    object: workload,
    summary: `Names are not resolved in the cluster: none of the ${pods.length} pods of ${sayRef(refOf(workload))} is ready (${pod === undefined ? '' : sayState(pod)}).`,
    cause: { path: 'status.readyReplicas', observed: `0 of ${pods.length}`, expected: 'at least 1' },
    support: [
      fromObject(workload, now, `0 of ${pods.length} pods are ready`),
      ...pods.slice(0, 2).map((one) => fromObject(one, now, sayState(one))),
    ],
    // An image that is missing, or no room on the nodes, is why the pods are not ready; that was found as such.
    grounds: { basis: isTold ? 'inferred' : 'stated', current: true, repeated: true },
  };
}
