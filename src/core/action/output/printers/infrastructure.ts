import { type Cell, count, since, words } from '../cell.ts';
import { conditionOf, field, fieldsAt, isFields, listAt, numberAt, textAt } from '../fields.ts';
import { labelsText } from '../selector-text.ts';
import { columns, type Printer } from './printer.ts';

export const nodePrinter: Printer = {
  columns: columns(
    ...['NAME', 'STATUS', 'ROLES', 'AGE', 'VERSION'],
    ...['INTERNAL-IP+', 'EXTERNAL-IP+', 'OS-IMAGE+', 'KERNEL-VERSION+', 'CONTAINER-RUNTIME+'],
  ),
  row(node, now) {
    const info = fieldsAt(node, 'status', 'nodeInfo');
    return [
      words(node.metadata.name),
      words(nodeStatus(node)),
      words(nodeRoles(node.metadata.labels ?? {})),
      since(node.metadata.creationTimestamp ?? '', now),
      words(textAt(info, 'kubeletVersion'), ''),
      words(addressOf(node, 'InternalIP')),
      words(addressOf(node, 'ExternalIP')),
      words(textAt(info, 'osImage'), '<unknown>'),
      words(textAt(info, 'kernelVersion'), '<unknown>'),
      words(textAt(info, 'containerRuntimeVersion'), '<unknown>'),
    ];
  },
};

function nodeStatus(node: unknown): string {
  const ready = conditionOf(node, 'Ready');
  const readiness = ready === undefined ? 'Unknown' : textAt(ready, 'status') === 'True' ? 'Ready' : 'NotReady';
  return field(node, 'spec', 'unschedulable') === true ? `${readiness},SchedulingDisabled` : readiness;
}

const roleLabel = 'node-role.kubernetes.io/';

function nodeRoles(labels: Readonly<Record<string, string>>): string {
  const roles = Object.entries(labels).flatMap(([key, value]) => {
    if (key.startsWith(roleLabel)) return [key.slice(roleLabel.length)];
    return key === 'kubernetes.io/role' ? [value] : [];
  });
  return [...new Set(roles)]
    .filter((role) => role !== '')
    .toSorted()
    .join(',');
}

function addressOf(node: unknown, type: string): string {
  return textAt(
    listAt(node, 'status', 'addresses').find((address) => textAt(address, 'type') === type),
    'address',
  );
}

export const servicePrinter: Printer = {
  columns: columns('NAME', 'TYPE', 'CLUSTER-IP', 'EXTERNAL-IP', 'PORT(S)', 'AGE', 'SELECTOR+'),
  row: (service, now) => [
    words(service.metadata.name),
    words(textAt(service, 'spec', 'type')),
    words(textAt(service, 'spec', 'clusterIP')),
    words(externalAddress(service)),
    words(listAt(service, 'spec', 'ports').map(portText).join(',')),
    since(service.metadata.creationTimestamp ?? '', now),
    words(labelsText(fieldsAt(service, 'spec', 'selector'))),
  ],
};

function externalAddress(service: unknown): string {
  const external = listAt(service, 'spec', 'externalIPs').map(String);
  switch (textAt(service, 'spec', 'type')) {
    case 'ExternalName':
      return textAt(service, 'spec', 'externalName');
    case 'LoadBalancer': {
      const given = listAt(service, 'status', 'loadBalancer', 'ingress').map(
        (ingress) => textAt(ingress, 'ip') || textAt(ingress, 'hostname'),
      );
      return [...given, ...external].join(',') || '<pending>';
    }
    default:
      return external.join(',');
  }
}

function portText(port: unknown): string {
  const nodePort = numberAt(port, 'nodePort') ?? 0;
  const number = numberAt(port, 'port') ?? 0;
  return `${nodePort > 0 ? `${number}:${nodePort}` : number}/${textAt(port, 'protocol') || 'TCP'}`;
}

export const namespacePrinter: Printer = {
  columns: columns('NAME', 'STATUS', 'AGE'),
  row: (namespace, now) => [
    words(namespace.metadata.name),
    words(textAt(namespace, 'status', 'phase'), ''),
    since(namespace.metadata.creationTimestamp ?? '', now),
  ],
};

export const claimPrinter: Printer = {
  columns: columns('NAME', 'STATUS', 'VOLUME', 'CAPACITY', 'ACCESS MODES', 'STORAGECLASS', 'AGE', 'VOLUMEMODE+'),
  row(claim, now) {
    const isBound = textAt(claim, 'spec', 'volumeName') !== '';
    const isGoing = claim.metadata.deletionTimestamp !== undefined;
    return [
      words(claim.metadata.name),
      words(isGoing ? 'Terminating' : textAt(claim, 'status', 'phase'), ''),
      words(textAt(claim, 'spec', 'volumeName'), ''),
      words(isBound ? textAt(claim, 'status', 'capacity', 'storage') : '', ''),
      words(isBound ? accessModes(listAt(claim, 'status', 'accessModes')) : '', ''),
      words(textAt(claim, 'spec', 'storageClassName'), ''),
      since(claim.metadata.creationTimestamp ?? '', now),
      words(textAt(claim, 'spec', 'volumeMode'), '<unset>'),
    ];
  },
};

const accessModeShort: ReadonlyMap<string, string> = new Map([
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
]);

function accessModes(modes: readonly unknown[]): string {
  return modes.map((mode) => accessModeShort.get(String(mode)) ?? String(mode)).join(',');
}

/** Counts keys and shows no value: a ConfigMap often holds what should have been a Secret. */
export const configMapPrinter: Printer = {
  columns: columns('NAME', 'DATA', 'AGE'),
  row: (configMap, now) => [
    words(configMap.metadata.name),
    count(keys(configMap, 'data') + keys(configMap, 'binaryData')),
    since(configMap.metadata.creationTimestamp ?? '', now),
  ],
};

function keys(object: unknown, name: string): number {
  const found = field(object, name);
  return isFields(found) ? Object.keys(found).length : 0;
}

export const genericPrinter: Printer = {
  columns: columns('NAME', 'AGE'),
  row: (object, now): Cell[] => [words(object.metadata.name), since(object.metadata.creationTimestamp ?? '', now)],
};
