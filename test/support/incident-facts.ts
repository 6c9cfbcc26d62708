import type { Investigation, Scope } from '../../src/core/diagnosis/investigation.ts';
import { digestOf } from '../../src/core/digest.ts';
import type { ActionCheck, BodyOf } from '../../src/core/incident/events.ts';
import type { Verdict } from '../../src/core/policy/verdict.ts';
import type { Plan, PlannedAction } from '../../src/core/runbook/plan.ts';
import type { Alert, AlertGroupSignal, Person } from '../../src/core/signal/signal.ts';

export const ann: Person = { id: 'U-ANN', name: 'Ann' };
export const lena: Person = { id: 'U-LENA', name: 'Lena' };
export const lukas: Person = { id: 'U-LUKAS', name: 'Lukas' };

const target = { kind: 'Deployment', namespace: 'shop', name: 'checkout' } as const;
const scope: Scope = {
  cluster: 'test',
  namespace: 'shop',
  alert: {
    name: 'KubeDeploymentRolloutStuck',
    labels: { alertname: 'KubeDeploymentRolloutStuck', namespace: 'shop', deployment: 'checkout', severity: 'warning' },
  },
};

export function alert(more: Partial<Alert> = {}): Alert {
  return {
    fingerprint: 'f1e2d3c4b5a69788',
    status: 'firing',
    labels: { alertname: 'KubeDeploymentRolloutStuck', namespace: 'shop', deployment: 'checkout', severity: 'warning' },
    annotations: { summary: 'The rollout of checkout is stuck.' },
    startsAt: '2026-11-21T03:00:00.000Z',
    endsAt: null,
    generatorUrl: 'http://prometheus.example/graph',
    ...more,
  };
}

export function alertGroup(more: Partial<AlertGroupSignal> = {}): AlertGroupSignal {
  const alerts = more.alerts ?? [alert({ status: more.status ?? 'firing' })];
  return {
    kind: 'alert-group',
    source: 'alertmanager',
    group: 'group-1',
    status: 'firing',
    groupLabels: { alertname: 'KubeDeploymentRolloutStuck' },
    commonLabels: {
      alertname: 'KubeDeploymentRolloutStuck',
      namespace: 'shop',
      deployment: 'checkout',
      severity: 'warning',
    },
    commonAnnotations: { summary: 'The rollout of checkout is stuck.' },
    truncatedAlerts: 0,
    externalUrl: 'http://alertmanager.example',
    ...more,
    alerts,
  };
}

export function openedBody(more: Partial<BodyOf<'incident-opened'>> = {}): BodyOf<'incident-opened'> {
  return {
    signalId: 'signal-1',
    title: 'KubeDeploymentRolloutStuck: Deployment shop/checkout',
    severity: 'warning',
    source: 'alertmanager',
    group: 'group-1',
    alerts: [alert()],
    summary: 'The rollout of checkout is stuck.',
    description: '',
    runbookUrl: '',
    scope,
    subject: null,
    route: { channel: 'C-OPS', approvers: [], autonomy: 'assist' },
    requester: null,
    previous: null,
    ...more,
  };
}

export function investigation(more: Partial<Investigation> = {}): Investigation {
  return {
    schema: 'sre-copilot/investigation/v1',
    scope,
    capturedAt: '2026-11-21T03:04:06.000Z',
    status: 'diagnosed',
    findings: [
      {
        id: 'f1',
        code: 'image-pull-failed',
        object: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'checkout' },
        confidence: 'high',
        score: 0.97,
        summary: 'The image shop/checkout:v2 cannot be pulled: the tag does not exist.',
        cause: {
          path: 'spec.template.spec.containers[0].image',
          observed: 'shop/checkout:v2',
          expected: 'an image that exists',
        },
        recommendation: { text: 'Undo the rollout.', values: { container: 'app', image: 'shop/checkout:v2' } },
        evidence: ['e1'],
        explains: [],
      },
    ],
    evidence: [
      {
        id: 'e1',
        kind: 'object',
        source: 'Pod shop/checkout-6b8-xk2',
        at: '2026-11-21T03:04:06.000Z',
        summary: 'Container app waits: ErrImagePull',
        digest: 'e'.repeat(64),
      },
    ],
    missing: [],
    runbooks: [{ name: 'rollout-bad-image', score: 1, why: 'the alert names it' }],
    elapsedMs: { total: 120 },
    ...more,
  };
}

