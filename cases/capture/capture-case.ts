import { waitFor } from '../../test/real/wait-for.ts';
import { controlPlaneNode } from './base-system.ts';
import { type CaseDefinition, makeNodes, openContext } from './case-context.ts';
import { collect } from './collect.ts';
import type { Lab } from './lab.ts';
import type { NodeRequest } from './manifests.ts';
import { namespaceNames } from './namespace-names.ts';
import { capturedResources, listPath } from './resource-paths.ts';
import { retime } from './retime.ts';
import { tidy } from './tidy.ts';
import type { KubeObject } from './wire.ts';
import { writeCase } from './write-case.ts';

const ordinaryNodes: readonly NodeRequest[] = [{}, {}, {}];
const nodePools = ['worker', 'pool-a', 'node', 'general'];
let made = 0;

/** Makes one case in the cluster, captures it, writes its folder, and takes it away again. Returns the bytes written. */
export async function captureCase({
  lab,
  family,
  definition,
  folder,
}: {
  lab: Lab;
  family: string;
  definition: CaseDefinition;
  folder: string;
}): Promise<number> {
  made++;
  const { about, nodes = ordinaryNodes, ageMinutes = 6, system = false } = definition;
  const ageMs = ageMinutes * 60_000;
  const pool = nodePools[made % nodePools.length];
  const nodeNames = nodes.map((_, index) => `${pool}-${made.toString(36)}${index + 1}`);
  const startedAt = Date.now();
  await makeNodes(lab, nodeNames, nodes);
  const open = await openContext({ lab, ageMs, nodes: nodeNames, namespaceNames: namespaceNames(made) });
  try {
    // The nodes were there long before.
    await open.context.past({ hours: 71 });
    const expected = await definition.run(open.context);
    await open.context.quiet();
    const now = Date.now();
    const dead = lab.stopped();
    const objects = await collect(lab.admin, {
      namespaces: open.namespaces,
      startedAt,
      system,
    });
    const all = [...objects].map(([resource, items]): [string, readonly KubeObject[]] => [
      resource,
      retime(items.map(tidy), { now, ageMs, marks: open.marks, dead }).objects.filter(
        (object) => !isForgotten(object, now + ageMs),
      ),
    ]);
    const capturedAt = new Date(now + ageMs).toISOString();
    return writeCase(folder, {
      expected: { about, family, ...expected },
      capturedAt,
      objects: new Map(all),
      ...open.files,
    });
  } finally {
    for (const close of open.afterwards) await close();
    await cleanUp(lab, open.namespaces, nodeNames);
  }
}

// The API server keeps events for an hour.
function isForgotten({ kind, ...event }: KubeObject, capturedAt: number): boolean {
  if (kind !== 'Event') return false;
  const series = event.series as { lastObservedTime?: string } | undefined;
  const times = [event.firstTimestamp, event.lastTimestamp, event.eventTime, series?.lastObservedTime]
    .filter((time) => typeof time === 'string')
    .map((time) => Date.parse(time));
  return Math.max(...times) < capturedAt - 3_600_000;
}

/** Nothing of a case may reach the next one: its pods would ask for nodes, its webhooks for answers. Namespaces go in their own time. */
async function cleanUp(lab: Lab, namespaces: readonly string[], nodes: readonly string[]): Promise<void> {
  const { admin } = lab;
  for (const resource of capturedResources) {
    if (resource.namespaced || /^(Node|Namespace|APIService|PriorityClass)$/.test(resource.kind)) continue;
    await admin.request('DELETE', listPath(resource));
  }
  for (const item of await itemsOf(lab, '/apis/scheduling.k8s.io/v1/priorityclasses'))
    if (!item.metadata.name.startsWith('system-'))
      await admin.request('DELETE', `/apis/scheduling.k8s.io/v1/priorityclasses/${item.metadata.name}`);
  await admin.request('DELETE', '/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io');
  for (const namespace of namespaces) {
    await admin.request('DELETE', `/api/v1/namespaces/${namespace}`);
    for (const [group, plural] of [
      ['apps', 'deployments'],
      ['apps', 'statefulsets'],
      ['apps', 'daemonsets'],
      ['apps', 'replicasets'],
      ['batch', 'cronjobs'],
      ['batch', 'jobs'],
    ])
      await admin.request('DELETE', `/apis/${group}/v1/namespaces/${namespace}/${plural}?propagationPolicy=Background`);
  }
  for (const namespace of namespaces)
    await waitFor(`the pods of ${namespace} to go`, async () => {
      const pods = await itemsOf(lab, `/api/v1/namespaces/${namespace}/pods`);
      for (const { metadata } of pods) {
        const path = `/api/v1/namespaces/${namespace}/pods/${metadata.name}`;
        if ((metadata.finalizers ?? []).length > 0)
          await admin.request('PATCH', path, { metadata: { finalizers: null } }, 'application/merge-patch+json');
        await admin.request('DELETE', `${path}?gracePeriodSeconds=0`);
      }
      return pods.length === 0;
    });
  for (const namespace of namespaces) await releaseStuck(lab, namespace);
  // A claim that is still there would take the next case's volumes.
  for (const namespace of namespaces)
    await waitFor(`the claims of ${namespace} to go`, async () => {
      const path = `/api/v1/namespaces/${namespace}/persistentvolumeclaims`;
      await admin.request('DELETE', path);
      await releaseStuck(lab, namespace);
      return (await itemsOf(lab, path)).length === 0;
    });
  for (const name of nodes) if (name !== controlPlaneNode) await admin.request('DELETE', `/api/v1/nodes/${name}`);
  for (const kind of ['persistentvolumes']) {
    for (const { metadata } of await itemsOf(lab, `/api/v1/${kind}`)) {
      await admin.request(
        'PATCH',
        `/api/v1/${kind}/${metadata.name}`,
        { metadata: { finalizers: null } },
        'application/merge-patch+json',
      );
      await admin.request('DELETE', `/api/v1/${kind}/${metadata.name}`);
    }
  }
}

async function releaseStuck({ admin, ...lab }: Lab, namespace: string): Promise<void> {
  for (const plural of ['configmaps', 'persistentvolumeclaims', 'services']) {
    for (const { metadata } of await itemsOf({ admin, ...lab }, `/api/v1/namespaces/${namespace}/${plural}`)) {
      if ((metadata.finalizers ?? []).length > 0)
        await admin.request(
          'PATCH',
          `/api/v1/namespaces/${namespace}/${plural}/${metadata.name}`,
          { metadata: { finalizers: null } },
          'application/merge-patch+json',
        );
    }
  }
}

async function itemsOf({ admin }: Lab, path: string): Promise<readonly KubeObject[]> {
  const { status, body } = await admin.request<{ items?: KubeObject[] }>('GET', path);
  return status === 200 ? (body.items ?? []) : [];
}
