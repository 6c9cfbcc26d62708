import { sayRef } from '../../core/cluster/object.ts';
import { flapsOf, timesOf } from '../../core/incident/detections.ts';
import { activeRun, type IncidentState, type Phase, pendingApprovals } from '../../core/incident/state.ts';

export const apiPath = '/api/v1';

/** An incident in a list of the HTTP API. `flaps` and `times` count what the watch of the cluster saw (docs/http-api.md). */
export type IncidentSummary = {
  readonly reference: string;
  readonly title: string;
  readonly phase: Phase;
  readonly severity: string;
  readonly source: IncidentState['opened']['source'];
  readonly cluster: string;
  readonly namespace: string | null;
  readonly object: string | null;
  readonly openedAt: string;
  readonly mitigatedAt: string | null;
  readonly resolvedAt: string | null;
  readonly flaps: number;
  readonly times: number;
  readonly escalated: boolean;
  readonly links: { readonly self: string; readonly timeline: string };
};

export type IncidentDocument = IncidentSummary & {
  readonly seq: number;
  readonly summary: string;
  readonly previous: string | null;
  readonly alerts: readonly {
    readonly name: string;
    readonly status: string;
    readonly startsAt: string;
    readonly endsAt: string | null;
  }[];
  readonly detections: readonly {
    readonly rule: string;
    readonly object: string;
    readonly since: string;
    readonly flaps: number;
    readonly times: number;
  }[];
  readonly finding: {
    readonly code: string;
    readonly object: string;
    readonly confidence: string;
    readonly summary: string;
  } | null;
  readonly run: { readonly runbook: string; readonly status: string } | null;
  readonly waitingForApproval: boolean;
};

export function summaryOf(state: IncidentState): IncidentSummary {
  const { reference, opened, phase, openedAt, mitigatedAt, resolvedAt, detections, escalated } = state;
  const { scope } = opened;
  const self = `${apiPath}/incidents/${encodeURIComponent(reference)}`;
  return {
    reference,
    title: opened.title,
    phase,
    severity: opened.severity,
    source: opened.source,
    cluster: scope.cluster,
    namespace: scope.namespace ?? null,
    object: scope.object === undefined ? null : sayRef(scope.object),
    openedAt,
    mitigatedAt,
    resolvedAt,
    flaps: flapsOf(detections),
    times: timesOf(detections),
    escalated: escalated !== null,
    links: { self, timeline: `${self}/timeline` },
  };
}

export function documentOf(state: IncidentState): IncidentDocument {
  const { alerts, detections, investigation, opened, seq } = state;
  const finding = investigation?.document.findings[0];
  const run = activeRun(state) ?? state.runs.at(-1);
  return {
    ...summaryOf(state),
    seq,
    summary: opened.summary,
    previous: opened.previous,
    alerts: alerts.map(({ labels, status, startsAt, endsAt }) => ({
      name: labels.alertname ?? '',
      status,
      startsAt,
      endsAt,
    })),
    detections: Object.values(detections).map(({ rule, object, since, flaps, times }) => ({
      rule,
      object: sayRef(object),
      since,
      flaps,
      times,
    })),
    finding:
      finding === undefined
        ? null
        : {
            code: finding.code,
            object: sayRef(finding.object),
            confidence: finding.confidence,
            summary: finding.summary,
          },
    run: run === undefined ? null : { runbook: run.plan.runbook.name, status: run.status },
    waitingForApproval: pendingApprovals(state).length > 0,
  };
}
