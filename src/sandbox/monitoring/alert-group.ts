import type { Alert } from './alert-rules.ts';
import { commonPairs, type LabelSet, printLabels } from './label-sets.ts';

/** The body of an Alertmanager webhook, version 4, as Alertmanager 0.34 sends it. */
export type WebhookBody = {
  receiver: string;
  status: 'firing' | 'resolved';
  alerts: {
    status: 'firing' | 'resolved';
    labels: LabelSet;
    annotations: LabelSet;
    startsAt: string;
    endsAt: string;
    generatorURL: string;
    fingerprint: string;
  }[];
  groupLabels: LabelSet;
  commonLabels: LabelSet;
  commonAnnotations: LabelSet;
  externalURL: string;
  version: '4';
  groupKey: string;
  truncatedAlerts: number;
  routeLabels: LabelSet;
  notification_reason: string;
};

/** What was last accepted by the receiver. */
export type Notified = {
  readonly firing: ReadonlySet<string>;
  readonly resolved: ReadonlySet<string>;
  readonly atMs: number;
};

/** Why a group has to be notified now, or undefined when it has not (Alertmanager's DedupStage). */
export function notificationReason(
  alerts: readonly Alert[],
  last: Notified | undefined,
  nowMs: number,
  repeatIntervalMs: number,
): string | undefined {
  const firing = alerts.filter(isFiring);
  // Never told that it began: nobody needs to hear that it ended.
  if (last === undefined) return firing.length === 0 ? undefined : 'first notification';
  if (firing.some(({ fingerprint }) => !last.firing.has(fingerprint))) return 'new alerts added';
  const resolved = alerts.filter((alert) => !isFiring(alert));
  if (firing.length === 0) return last.firing.size > 0 ? 'all alerts resolved' : undefined;
  if (resolved.some(({ fingerprint }) => !last.resolved.has(fingerprint))) return 'some alerts resolved';
  return nowMs - last.atMs >= repeatIntervalMs ? 'repeat interval elapsed' : undefined;
}

export function webhookBody(
  group: { labels: LabelSet; alerts: readonly Alert[] },
  facts: { receiver: string; externalUrl: string; generatorUrl: string; reason: string },
): WebhookBody {
  const { alerts, labels } = group;
  return {
    receiver: facts.receiver,
    status: alerts.some(isFiring) ? 'firing' : 'resolved',
    alerts: alerts.map((alert) => ({
      status: isFiring(alert) ? 'firing' : 'resolved',
      labels: alert.labels,
      annotations: alert.annotations,
      startsAt: new Date(alert.startsAtMs).toISOString(),
      endsAt: alert.endsAtMs === undefined ? '0001-01-01T00:00:00Z' : new Date(alert.endsAtMs).toISOString(),
      generatorURL: `${facts.generatorUrl}/graph?g0.expr=${encodeURIComponent(`ALERTS{alertname="${alert.labels.alertname ?? ''}"}`)}&g0.tab=1`,
      fingerprint: alert.fingerprint,
    })),
    groupLabels: labels,
    commonLabels: commonPairs(alerts.map((alert) => alert.labels)),
    commonAnnotations: commonPairs(alerts.map((alert) => alert.annotations)),
    externalURL: facts.externalUrl,
    version: '4',
    groupKey: groupKeyOf(labels),
    truncatedAlerts: 0,
    routeLabels: {},
    notification_reason: facts.reason,
  };
}

/** The key of a group under the root route: its labels in Prometheus' print. */
export function groupKeyOf(labels: LabelSet): string {
  return `{}:${printLabels(labels)}`;
}

/** The labels an alert is grouped by; those it lacks are left out. */
export function groupLabelsOf(alert: Alert, groupBy: readonly string[]): LabelSet {
  return Object.fromEntries(Object.entries(alert.labels).filter(([name]) => groupBy.includes(name)));
}

export function isFiring(alert: Alert): boolean {
  return alert.endsAtMs === undefined;
}
