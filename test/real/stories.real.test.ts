import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JournalEvent } from '../../src/core/journal/event.ts';
import { verifyExport } from '../../src/core/journal/verify.ts';
import { people } from '../support/copilot-on-cluster.ts';
import { quantityOf } from './kube-state-series.ts';
import { faultAnnotations } from './kwok-stages.ts';
import { type ProductStory, startProductStory } from './product-story.ts';
import { abilitiesOf, readRunFacts } from './run-facts.ts';
import { connectRealCluster, type RealCluster } from './story.ts';
import { waitFor } from './wait-for.ts';
import { type Deployment, uniqueName } from './workloads.ts';

const can = abilitiesOf(readRunFacts());
const rolloutBadImage = join(import.meta.dirname, '..', '..', 'runbooks', 'rollout-bad-image.yaml');
const healthyImage = 'registry.example/checkout:1.0';
const missingImage = 'registry.example/checkout:does-not-exist';

let cluster: RealCluster;
const namespaces: string[] = [];

beforeAll(() => {
  cluster = connectRealCluster();
});

afterAll(async () => {
  await Promise.all(namespaces.map((name) => cluster.workloads.deleteNamespace(name)));
  cluster.close();
});

async function newNamespace(prefix: string): Promise<string> {
  const name = await cluster.workloads.createNamespace(uniqueName(prefix));
  namespaces.push(name);
  return name;
}

/** A Deployment that was healthy, and now is stuck at an image that is not there. */
async function stuckCheckout(namespace: string, images = [healthyImage, missingImage]): Promise<Deployment> {
  const { workloads } = cluster;
  const [first = '', ...later] = images;
  await workloads.applyDeployment({ namespace, name: 'checkout', image: first, progressDeadlineSeconds: 3 });
  await workloads.untilRolledOut(namespace, 'checkout');
  for (const image of later) {
    await workloads.setImage({ namespace, name: 'checkout', image });
    await workloads.untilPod(namespace, 'checkout', `that waits for ${image}`, ({ state, ...status }) => {
      const wanted = (status as { image?: string }).image === image;
      return wanted && (state?.waiting?.reason ?? '').endsWith('ImagePullBackOff');
    });
  }
  return workloads.deploymentOf(namespace, 'checkout');
}

const imageOf = ({ spec }: Deployment) => spec.template.spec.containers[0]?.image;

/** Who wrote to the object: the names under which the API server keeps what each client set. */
async function writersOf(namespace: string, name: string): Promise<readonly string[]> {
  type Managed = { metadata: { managedFields?: { manager?: string }[] } };
  const { metadata } = await cluster.admin.get<Managed>(`/apis/apps/v1/namespaces/${namespace}/deployments/${name}`);
  return (metadata.managedFields ?? []).map(({ manager = '' }) => manager);
}

const typesOf = (events: readonly JournalEvent[]) => events.map(({ type }) => type);
const bodiesOf = (events: readonly JournalEvent[], type: string) =>
  events.filter((event) => event.type === type).map(({ body }) => body);

/** What every story must leave behind: an export whose every line holds, and that says the same as the thread. */
async function expectProof(story: ProductStory): Promise<void> {
  const { lines, markdown } = await story.exported();
  const events = await story.events();
  expect(verifyExport(lines)).toMatchObject({ ok: true, value: { seq: events.length, hash: events.at(-1)?.hash } });
  expect(markdown).toContain(story.incident().reference);
}

