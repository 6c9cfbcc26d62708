import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSimulatedCluster } from '../../src/sandbox/cluster/simulated-cluster.ts';
import { deployment, namespace, node } from '../sandbox/cluster/manifests.ts';
import { type CopilotOnCluster, startCopilotOnCluster } from '../support/copilot-on-cluster.ts';
import { temporaryFolders } from '../support/temporary-folder.ts';

const apiToken = 'a-token-for-people-of-tests';
const newFolder = temporaryFolders();
const cluster = createSimulatedCluster({
  name: 'watched',
  seed: 7,
  images: { 'shop/checkout:v1': {} },
  objects: [
    namespace('shop'),
    namespace('quiet'),
    node('node-1'),
    deployment('checkout', { image: 'shop/checkout:v1', replicas: 2 }),
  ],
});
let under: CopilotOnCluster;

beforeAll(async () => {
  const { kubeconfigFor } = await cluster.start();
  const folder = await newFolder();
  const [reader, operator] = [join(folder, 'reader'), join(folder, 'operator')];
  await writeFile(reader, kubeconfigFor('reader'));
  await writeFile(operator, kubeconfigFor('operator'));
  under = await startCopilotOnCluster({
    kubeconfigs: { reader, operator },
    cluster: 'watched',
    settings: {
      watch: { enabled: true, interval: '1s', minAge: '1s', escalateAfter: '4s', ignoreNamespaces: ['quiet'] },
      defaultRoute: { channel: 'C0INCIDENT', approvers: ['sre-leads'], autonomy: 'observe' },
    },
    secrets: { SRE_COPILOT_API_TOKEN: apiToken },
  });
}, 30_000);

afterAll(async () => {
  await under?.stop();
  await cluster.stop();
});

const setImage = (image: string, name = 'checkout') =>
  cluster.change('Deployment', 'shop', name, ({ spec }) => {
    const [container] = spec?.template.spec?.containers ?? [];
    if (container !== undefined) container.image = image;
  });
const api = async (method: string, path: string, body?: object) => {
  const response = await fetch(`${under.copilot.url}/api/v1/incidents${path}`, {
    method,
    headers: { authorization: `Bearer ${apiToken}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

describe('the watch of a cluster, in the whole product', () => {
  it('opens one incident without an alert, investigates it, calls people once, and ends it when it is repaired', async () => {
    setImage('shop/checkout:gone');
    cluster.apply({ ...deployment('hidden', { image: 'shop/gone:v1', namespace: 'quiet' }) });
    await under.until('an answer', ({ investigation }) => investigation !== null, 20_000);
    expect(under.incident()).toMatchObject({
      reference: 'INC-1',
      opened: { source: 'detection', title: 'pod-image-pull: Deployment shop/checkout', scope: { cluster: 'watched' } },
    });
    expect(under.incident().investigation?.document.findings[0]).toMatchObject({
      code: 'image-pull-failed',
      object: { kind: 'Deployment', name: 'checkout' },
    });

    await under.until('the escalation', ({ escalated }) => escalated !== null, 20_000);
    const thread = await under.thread();
    expect(thread).toMatch(/Escalated\. It is still there, and nobody has acknowledged it\./);
    expect(JSON.stringify(under.slack.messages('C0INCIDENT', under.incident().posts.root?.ts ?? ''))).toContain(
      '<!subteam^S0LEADS001',
    );
    expect(JSON.stringify(under.slack.messages('C0INCIDENT'))).toContain('by the watch of the cluster');

    expect(await api('POST', '/INC-1/acknowledge', { by: 'Maya Okafor', comment: 'looking' })).toMatchObject({
      status: 202,
    });
    await under.until('the acknowledgement', ({ phase }) => phase === 'acknowledged');
    expect((await api('GET', '?phase=acknowledged')).body).toMatchObject({
      incidents: [{ reference: 'INC-1', source: 'detection', escalated: true, times: 1, flaps: 0 }],
      next: null,
    });

    setImage('shop/checkout:v1');
    await under.until('its end', ({ phase }) => phase === 'resolved', 30_000);
    expect(await under.thread()).toMatch(/What was seen in the cluster is not there any more/);
    expect((await api('GET', '/INC-1/timeline')).body).toMatchObject({
      schema: 'sre-copilot/timeline/v1',
      phase: 'resolved',
    });
    expect(under.copilot.incidents.all()).toHaveLength(1);
    expect(cluster.writes().filter(({ user }) => user !== '')).toEqual([]);
  }, 90_000);

  it('joins an alert about what it sees: one problem, one thread', async () => {
    cluster.apply(deployment('cart', { image: 'shop/cart:gone' }));
    await under.until(
      'the second incident',
      ({ reference, phase }) => reference === 'INC-2' && phase === 'open',
      20_000,
    );
    const labels = {
      alertname: 'KubeDeploymentRolloutStuck',
      namespace: 'shop',
      deployment: 'cart',
      severity: 'warning',
    };
    const response = await fetch(under.webhook.url, {
      method: 'POST',
      headers: { authorization: `Bearer ${under.webhook.token}` },
      body: JSON.stringify({
        version: '4',
        groupKey: 'a group',
        status: 'firing',
        groupLabels: labels,
        commonLabels: labels,
        alerts: [{ status: 'firing', labels, startsAt: new Date().toISOString() }],
      }),
    });
    expect(response.status).toBe(200);
    await under.until('the alert in it', ({ alerts }) =>
      alerts.some(({ labels: { alertname } }) => alertname === 'KubeDeploymentRolloutStuck'),
    );
    expect(under.copilot.incidents.all().filter(({ phase }) => phase !== 'resolved')).toHaveLength(1);
  }, 60_000);
});
