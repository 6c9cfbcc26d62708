import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, type onTestFinished } from 'vitest';
import type { ActionCheck } from '../../src/core/incident/events.ts';
import type { IncidentState } from '../../src/core/incident/state.ts';
import { firing, webhookBody } from '../support/alertmanager-bodies.ts';
import { type CopilotOnCluster, startCopilotOnCluster } from '../support/copilot-on-cluster.ts';

/** A cluster as this suite uses it: what happens to a Deployment while people think about it. */
export type GuardedCluster = {
  readonly kubeconfigs: { readonly reader: string; readonly operator: string };
  readonly namespace: string;
  /**
   * Makes a Deployment that was rolled out at `healthyImage`, and resolves when a pod waits for `missingImage`. What has the name already is deleted first.
   */
  makeStuck(name: string): Promise<void>;
  /** The same name, and only `missingImage` from the beginning: there is nothing to go back to. */
  makeStuckFromTheStart(name: string): Promise<void>;
  /** Resolves when the pods of the new image have been seen: waiting for it, or, for `mendedImage`, at work. */
  setImage(name: string, image: string): Promise<void>;
  /** A label and an annotation of the Deployment itself, not of its pods. */
  mark(name: string, value: string): Promise<void>;
  /** Writes the status, as controllers do all the time. */
  writeStatus(name: string): Promise<void>;
  read(name: string): Promise<SeenDeployment>;
  close(): Promise<void>;
};
export type SeenDeployment = {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  readonly image: string;
};

export const healthyImage = 'registry.example/shop/checkout:1.0';
export const missingImage = 'registry.example/shop/checkout:does-not-exist';
export const mendedImage = 'registry.example/shop/checkout:1.1';
const otherMissingImage = 'registry.example/shop/checkout-hotfix:does-not-exist';

const statusEveryMs = 100;

/**
 * An undo that nothing but its guard holds back. The shipped runbook asks before its undo whether the image is still the one that was found; so what the
 * guard does by itself would not be seen.
 */
const undoRunbook = `name: undo-a-stuck-rollout
match:
  alerts: [KubeDeploymentRolloutStuck]
  findings: [image-pull-failed]
inputs:
  workload: { type: workload, from: finding.object, required: true }
actions:
  - id: undo
    action: rollout-undo
    target: "{{ inputs.workload }}"
    rollback: captured
approvals:
  - group: sre-leads
`;

/**
 * What an approval survives and what voids it, with the whole product between the alert and the API server: its checker, its authorisation, its
 * writer. Run by the simulated cluster and by a real one.
 */