describe.skipIf(!can.workloads || !can.alerts)('bad-image, on a real cluster', () => {
  it('is told by a real alert, undone when a lead approves, and resolved by the end of the alert', async () => {
    const namespace = await newNamespace('story-image');
    const story = await startProductStory({ namespaces: [namespace], alerts: ['KubeDeploymentRolloutStuck'] });
    try {
      const stuck = await stuckCheckout(namespace);
      const { approval, message } = await story.card();
      const opened = story.incident();
      expect(opened.opened).toMatchObject({
        source: 'alertmanager',
        scope: { alert: { name: 'KubeDeploymentRolloutStuck', labels: { namespace, deployment: 'checkout' } } },
      });
      expect(opened.investigation).toMatchObject({ chosen: 'rollout-bad-image', document: { status: 'diagnosed' } });
      expect(opened.investigation?.document.findings[0]).toMatchObject({
        code: 'image-pull-failed',
        confidence: 'high',
        object: { kind: 'Deployment', namespace, name: 'checkout' },
        cause: { observed: missingImage },
      });
      expect(approval.require).toEqual([{ group: 'sre-leads', count: 1 }]);
      expect(JSON.stringify(message.blocks)).toContain(healthyImage);
      // Nothing is changed by asking: not even the dry run, which went to the same server.
      expect((await cluster.workloads.deploymentOf(namespace, 'checkout')).metadata.generation).toBe(
        stuck.metadata.generation,
      );
      expect(await writersOf(namespace, 'checkout')).not.toContain('sre-copilot');

      await story.click('developer', message, 'approve');
      await waitFor('the answer that only the developer sees', () =>
        story.toldAlone('developer').some(({ text }) => /you are not one/.test(text)),
      );
      expect(story.incident().approvals[approval.id]).toMatchObject({ status: 'pending', given: [] });

      await story.click('lead', message, 'approve');
      const mitigated = await story.until('the mitigation', ({ mitigatedAt }) => mitigatedAt !== null, 60_000);
      expect(mitigated.runs[0]).toMatchObject({ status: 'succeeded' });
      const healed = await cluster.workloads.untilRolledOut(namespace, 'checkout');
      expect(imageOf(healed)).toBe(healthyImage);
      expect(healed.metadata).toMatchObject({
        uid: stuck.metadata.uid,
        generation: stuck.metadata.generation + 1,
      });
      expect(await writersOf(namespace, 'checkout')).toContain('sre-copilot');

      const resolved = await story.until('the alert to end', ({ phase }) => phase === 'resolved', 60_000);
      expect((resolved.mitigatedAt ?? '~') <= (resolved.resolvedAt ?? '')).toBe(true);
      const events = await story.events();
      expect(typesOf(events).filter((type) => type !== 'message-posted' && type !== 'effect-failed')).toEqual([
        'incident-opened',
        'investigation-finished',
        'plan-made',
        'preconditions-checked',
        'action-checked',
        'action-executed',
        'action-validated',
        'action-checked',
        'action-executed',
        'action-validated',
        'action-checked',
        'approval-requested',
        'approval-refused',
        'approval-given',
        'action-intended',
        'action-executed',
        'action-validated',
        'run-ended',
        'incident-mitigated',
        'targets-released',
        'signal-joined',
        'incident-resolved',
      ]);
      expect(bodiesOf(events, 'effect-failed')).toEqual([]);
      const thread = await story.thread();
      expect(thread).toContain(`${people.lead.realName}`);
      expect(thread).toMatch(/Run succeeded|Succeeded/i);
      expect(thread).toMatch(/Resolved/);
      await expectProof(story);
    } finally {
      await story.stop();
    }
  });

  it('changes nothing when a lead rejects, and does not let who started a run approve it', async () => {
    const namespace = await newNamespace('story-reject');
    const story = await startProductStory({ namespaces: [namespace], alerts: ['KubeDeploymentRolloutStuck'] });
    try {
      const stuck = await stuckCheckout(namespace);
      const first = await story.card();
      await story.click('lead', first.message, 'reject');
      const stopped = await story.until('the run to stop', ({ runs }) => runs[0]?.endedAt != null);
      expect(stopped.runs[0]).toMatchObject({ status: 'stopped', reason: expect.stringContaining('rejected') });
      expect(stopped.phase).toBe('open');

      await story.command('lead', '/sre run rollout-bad-image');
      const second = await story.card([first.approval.id]);
      expect(second.approval.requester?.id).toBe(people.lead.id);
      await story.click('lead', second.message, 'approve');
      await waitFor('the answer that only the lead sees', () =>
        story.toldAlone('lead').some(({ text }) => /your own approval does not count/.test(text)),
      );
      expect(story.incident().approvals[second.approval.id]).toMatchObject({ status: 'pending', given: [] });
      const untouched = await cluster.workloads.deploymentOf(namespace, 'checkout');
      expect(untouched.metadata.generation).toBe(stuck.metadata.generation);
      expect(imageOf(untouched)).toBe(missingImage);
      expect(await writersOf(namespace, 'checkout')).not.toContain('sre-copilot');
      expect(typesOf(await story.events())).not.toContain('action-intended');

      // Another lead may, and then it is what was asked for.
      await story.click('otherLead', second.message, 'approve');
      await story.until('the second run to succeed', ({ runs }) => runs[1]?.status === 'succeeded', 60_000);
      expect(imageOf(await cluster.workloads.untilRolledOut(namespace, 'checkout'))).toBe(healthyImage);
      const thread = await story.thread();
      expect(thread).toMatch(/Rejected/);
      expect(thread).toContain(`not ${people.lead.realName}, who started the run`);
      await expectProof(story);
    } finally {
      await story.stop();
    }
  });

  it('puts the template back when the change does not help, and says so', async () => {
    const namespace = await newNamespace('story-rollback');
    const runbooks = await mkdtemp(join(tmpdir(), 'sre-copilot-runbooks-'));
    const impatient = (await readFile(rolloutBadImage, 'utf8')).replace('timeout: 120s', 'timeout: 6s');
    await mkdir(runbooks, { recursive: true });
    await writeFile(join(runbooks, 'rollout-bad-image.yaml'), impatient);
    const story = await startProductStory({
      namespaces: [namespace],
      alerts: ['KubeDeploymentRolloutStuck'],
      runbooks,
    });
    try {
      // The release before the last one is broken too, so going back to it does not help.
      const alsoMissing = 'registry.example/checkout-old:does-not-exist';
      const stuck = await stuckCheckout(namespace, [healthyImage, alsoMissing, missingImage]);
      const { message } = await story.card();
      expect(JSON.stringify(message.blocks)).toContain(alsoMissing);
      await story.click('lead', message, 'approve');
      const ended = await story.until('the run to end', ({ runs }) => runs[0]?.endedAt != null, 60_000);
      expect(ended.runs[0]).toMatchObject({ status: 'failed', reason: expect.stringContaining('It was rolled back.') });
      expect(ended.phase).toBe('open');
      expect(ended.mitigatedAt).toBeNull();

      const back = await cluster.workloads.deploymentOf(namespace, 'checkout');
      expect(back.spec.template).toEqual(stuck.spec.template);
      expect(back.metadata).toMatchObject({ uid: stuck.metadata.uid, generation: stuck.metadata.generation + 2 });
      const events = await story.events();
      expect(bodiesOf(events, 'action-intended').map(({ role }) => role)).toEqual(['action', 'rollback']);
      expect(bodiesOf(events, 'action-validated').slice(-2)).toMatchObject([
        { role: 'action', outcome: 'failed' },
        { role: 'rollback', outcome: 'succeeded' },
      ]);
      const thread = await story.thread();
      expect(thread).toMatch(/does not hold/);
      expect(thread).toMatch(/Rollback made/);
      expect(thread).toMatch(/It was rolled back\./);
      await expectProof(story);
    } finally {
      await story.stop();
      await rm(runbooks, { recursive: true, force: true });
    }
  });
});

