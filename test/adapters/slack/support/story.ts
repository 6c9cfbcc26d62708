import type { ActionCheck, NewIncidentEvent, Told } from '../../../../src/core/incident/events.ts';
import { type IncidentEvent, readIncidentEvent } from '../../../../src/core/incident/events.ts';
import { incidentStream } from '../../../../src/core/journal/event.ts';
import { createMemoryJournal } from '../../../../src/sandbox/memory-journal.ts';
import { createFakeClock } from '../../../support/fake-clock.ts';

/** Events of one incident as the product writes them: a rollout to an image that does not exist, undone with an approval. */
export const maya = { id: 'U0MAYA', name: 'Maya Example' };
export const jonas = { id: 'U0JONAS', name: 'Jonas Example' };
export const approvalId = 'a1b2c3d4e5f60718293a4b5c6d7e8f90';
const checkout = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'checkout' };

const hex = (digit: string) => digit.repeat(64);
type BodyOf<T extends Told['type']> = Extract<Told, { type: T }>['body'];

export function opened(more: Partial<BodyOf<'incident-opened'>> = {}): Told {
  const labels = {
    alertname: 'KubePodNotReady',
    namespace: 'shop',
    pod: 'checkout-7d9f8b6c5d-x2x7k',
    severity: 'critical',
  };
  return {
    type: 'incident-opened',
    body: {
      signalId: 'signal-1',
      title: 'KubePodNotReady: Deployment shop/checkout',
      severity: 'critical',
      source: 'alertmanager',
      group: 'g1',
      alerts: [
        {
          fingerprint: 'f1',
          status: 'firing',
          labels,
          annotations: {},
          startsAt: '2026-11-21T03:00:00.000Z',
          endsAt: null,
          generatorUrl: '',
        },
      ],
      summary: 'Pods of checkout have not been ready for 15 minutes.',
      description: '',
      runbookUrl: '',
      scope: { cluster: 'prod', namespace: 'shop', object: checkout },
      subject: null,
      route: { channel: 'C0INC', approvers: [], autonomy: 'assist' },
      requester: null,
      previous: null,
      ...more,
    },
  };
}

export function investigated(
  more: Partial<BodyOf<'investigation-finished'>['investigation']> = {},
  chosen: string | null = null,
): Told {
  return {
    type: 'investigation-finished',
    body: {
      chosen,
      why: 'rollout-bad-image: the finding image-cannot-be-pulled is one it is made for',
      investigation: {
        schema: 'sre-copilot/investigation/v1',
        scope: { cluster: 'prod', namespace: 'shop', object: checkout },
        capturedAt: '2026-11-21T03:04:06.000Z',
        status: 'diagnosed',
        findings: [
          {
            id: 'f1',
            code: 'image-cannot-be-pulled',
            object: checkout,
            confidence: 'high',
            score: 0.97,
            summary: 'The image shop/checkout:v2 of container app does not exist in its registry.',
            cause: {
              path: 'spec.template.spec.containers[app].image',
              observed: 'shop/checkout:v2: manifest unknown',
              expected: 'an image that can be pulled, as shop/checkout:v1 of revision 3',
            },
            recommendation: { text: 'Undo the rollout to revision 3.' },
            evidence: ['e1', 'e2'],
            explains: [],
          },
        ],
        evidence: [
          {
            id: 'e1',
            kind: 'object',
            source: 'Pod shop/checkout-7d9f8b6c5d-x2x7k',
            at: '2026-11-21T03:04:06.000Z',
            summary: 'container app waits: ImagePullBackOff',
            digest: hex('1'),
          },
          {
            id: 'e2',
            kind: 'event',
            source: 'event of Pod shop/checkout-7d9f8b6c5d-x2x7k',
            at: '2026-11-21T03:03:40.000Z',
            summary: 'Failed to pull image "shop/checkout:v2": manifest unknown (4 times)',
            digest: hex('2'),
          },
        ],
        missing: [],
        runbooks: [{ name: 'rollout-bad-image', score: 1, why: 'finding' }],
        elapsedMs: { total: 84 },
        ...more,
      },
    },
  };
}

const target = { kind: 'Deployment' as const, namespace: 'shop', name: 'checkout' };

export function planned(requester: { id: string; name: string } | null = null): Told {
  return {
    type: 'plan-made',
    body: {
      run: 'run-0001',
      requester,
      plan: {
        runbook: { name: 'rollout-bad-image', title: 'Undo a rollout to a bad image', digest: hex('3') },
        inputs: { deployment: 'checkout' },
        tainted: false,
        confidence: 'high',
        score: 0.97,
        preconditions: [],
        actions: [
          {
            id: 'look',
            title: 'Look at the rollout',
            action: { kind: 'rollout-status', target },
            line: 'kubectl rollout status deployment/checkout -n shop',
            preconditions: [],
            rollback: 'none',
            timeoutMs: 10_000,
          },
          {
            id: 'undo',
            title: 'Undo the rollout of checkout',
            action: { kind: 'rollout-undo', target },
            line: 'kubectl rollout undo deployment/checkout -n shop',
            preconditions: [],
            validate: {
              until: { kind: 'phrase', text: 'rollout is complete' },
              everyMs: 1000,
              forMs: 5000,
              timeoutMs: 120_000,
            },
            rollback: 'captured',
            timeoutMs: 30_000,
          },
        ],
        manualRollback: [],
        approvals: [{ group: 'sre-leads', count: 1 }],
        digest: hex('4'),
      },
    },
  };
}

