import type { ClusterView } from '../../cluster/cluster-view.ts';
import type { WireObject } from '../../cluster/object.ts';
import { recordsAt, textAt } from '../../cluster/wire.ts';

// `instance` last: node-exporter's is the node's address with a port, other exporters' may be anything.
const nodeLabels = ['node', 'nodename', 'kubernetes_node', 'exported_node', 'host', 'hostname', 'instance'] as const;

/** The node that a series speaks of, by its labels: name or address of a node that was read. */
export function nodeOfSeries(view: ClusterView, labels: Readonly<Record<string, string>>): WireObject | undefined {
  const nodes = view.list('Node');
  for (const label of nodeLabels) {
    const value = Object.hasOwn(labels, label) ? labels[label] : undefined;
    if (value === undefined || value === '') continue;
    const host = value.replace(/:\d{1,5}$/, '');
    const found = nodes.find((node) => node.metadata.name === host || addressesOf(node).includes(host));
    if (found !== undefined) return found;
  }
  return undefined;
}

function addressesOf(node: WireObject): readonly string[] {
  return recordsAt(node, 'status', 'addresses').flatMap(({ record }) => textAt(record, 'address') ?? []);
}