describe.skipIf(!can.workloads || !can.alerts)('oom, on a real cluster', () => {
  const needs = '180Mi';
  const annotations = { [faultAnnotations.needsMemory]: needs };
  const limitOf = ({ spec }: Deployment) => spec.template.spec.containers[0]?.resources?.limits?.memory ?? '';

  // KWOK gives Prometheus no memory use of containers, so the proposal has two other sources: an earlier limit that ran, or the current one doubled.
  it.each([
    ['that of the revision that ran before', '256Mi', '96Mi', '256Mi', /revision 1 ran with 256Mi/],
    [
      'twice the present one, where there was none before',
      undefined,
      '96Mi',
      '192Mi',
      /twice the current limit of 96Mi/,
    ],
  ] as const)('raises the limit to %s', async (_why, before, low, proposed, how) => {
    const namespace = await newNamespace('story-oom');
    const story = await startProductStory({ namespaces: [namespace], alerts: ['KubePodCrashLooping'] });
    const { workloads } = cluster;
    const cart = { namespace, name: 'cart', image: 'registry.example/cart:2.8', replicas: 1, annotations };
    try {
      if (before !== undefined) {
        await workloads.applyDeployment({ ...cart, memoryLimit: before });
        await workloads.untilRolledOut(namespace, 'cart');
      }
      await workloads.applyDeployment({ ...cart, memoryLimit: low });
      const { message } = await story.card([], 45_000);
      const found = story.incident().investigation?.document.findings[0];
      expect(found).toMatchObject({
        code: 'container-oom-killed',
        object: { kind: 'Deployment', namespace, name: 'cart' },
      });
      // One kill of one pod is not yet a repetition, and which it was is up to the moment of the alert.
      expect(['high', 'medium']).toContain(found?.confidence);
      expect(JSON.stringify(found?.recommendation)).toMatch(how);
      expect(JSON.stringify(message.blocks)).toContain(proposed);
      expect(quantityOf(proposed)).toBeGreaterThanOrEqual(quantityOf(needs));

      await story.click('lead', message, 'approve');
      await story.until('the run to succeed', ({ runs }) => runs[0]?.status === 'succeeded', 60_000);
      expect(limitOf(await workloads.untilRolledOut(namespace, 'cart'))).toBe(proposed);
      const pods = (await workloads.podsOf(namespace, 'cart')).filter(
        ({ metadata }) => metadata.deletionTimestamp === undefined,
      );
      expect(pods.map(({ status }) => status.containerStatuses?.[0]?.restartCount)).toEqual([0]);
      const resolved = await story.until('the alert to end', ({ phase }) => phase === 'resolved', 60_000);
      expect(resolved.mitigatedAt).not.toBeNull();
      expect(await story.thread()).toMatch(how);
      await expectProof(story);
    } finally {
      await story.stop();
    }
  });
});

