import { describe, expect, it } from 'vitest';
import { createKubernetesReader } from '../../src/adapters/kubernetes/cluster-reader.ts';
import { openConnection } from '../../src/adapters/kubernetes/connection.ts';
import { createEventWatch } from '../../src/adapters/kubernetes/event-watch.ts';
import { createSystemClock } from '../../src/adapters/system/clock.ts';
import type { WireObject } from '../../src/core/cluster/object.ts';
import { textAt } from '../../src/core/cluster/wire.ts';
import { createLookAtCluster } from '../../src/workflows/look-at-cluster.ts';
import { abilitiesOf, readRunFacts } from './run-facts.ts';
import { connectRealCluster } from './story.ts';
import { waitFor } from './wait-for.ts';
import { uniqueName } from './workloads.ts';

const clock = createSystemClock();
const signal = AbortSignal.timeout(120_000);
const context = { brokenNodes: new Set<string>() };

async function connected(kubeconfig: string) {
  const connection = await openConnection({ from: 'files', paths: [kubeconfig] });
  if (!connection.ok) throw new Error(connection.error.sentence);
  return connection.value;
}

describe.skipIf(!abilitiesOf(readRunFacts()).workloads)('watching a real API server', () => {
  it('sees a workload that cannot pull its image, and that it is well again', async () => {
    const { facts, workloads, close } = connectRealCluster();
    const connection = await connected(facts.cluster.kubeconfigs.reader);
    const namespace = await workloads.createNamespace(uniqueName('watch'));
    try {
      const reader = createKubernetesReader({ cluster: 'real', exchange: connection });
      const looks = createLookAtCluster({ reader, clock, namespaces: [namespace], ignoreNamespaces: [] });
      await workloads.applyDeployment({
        namespace,
        name: 'checkout',
        image: 'registry.example/checkout:does-not-exist',
        replicas: 1,
      });
      const sightings = await waitFor('the look to see it', async () => {
        const found = await looks.look('pods', context, signal);
        expect(found.problem).toBeUndefined();
        return found.sightings.length > 0 && found.sightings;
      });
      expect(sightings).toMatchObject([
        { object: { apiVersion: 'apps/v1', kind: 'Deployment', namespace, name: 'checkout' }, uid: expect.any(String) },
      ]);
      for (const look of ['claims', 'services', 'nodes'] as const) {
        const { covers, problem } = await looks.look(look, context, signal);
        expect([look, covers(namespace), problem]).toEqual([look, true, undefined]);
      }
    } finally {
      await workloads.deleteNamespace(namespace);
      connection.close();
      close();
    }
  });

  it('passes over custom resources that are not installed', async () => {
    const { facts, close } = connectRealCluster();
    const connection = await connected(facts.cluster.kubeconfigs.admin);
    try {
      const reader = createKubernetesReader({ cluster: 'real', exchange: connection });
      const looks = createLookAtCluster({ reader, clock, namespaces: [], ignoreNamespaces: [] });
      for (const look of ['flux', 'argo-cd', 'certificates'] as const) {
        const { covers, problem, sightings } = await looks.look(look, context, signal);
        expect([look, sightings, covers('default'), problem]).toEqual([look, [], true, undefined]);
      }
    } finally {
      connection.close();
      close();
    }
  });

  it('follows Warning events, those that are there and new ones, and no others', async () => {
    const { facts, admin, workloads, close } = connectRealCluster();
    const connection = await connected(facts.cluster.kubeconfigs.reader);
    const namespace = await workloads.createNamespace(uniqueName('watch-events'));
    const post = (name: string, type: string) =>
      admin.send('POST', `/api/v1/namespaces/${namespace}/events`, {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name, namespace },
        involvedObject: { apiVersion: 'v1', kind: 'Pod', namespace, name: 'checkout-1' },
        type,
        reason: 'Test',
        message: name,
      });
    const heard: string[] = [];
    const states: string[] = [];
    const ending = new AbortController();
    await post('before', 'Warning');
    const watching = createEventWatch({ cluster: 'real', exchange: connection, clock }).watch({
      namespace,
      onEvent: (event: WireObject) => heard.push(textAt(event, 'message') ?? ''),
      onState: ({ is }) => states.push(is),
      signal: ending.signal,
    });
    try {
      await waitFor('the watch', async () => states.length > 0);
      await post('normal', 'Normal');
      await post('after', 'Warning');
      await waitFor('the new event', async () => heard.includes('after'));
      expect([heard, states]).toEqual([['before', 'after'], ['following']]);
    } finally {
      ending.abort();
      await watching;
      await workloads.deleteNamespace(namespace);
      connection.close();
      close();
    }
  });
});