export function guardsContract(name: string, connect: () => Promise<GuardedCluster>): void {
  // At once: each has its own Deployment and its own co-pilot, and most of the time is waiting.
  describe.concurrent(`guards: ${name}`, { timeout: 60_000 }, () => {
    let cluster: GuardedCluster;
    let count = 0;
    let runbooks = '';
    beforeAll(async () => {
      runbooks = await mkdtemp(join(tmpdir(), 'sre-copilot-runbooks-'));
      await writeFile(join(runbooks, 'undo-a-stuck-rollout.yaml'), undoRunbook);
      cluster = await connect();
    }, 60_000);
    afterAll(async () => {
      await cluster?.close();
      await rm(runbooks, { recursive: true, force: true });
    });

    /** An incident about a Deployment of its own, at the moment when its card is open. */
    async function atTheCard(finished: typeof onTestFinished, shipped?: 'shipped runbooks') {
      count += 1;
      const deployment = `checkout-${count}`;
      await cluster.makeStuck(deployment);
      const { kubeconfigs, namespace } = cluster;
      const copilot = await startCopilotOnCluster({
        kubeconfigs,
        cluster: name,
        ...(shipped === undefined ? { runbooks } : {}),
      });
      finished(() => copilot.stop());
      await postAlert(copilot, namespace, deployment);
      const { approval, message } = await copilot.card();
      return { product: copilot, deployment, before: await cluster.read(deployment), approval, message };
    }

    it('status writes all the time leave the approval valid, and what was approved is made', async ({
      onTestFinished,
    }) => {
      const { product, deployment, before, approval, message } = await atTheCard(onTestFinished);
      const noise = everyHundredMs(() => cluster.writeStatus(deployment));
      await noise.until(10);
      expect((await cluster.read(deployment)).resourceVersion).not.toBe(before.resourceVersion);
      await product.click('lead', message, 'approve');
      await product.until('the change to be made', hasExecuted);
      await noise.stop();
      const after = await cluster.read(deployment);
      expect(after).toMatchObject({ uid: before.uid, generation: before.generation + 1, image: healthyImage });
      expect(product.incident().approvals[approval.id]).toMatchObject({ status: 'consumed' });
      expect(Object.values(product.incident().approvals)).toHaveLength(1);
    });

    it('a label or an annotation of the Deployment does not void it', async ({ onTestFinished }) => {
      const { product, deployment, before, approval, message } = await atTheCard(onTestFinished);
      await cluster.mark(deployment, 'somebody-was-here');
      expect((await cluster.read(deployment)).resourceVersion).not.toBe(before.resourceVersion);
      await product.click('lead', message, 'approve');
      await product.until('the change to be made', hasExecuted);
      expect(await cluster.read(deployment)).toMatchObject({ uid: before.uid, image: healthyImage });
      expect(product.incident().approvals[approval.id]).toMatchObject({ status: 'consumed' });
    });

    it('a change of the image by somebody else voids it: told with the difference, asked anew, nothing sent', async ({
      onTestFinished,
    }) => {
      const { product, deployment, approval, message } = await atTheCard(onTestFinished);
      await cluster.setImage(deployment, otherMissingImage);
      const changed = await cluster.read(deployment);
      await product.click('lead', message, 'approve');
      const second = await product.card([approval.id]);
      const state = product.incident();
      expect(state.approvals[approval.id]).toMatchObject({ status: 'superseded' });
      expect(state.approvals[approval.id]?.why).toContain(missingImage);
      expect(state.approvals[approval.id]?.why).toContain(otherMissingImage);
      expect(await cluster.read(deployment)).toMatchObject({
        generation: changed.generation,
        image: otherMissingImage,
      });
      expect(await typesOf(product)).not.toContain('action-intended');
      expect(second.approval.digest).not.toBe(approval.digest);
      const thread = await product.thread();
      expect(thread).toMatch(/Superseded/);
      expect(thread).toContain(`it is now image ${otherMissingImage}`);

      // The void card decides nothing any more; the new one is about what is there now.
      await product.click('otherLead', message, 'approve');
      expect(product.incident().approvals[second.approval.id]).toMatchObject({ status: 'pending', given: [] });
      await product.click('lead', second.message, 'approve');
      await product.until('the newly approved change to be made', hasExecuted);
      expect(await cluster.read(deployment)).toMatchObject({ generation: changed.generation + 1, image: missingImage });
    });

    it('an image that somebody mended meanwhile is left as it is: nothing is sent, and it is said', async ({
      onTestFinished,
    }) => {
      const { product, deployment, approval, message } = await atTheCard(onTestFinished, 'shipped runbooks');
      await cluster.setImage(deployment, mendedImage);
      const mended = await cluster.read(deployment);
      await product.click('lead', message, 'approve');
      const ended = await product.until('the run to end', ({ runs }) => runs[0]?.endedAt != null);
      expect(ended.approvals[approval.id]).toMatchObject({ status: 'superseded' });
      expect(ended.runs[0]).toMatchObject({ reason: expect.stringContaining('Nothing was changed by this action.') });
      expect(await cluster.read(deployment)).toMatchObject({ generation: mended.generation, image: mendedImage });
      expect(await typesOf(product)).not.toContain('action-intended');
    });

    it('an object that was deleted and made again under the same name is another one', async ({ onTestFinished }) => {
      const { product, deployment, before, approval, message } = await atTheCard(onTestFinished);
      await cluster.makeStuck(deployment);
      const successor = await cluster.read(deployment);
      expect(successor.uid).not.toBe(before.uid);
      await product.click('lead', message, 'approve');
      const second = await product.card([approval.id]);
      expect(product.incident().approvals[approval.id]).toMatchObject({
        status: 'superseded',
        why: expect.stringContaining('deleted and created again under the same name'),
      });
      expect(await cluster.read(deployment)).toMatchObject({ uid: successor.uid, generation: successor.generation });
      expect(await typesOf(product)).not.toContain('action-intended');
      expect(checkOf(product.incident())?.target?.uid).toBe(successor.uid);
      expect(second.approval.digest).not.toBe(approval.digest);
    });

    it('a successor that has nothing to go back to gets no change and no card', async ({ onTestFinished }) => {
      const { product, deployment, approval, message } = await atTheCard(onTestFinished);
      await cluster.makeStuckFromTheStart(deployment);
      const successor = await cluster.read(deployment);
      await product.click('lead', message, 'approve');
      const ended = await product.until('the run to end', ({ runs }) => runs[0]?.endedAt != null);
      expect(ended.approvals[approval.id]).toMatchObject({ status: 'superseded' });
      expect(ended.runs[0]).toMatchObject({ status: 'failed', reason: expect.stringContaining('no revision before') });
      expect(await cluster.read(deployment)).toMatchObject({ uid: successor.uid, generation: successor.generation });
      expect(await typesOf(product)).not.toContain('action-intended');
    });
  });
}

function hasExecuted({ runs }: IncidentState): boolean {
  return (runs[0]?.actions ?? []).some(
    ({ planned, state }) =>
      planned.action.kind === 'rollout-undo' && (state.step === 'executed' || state.step === 'done'),
  );
}

function checkOf({ runs }: IncidentState): ActionCheck | undefined {
  return runs[0]?.actions.flatMap(({ planned, state }) =>
    planned.action.kind === 'rollout-undo' && 'check' in state ? [state.check] : [],
  )[0];
}

const typesOf = async (product: CopilotOnCluster) => (await product.events()).map(({ type }) => type);

async function postAlert({ webhook }: CopilotOnCluster, namespace: string, deployment: string): Promise<void> {
  const labels = { alertname: 'KubeDeploymentRolloutStuck', namespace, deployment, severity: 'warning' };
  const body = webhookBody({
    alerts: [firing({ labels, startsAt: new Date().toISOString() })],
    commonLabels: labels,
    groupKey: `{}:{namespace="${namespace}",deployment="${deployment}"}`,
  });
  const answer = await fetch(webhook.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${webhook.token}` },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  });
  if (!answer.ok) throw new Error(`the webhook was answered with ${answer.status}: ${await answer.text()}`);
}

/** Does something every 100 ms until it is stopped. A failure of it is thrown by `until` or `stop`. */
function everyHundredMs(happening: () => Promise<void>) {
  let times = 0;
  let isStopped = false;
  const going = (async () => {
    while (!isStopped) {
      await happening();
      times += 1;
      await sleep(statusEveryMs);
    }
  })();
  return {
    async until(wanted: number) {
      const reached = (async () => {
        while (times < wanted) await sleep(statusEveryMs);
      })();
      await Promise.race([reached, going]);
    },
    async stop() {
      isStopped = true;
      await going;
    },
  };
}