describe.skipIf(!can.workloads || !can.alerts)('api-latency, on a real API server', () => {
  it('reads what the compact runbook asks for, tells it, and changes nothing', async () => {
    const { workloads } = cluster;
    const name = uniqueName('coredns');
    await workloads.applyDeployment({ namespace: 'kube-system', name, image: 'coredns:1.12', replicas: 2 });
    const story = await startProductStory({
      namespaces: [],
      alerts: ['KubeAPILatency'],
      constants: { apiserver_request_duration_seconds_p99: 2.1 },
    });
    try {
      await workloads.untilRolledOut('kube-system', name);
      const ended = await story.until('the run to end', ({ runs }) => runs[0]?.endedAt != null, 45_000);
      expect(ended.runs[0]).toMatchObject({
        status: 'succeeded',
        plan: { runbook: { name: 'kube-api-latency' } },
        preconditions: { holds: true, results: [{ outcome: 'succeeded', measured: 'the query answers 2.1' }] },
      });
      const events = await story.events();
      const outputs = bodiesOf(events, 'action-executed').map(({ output }) => String(output));
      expect(outputs[0]).toMatch(/ok/);
      expect(outputs[1]).toMatch(/RESTARTS/);
      expect(outputs[1]).toContain(name);
      expect(typesOf(events)).not.toContain('action-intended');
      expect(ended.approvals).toEqual({});
      const thread = await story.thread();
      expect(thread).toMatch(/RESTARTS/);
      expect(thread).toMatch(/readyz/);
      await expectProof(story);
    } finally {
      await story.stop();
      await cluster.admin.request('DELETE', `/apis/apps/v1/namespaces/kube-system/deployments/${name}`);
    }
  });
});
