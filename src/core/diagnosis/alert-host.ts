import type { ClusterView } from '../cluster/cluster-view.ts';
import { knownRef } from '../cluster/kinds.ts';
import { type ObjectRef, refOf, type WireObject } from '../cluster/object.ts';
import { serviceNameOf } from '../cluster/topology.ts';
import { at, listAt, recordsAt, textAt } from '../cluster/wire.ts';
import { ingressBackendsOf } from './service-path/ingress-backends.ts';

/** An address that an alert was measured at: what a check from outside asked for, or where an exporter of a node listens. */
export type AlertHost = { readonly host: string; readonly path: string };

const prober = /blackbox|(?:^|[-_/])prober?(?:$|[-_/])/i;
const targetLabels = ['target', 'url', 'exported_instance', 'instance'] as const;
const maxLabelLength = 2048;

/** The host of a checked URL, or of a host and port that a prober asked. Undefined for the instances of other exporters: they are their own. */
export function checkedHostOf(labels: Readonly<Record<string, string>>): AlertHost | undefined {
  const isProbe = prober.test(labels.job ?? '') || prober.test(labels.service ?? '') || prober.test(labels.pod ?? '');
  for (const label of targetLabels) {
    const value = Object.hasOwn(labels, label) ? (labels[label] ?? '') : '';
    if (value === '' || value.length > maxLabelLength) continue;
    const url = /^[a-z][a-z0-9+.-]{0,20}:\/\/([^/?#\s]{1,300})([^?#\s]*)/i.exec(value);
    const authority = url?.[1]?.replace(/^.*@/, '') ?? (isProbe ? value : undefined);
    const host = authority?.replace(/:\d{1,5}$/, '').toLowerCase();
    if (host !== undefined && /^[a-z0-9.-]{1,253}$/.test(host)) return { host, path: url?.[2] || '/' };
  }
  return undefined;
}

/** The object that answers for an address: the node that has it, the Service of that name, or the entry that serves the host. */
export function objectAtHost(
  view: ClusterView,
  { host, path }: AlertHost,
  namespace: string | undefined,
): ObjectRef | undefined {
  const node = view
    .list('Node')
    .find((one) => recordsAt(one, 'status', 'addresses').some(({ record }) => record.address === host));
  if (node !== undefined) return refOf(node);
  const named = serviceNameOf(host, namespace ?? '');
  const service = named === undefined ? undefined : view.get(knownRef('Service', named.namespace, named.name));
  if (service !== undefined) return refOf(service);
  const entry = ingressFor(view, host, path) ?? routeFor(view, host) ?? exposedService(view, host);
  return entry === undefined ? undefined : refOf(entry);
}

/** Of several Ingresses for a host, the one with the longest path that fits. */
function ingressFor(view: ClusterView, host: string, path: string): WireObject | undefined {
  const fits = view.list('Ingress').flatMap((ingress) =>
    ingressBackendsOf(ingress).flatMap((backend) => {
      const prefix = backend.urlPath ?? '/';
      return backend.host !== undefined && isHostOf(backend.host, host) && path.startsWith(prefix)
        ? [{ ingress, isExact: backend.host === host, length: prefix.length }]
        : [];
    }),
  );
  return fits.toSorted(
    (a, b) =>
      Number(b.isExact) - Number(a.isExact) || b.length - a.length || (nameOf(a.ingress) < nameOf(b.ingress) ? -1 : 1),
  )[0]?.ingress;
}

function routeFor(view: ClusterView, host: string): WireObject | undefined {
  return view
    .list('HTTPRoute')
    .filter((route) =>
      listAt(route, 'spec', 'hostnames').some((pattern) => typeof pattern === 'string' && isHostOf(pattern, host)),
    )
    .toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))[0];
}

function exposedService(view: ClusterView, host: string): WireObject | undefined {
  return view
    .list('Service')
    .find(
      (service) =>
        (service.metadata.annotations?.['external-dns.alpha.kubernetes.io/hostname'] ?? '')
          .split(',')
          .some((one) => one.trim() === host) ||
        recordsAt(service, 'status', 'loadBalancer', 'ingress').some(
          ({ record }) => textAt(record, 'hostname') === host || at(record, 'ip') === host,
        ),
    );
}

function nameOf({ metadata }: WireObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

// A wildcard stands for one label.
function isHostOf(pattern: string, host: string): boolean {
  if (pattern === host) return true;
  return pattern.startsWith('*.') && host.includes('.') && host.slice(host.indexOf('.')) === pattern.slice(1);
}
