import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dump, load } from 'js-yaml';
import { faultStages } from './kwok-stages.ts';

// Read where the module cache has them, not copied: an upgrade of kwok brings its own.
const shippedStages = [
  'node/fast/node-initialize.yaml',
  'node/heartbeat-with-lease/node-heartbeat-with-lease.yaml',
  'pod/fast/pod-ready.yaml',
  'pod/fast/pod-delete.yaml',
  'pod/fast/pod-complete.yaml',
];

/** The configuration file of kwok: the stages it ships for healthy nodes and pods, then our faults. */
export function kwokConfig(kwokModuleFolder: string): string {
  const shipped = shippedStages.map((file) => readFileSync(join(kwokModuleFolder, 'kustomize', 'stage', file), 'utf8'));
  // lineWidth -1: jq expressions and templates must not be folded.
  const ours = faultStages().map((stage) => dump(stage, { lineWidth: -1 }));
  return [...shipped, ...ours].join('\n---\n');
}

/** The CustomResourceDefinition that lets tests say at run time which file a container's log is read from. */
export function clusterLogsDefinition(kwokModuleFolder: string): unknown {
  return load(
    readFileSync(join(kwokModuleFolder, 'kustomize', 'crd', 'bases', 'kwok.x-k8s.io_clusterlogs.yaml'), 'utf8'),
  );
}

/** A Node that kwok keeps alive, with both addresses: with one missing, logs stop working after its second heartbeat. */
export function kwokNode(name: string): object {
  const resources = { cpu: '8', memory: '16Gi', pods: '110' };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      annotations: { 'kwok.x-k8s.io/node': 'fake' },
      labels: {
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': name,
        type: 'kwok',
      },
    },
    status: {
      addresses: [
        { type: 'InternalIP', address: '127.0.0.1' },
        { type: 'Hostname', address: name },
      ],
      allocatable: resources,
      capacity: resources,
    },
  };
}