export function checkOf(more: Partial<ActionCheck> = {}): ActionCheck {
  return {
    cluster: 'prod',
    target: { ...checkout, uid: '6a6a6a6a-1111-2222-3333-444444444444' },
    requestDigest: hex('5'),
    guard: [{ path: '/spec/template', digest: hex('6'), summary: 'the pod template of revision 4' }],
    change: ['image of app: shop/checkout:v2 → shop/checkout:v1', 'revision: 4 → 3'],
    blastRadius: { objects: 1, pods: 3, summary: '1 Deployment, 3 pods are replaced, at most 1 at a time' },
    captured: null,
    rollback: { possible: true, summary: 'back to the template of revision 4' },
    rehearsed: true,
    verdict: {
      effect: 'needs-approval',
      rule: 'writes-need-approval',
      reasons: ['A change of a workload in production needs one of sre-leads.'],
      require: [{ group: 'sre-leads', count: 1 }],
      ttlSeconds: 900,
    },
    policyDigest: hex('7'),
    ...more,
  };
}

const readCheck = checkOf({
  requestDigest: null,
  change: [],
  verdict: { effect: 'allow', rule: 'reads', reasons: ['Reads are free.'] },
});

const of = (action: string) => ({ run: 'run-0001', action });

export const readDone: readonly Told[] = [
  { type: 'preconditions-checked', body: { run: 'run-0001', results: [], holds: true } },
  { type: 'action-checked', body: { ...of('look'), check: readCheck } },
  {
    type: 'action-executed',
    body: {
      ...of('look'),
      role: 'action',
      observed: false,
      summary: 'rollout status of deployment/checkout',
      output: 'Waiting for deployment "checkout" rollout to finish: 1 out of 3 new replicas have been updated...',
    },
  },
  { type: 'action-validated', body: { ...of('look'), role: 'action', outcome: 'succeeded', measured: 'read' } },
];

function askedFor(more: Partial<BodyOf<'approval-requested'>> = {}, check: ActionCheck = checkOf()): Told[] {
  return [
    { type: 'action-checked', body: { ...of('undo'), check } },
    {
      type: 'approval-requested',
      body: {
        ...of('undo'),
        approval: approvalId,
        digest: hex('8'),
        require: [{ group: 'sre-leads', count: 1 }],
        requester: null,
        expiresAt: '2036-11-21T03:19:06.000Z',
        typedConfirmation: false,
        ...more,
      },
    },
  ];
}

/** Up to the open question. */
export function untilAsked(
  more: Partial<BodyOf<'approval-requested'>> = {},
  check: ActionCheck = checkOf(),
): readonly Told[] {
  return [opened(), investigated(), planned(more.requester ?? null), ...readDone, ...askedFor(more, check)];
}

export const granted: Told = {
  type: 'approval-given',
  body: { approval: approvalId, by: jonas, groups: ['sre-leads'] },
};

export const undone: readonly Told[] = [
  {
    type: 'action-intended',
    body: {
      ...of('undo'),
      role: 'action',
      digest: hex('8'),
      requestDigest: hex('5'),
      approval: approvalId,
      summary: 'undo the rollout of Deployment shop/checkout',
    },
  },
  {
    type: 'action-executed',
    body: {
      ...of('undo'),
      role: 'action',
      observed: false,
      summary: 'Deployment shop/checkout is at revision 5, with the template of revision 3',
      output: '',
    },
  },
  {
    type: 'action-validated',
    body: {
      ...of('undo'),
      role: 'action',
      outcome: 'succeeded',
      measured: 'the rollout is complete: 3 of 3 ready for 5 s',
    },
  },
  { type: 'run-ended', body: { run: 'run-0001', status: 'succeeded', reason: 'Every action ended well.' } },
  {
    type: 'incident-mitigated',
    body: { run: 'run-0001', summary: 'The change was made and its validation holds.' },
  },
];

export const resolved: Told = {
  type: 'incident-resolved',
  body: { signalId: null, by: 'source', summary: 'The alert ended at its source.' },
};

const bot = { kind: 'bot' } as const;

/** As they are appended: everything by the bot, at one instant. */
export function newEvents(told: readonly Told[], at = '2026-11-21T03:04:05.678Z'): NewIncidentEvent[] {
  return told.map((event) => ({ actor: bot, cause: 'story', occurredAt: at, ...event }));
}

/** The same as a sealed stream, one second between events: what `threadOf` reads. */
export async function journalled(told: readonly Told[], reference = 'INC-7'): Promise<readonly IncidentEvent[]> {
  const clock = createFakeClock();
  const journal = createMemoryJournal({ clock });
  const stream = incidentStream(reference);
  for (const [index, event] of told.entries()) {
    const appended = await journal.append(stream, index, newEvents([event], clock.now().toISOString()));
    if (!appended.ok) throw new Error(appended.error.sentence);
    await clock.advance(1000);
  }
  return (await journal.read(stream)).map(readIncidentEvent);
}