export const allow: Verdict = { effect: 'allow', rule: 'reads', reasons: ['Reads are free.'] };
export const denial: Verdict = { effect: 'deny', rule: 'protected', reasons: ['The namespace is protected.'] };
export function askFor(
  require: readonly { readonly group: string; readonly count: number }[] = [{ group: 'sre-leads', count: 1 }],
  more: { readonly ttlSeconds?: number; readonly typedConfirmation?: boolean } = {},
): Verdict {
  return {
    effect: 'needs-approval',
    rule: 'assist',
    reasons: ['Every change is asked for.'],
    require: [...require],
    ttlSeconds: 900,
    ...more,
  };
}

export const readStep: PlannedAction = {
  id: 'look',
  title: 'Look at the pods',
  action: { kind: 'get', resource: 'pods', names: [], namespace: 'shop', output: 'wide' },
  preconditions: [],
  rollback: 'none',
  timeoutMs: 30_000,
};
export const undoStep: PlannedAction = {
  id: 'undo',
  title: 'Undo the rollout of checkout',
  action: { kind: 'rollout-undo', target },
  preconditions: [],
  validate: {
    until: { kind: 'cel', expression: 'rolloutComplete(target)' },
    everyMs: 1_000,
    forMs: 3_000,
    timeoutMs: 120_000,
  },
  rollback: 'captured',
  timeoutMs: 60_000,
};
export const manualStep: PlannedAction = {
  id: 'tell',
  title: 'Tell the owners',
  action: { kind: 'manual', text: 'Tell the owners of checkout.', why: 'Only people can.' },
  preconditions: [],
  rollback: 'none',
  timeoutMs: 30_000,
};

export function plan(actions: readonly PlannedAction[] = [readStep, undoStep], more: Partial<Plan> = {}): Plan {
  const body = {
    runbook: {
      name: 'rollout-bad-image',
      title: 'Undo a rollout to an image that cannot be pulled',
      digest: 'b'.repeat(64),
    },
    inputs: { workload: { ...target } },
    tainted: false,
    confidence: 'high' as const,
    score: 0.97,
    preconditions: [],
    actions: [...actions],
    manualRollback: [],
    approvals: [{ group: 'sre-leads', count: 1 }],
    ...more,
  };
  return { ...body, digest: digestOf(body) };
}

/** A check of a write as `createActionChecker` makes it. */
export function writeCheck(more: Partial<ActionCheck> = {}): ActionCheck {
  return {
    cluster: 'test',
    target: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'checkout', uid: 'uid-1' },
    requestDigest: 'a'.repeat(64),
    guard: [
      { path: '/spec/template', digest: '1'.repeat(64), summary: 'image shop/checkout:v2' },
      { path: 'target-revision:/spec/template', digest: '2'.repeat(64), summary: 'revision 1, image shop/checkout:v1' },
    ],
    change: ['image: shop/checkout:v2 → shop/checkout:v1'],
    blastRadius: { objects: 1, pods: 3, summary: '3 pods are replaced' },
    captured: {
      kind: 'template',
      beforeDigest: '1'.repeat(64),
      beforeSummary: 'image shop/checkout:v2',
      revision: '2',
      appliedDigest: '2'.repeat(64),
    },
    rollback: { possible: true, summary: 'Undo to the template that runs now.' },
    rehearsed: true,
    verdict: askFor(),
    policyDigest: 'c'.repeat(64),
    ...more,
  };
}

export function readCheck(more: Partial<ActionCheck> = {}): ActionCheck {
  return {
    cluster: 'test',
    target: null,
    requestDigest: null,
    guard: [],
    change: [],
    blastRadius: { objects: 0, pods: 0, summary: 'reads only' },
    captured: null,
    rollback: { possible: false, why: 'A read changes nothing.' },
    rehearsed: false,
    verdict: allow,
    policyDigest: 'c'.repeat(64),
    ...more,
  };
}
