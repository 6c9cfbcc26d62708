/** One row of API discovery: how a kind is addressed, and what can be done with it. */
export type KindInfo = {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly shortNames: readonly string[];
  readonly namespaced: boolean;
  readonly hasStatus: boolean;
};

type Row = [plural: string, kind: string, shortNames?: string, scope?: 'cluster' | 'namespaced', status?: 'no-status'];

const core: Row[] = [
  ['configmaps', 'ConfigMap', 'cm', 'namespaced', 'no-status'],
  ['endpoints', 'Endpoints', 'ep', 'namespaced', 'no-status'],
  ['events', 'Event', 'ev', 'namespaced', 'no-status'],
  ['limitranges', 'LimitRange', 'limits', 'namespaced', 'no-status'],
  ['namespaces', 'Namespace', 'ns', 'cluster'],
  ['nodes', 'Node', 'no', 'cluster'],
  ['persistentvolumeclaims', 'PersistentVolumeClaim', 'pvc'],
  ['persistentvolumes', 'PersistentVolume', 'pv', 'cluster'],
  ['pods', 'Pod', 'po'],
  ['resourcequotas', 'ResourceQuota', 'quota'],
  ['secrets', 'Secret', '', 'namespaced', 'no-status'],
  ['serviceaccounts', 'ServiceAccount', 'sa', 'namespaced', 'no-status'],
  ['services', 'Service', 'svc'],
];

const grouped: [group: string, version: string, rows: Row[]][] = [
  [
    'apps',
    'v1',
    [
      ['controllerrevisions', 'ControllerRevision', '', 'namespaced', 'no-status'],
      ['daemonsets', 'DaemonSet', 'ds'],
      ['deployments', 'Deployment', 'deploy'],
      ['replicasets', 'ReplicaSet', 'rs'],
      ['statefulsets', 'StatefulSet', 'sts'],
    ],
  ],
  ['autoscaling', 'v2', [['horizontalpodautoscalers', 'HorizontalPodAutoscaler', 'hpa']]],
  [
    'batch',
    'v1',
    [
      ['cronjobs', 'CronJob', 'cj'],
      ['jobs', 'Job', ''],
    ],
  ],
  ['discovery.k8s.io', 'v1', [['endpointslices', 'EndpointSlice', '', 'namespaced', 'no-status']]],
  [
    'networking.k8s.io',
    'v1',
    [
      ['ingresses', 'Ingress', 'ing'],
      ['networkpolicies', 'NetworkPolicy', 'netpol', 'namespaced', 'no-status'],
    ],
  ],
  ['policy', 'v1', [['poddisruptionbudgets', 'PodDisruptionBudget', 'pdb']]],
  ['storage.k8s.io', 'v1', [['storageclasses', 'StorageClass', 'sc', 'cluster', 'no-status']]],
];

function infoOf(group: string, version: string, [plural, kind, shortNames = '', scope, status]: Row): KindInfo {
  return {
    group,
    version,
    kind,
    plural,
    shortNames: shortNames === '' ? [] : shortNames.split(','),
    namespaced: scope !== 'cluster',
    hasStatus: status !== 'no-status',
  };
}

/** Every kind that the simulated cluster serves. What is not in this table is answered 404, as on a real server. */
export const kinds: readonly KindInfo[] = [
  ...core.map((row) => infoOf('', 'v1', row)),
  ...grouped.flatMap(([group, version, rows]) => rows.map((row) => infoOf(group, version, row))),
];

export function findKind(group: string, version: string, plural: string): KindInfo | undefined {
  return kinds.find((info) => info.group === group && info.version === version && info.plural === plural);
}

export function kindNamed(kind: string): KindInfo | undefined {
  return kinds.find((info) => info.kind === kind);
}

export function apiVersionOf(info: KindInfo): string {
  return info.group === '' ? info.version : `${info.group}/${info.version}`;
}

/** `deployments.apps`, the form that the API server's messages use. */
export function qualifiedPlural(info: KindInfo): string {
  return info.group === '' ? info.plural : `${info.plural}.${info.group}`;
}
