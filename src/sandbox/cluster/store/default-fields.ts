import type { Container, PodSpec } from 'kubernetes-types/core/v1.js';
import type { KubeObject, ObjectOf } from './stored-object.ts';
import { isRecord } from './stored-object.ts';

/**
 * Fills the fields that the API server fills (k8s.io/api defaults of apps/v1 and core/v1, the part that clients of the sandbox can see).
 *
 * Controllers compare pod templates, so every write has to pass here: an undefaulted template would look like a change. Changes `object` itself.
 */
export function withDefaults<T extends KubeObject>(object: T): T {
  const { spec } = object;
  if (!isRecord(spec)) return object;
  switch (object.kind) {
    case 'Pod':
      // The kind was just read; bad fields are left for validation to name.
      defaultPodSpec(spec as unknown as PodSpec);
      break;
    case 'Deployment':
      defaultDeployment(spec as unknown as NonNullable<ObjectOf<'Deployment'>['spec']>);
      defaultTemplate(spec.template);
      break;
    case 'ReplicaSet':
      spec.replicas ??= 1;
      defaultTemplate(spec.template);
      break;
    case 'StatefulSet':
      spec.replicas ??= 1;
      spec.podManagementPolicy ??= 'OrderedReady';
      spec.revisionHistoryLimit ??= 10;
      spec.updateStrategy ??= { type: 'RollingUpdate', rollingUpdate: { partition: 0 } };
      defaultTemplate(spec.template);
      break;
    case 'DaemonSet':
      spec.revisionHistoryLimit ??= 10;
      spec.updateStrategy ??= { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } };
      defaultTemplate(spec.template);
      break;
    case 'Service':
      spec.type ??= 'ClusterIP';
      spec.sessionAffinity ??= 'None';
      defaultProtocols(spec.ports);
      break;
    default:
  }
  return object;
}

function defaultDeployment(spec: NonNullable<ObjectOf<'Deployment'>['spec']>): void {
  spec.replicas ??= 1;
  spec.revisionHistoryLimit ??= 10;
  spec.progressDeadlineSeconds ??= 600;
  spec.strategy ??= {};
  spec.strategy.type ??= 'RollingUpdate';
  if (spec.strategy.type === 'RollingUpdate') {
    spec.strategy.rollingUpdate = { maxUnavailable: '25%', maxSurge: '25%', ...spec.strategy.rollingUpdate };
  }
}

function defaultTemplate(template: unknown): void {
  if (!isRecord(template)) return;
  const metadata = isRecord(template.metadata) ? template.metadata : {};
  // Older servers write `creationTimestamp: null` here, newer ones nothing; nothing is what compares well.
  delete metadata.creationTimestamp;
  template.metadata = metadata;
  if (isRecord(template.spec)) defaultPodSpec(template.spec as unknown as PodSpec);
}

function defaultPodSpec(spec: PodSpec): void {
  spec.restartPolicy ??= 'Always';
  spec.terminationGracePeriodSeconds ??= 30;
  spec.dnsPolicy ??= 'ClusterFirst';
  spec.securityContext ??= {};
  spec.schedulerName ??= 'default-scheduler';
  if (!Array.isArray(spec.containers)) return;
  for (const container of spec.containers) if (isRecord(container)) defaultContainer(container as unknown as Container);
}

function defaultContainer(container: Container): void {
  container.resources ??= {};
  container.terminationMessagePath ??= '/dev/termination-log';
  container.terminationMessagePolicy ??= 'File';
  container.imagePullPolicy ??= /(:latest|^[^:]+)$/.test(lastSegment(container.image)) ? 'Always' : 'IfNotPresent';
  // A limit without a request is also the request (SetDefaults_Pod does so for pods; kubectl shows it there).
  defaultProtocols(container.ports);
}

function lastSegment(image: unknown): string {
  return typeof image === 'string' ? (image.split('/').at(-1) ?? '') : '';
}

function defaultProtocols(ports: unknown): void {
  if (!Array.isArray(ports)) return;
  for (const port of ports) if (isRecord(port)) port.protocol ??= 'TCP';
}
