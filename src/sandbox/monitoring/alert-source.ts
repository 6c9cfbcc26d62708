import { setTimeout as sleep } from 'node:timers/promises';
import { groupKeyOf, groupLabelsOf, isFiring, type Notified, notificationReason, webhookBody } from './alert-group.ts';
import { type Alert, type AlertRule, createRuleEvaluation } from './alert-rules.ts';
import type { LabelSet } from './label-sets.ts';

export type { AlertRule } from './alert-rules.ts';

export type Delivery = {
  readonly at: string;
  readonly groupKey: string;
  readonly status: 'firing' | 'resolved';
  readonly code: number | undefined;
};

export type AlertSource = {
  start(): void;
  /** Ends evaluation and any delivery under way. */
  stop(): Promise<void>;
  /** The alerts that fire now, by this source's own account. */
  firing(): readonly Alert[];
  /** The latest occurrence of every alert that ever fired, ended or not. */
  occurrences(): readonly Alert[];
  /** Every delivery that was tried; `code` is undefined where no answer came. */
  deliveries(): readonly Delivery[];
};

type Group = {
  readonly labels: LabelSet;
  readonly alerts: Map<string, Alert>;
  nextRoundAtMs: number;
  isBusy: boolean;
};

/**
 * Prometheus' rules and an Alertmanager with one webhook, in small: groups by labels, waits, notifies, repeats, and retries what failed.
 *
 * 2xx is delivered. A 5xx, a network error or a timeout is retried with back-off until the round's time is over; any other answer gives up
 * the round, and the group is sent again at the next interval as it is then. Notified groups are remembered like in Alertmanager's log, so an
 * alert that ended before anybody was told is never sent.
 */
export function createAlertSource(options: {
  webhookUrl: string | (() => string);
  token: string;
  rules: readonly AlertRule[];
  now?: () => number;
  groupWaitMs?: number;
  groupIntervalMs?: number;
  repeatIntervalMs?: number;
  evaluateEveryMs?: number;
  groupBy?: readonly string[];
  receiver?: string;
  externalUrl?: string;
  generatorUrl?: string | (() => string);
  /** The first retry comes after this long, each later one after 1.5 times as much. */
  retryAfterMs?: number;
  requestTimeoutMs?: number;
}): AlertSource {
  const now = options.now ?? Date.now;
  const groupWaitMs = options.groupWaitMs ?? 500;
  const groupIntervalMs = options.groupIntervalMs ?? 1000;
  const repeatIntervalMs = options.repeatIntervalMs ?? 4 * 60 * 60 * 1000;
  const groupBy = options.groupBy ?? ['alertname', 'namespace'];
  const evaluate = createRuleEvaluation(options.rules);
  const groups = new Map<string, Group>();
  const notified = new Map<string, Notified>();
  const deliveries: Delivery[] = [];
  const underWay = new Set<Promise<void>>();
  const occurrences = new Map<string, Alert>();
  let current: readonly Alert[] = [];
  let stopping = new AbortController();
  let timer: NodeJS.Timeout | undefined;

  function tick(): void {
    const nowMs = now();
    const { firing, resolved } = evaluate(nowMs);
    current = firing;
    for (const alert of [...firing, ...resolved]) {
      occurrences.set(alert.fingerprint, alert);
      file(alert, nowMs);
    }
    for (const group of groups.values()) {
      if (group.isBusy || group.nextRoundAtMs > nowMs) continue;
      group.isBusy = true;
      const round = runRound(group).finally(() => {
        group.isBusy = false;
        underWay.delete(round);
      });
      underWay.add(round);
    }
  }

  function file(alert: Alert, nowMs: number): void {
    const labels = groupLabelsOf(alert, groupBy);
    const key = groupKeyOf(labels);
    const group = groups.get(key) ?? { labels, alerts: new Map(), nextRoundAtMs: nowMs + groupWaitMs, isBusy: false };
    groups.set(key, group);
    group.alerts.set(alert.fingerprint, alert);
  }

  async function runRound(group: Group): Promise<void> {
    const key = groupKeyOf(group.labels);
    const alerts = [...group.alerts.values()].toSorted(
      (a, b) => a.startsAtMs - b.startsAtMs || a.fingerprint.localeCompare(b.fingerprint),
    );
    group.nextRoundAtMs = now() + groupIntervalMs;
    const reason = notificationReason(alerts, notified.get(key), now(), repeatIntervalMs);
    const isDelivered = reason === undefined || (await deliver(group, alerts, reason));
    if (!isDelivered) return;
    if (reason !== undefined) {
      const fingerprints = (of: readonly Alert[]) => new Set(of.map(({ fingerprint }) => fingerprint));
      const resolved = alerts.filter((alert) => !isFiring(alert));
      notified.set(key, {
        firing: fingerprints(alerts.filter(isFiring)),
        resolved: fingerprints(resolved),
        atMs: now(),
      });
    }
    for (const alert of alerts) {
      // One that fires again meanwhile is another occurrence, and stays.
      if (!isFiring(alert) && group.alerts.get(alert.fingerprint) === alert) group.alerts.delete(alert.fingerprint);
    }
    if (group.alerts.size === 0) groups.delete(key);
  }

  async function deliver(group: Group, alerts: readonly Alert[], reason: string): Promise<boolean> {
    const generator = options.generatorUrl ?? 'http://prometheus.invalid:9090';
    const body = webhookBody(
      { labels: group.labels, alerts },
      {
        reason,
        receiver: options.receiver ?? 'sre-copilot',
        externalUrl: options.externalUrl ?? 'http://alertmanager.invalid:9093',
        generatorUrl: typeof generator === 'string' ? generator : generator(),
      },
    );
    // Alertmanager's round lasts a group interval, and never less than 10 s.
    const endOfRound = performance.now() + Math.max(groupIntervalMs, 10_000);
    let waitMs = options.retryAfterMs ?? 500;
    while (performance.now() < endOfRound && !stopping.signal.aborted) {
      const code = await post(JSON.stringify(body));
      deliveries.push({ at: new Date(now()).toISOString(), groupKey: body.groupKey, status: body.status, code });
      if (code !== undefined && code >= 200 && code < 300) return true;
      if (code !== undefined && code < 500) return false;
      const pause = sleep(waitMs, undefined, { signal: stopping.signal, ref: false });
      // Aborted only by stop(), which the loop's condition sees next.
      await pause.catch(() => {});
      waitMs *= 1.5;
    }
    return false;
  }

  async function post(body: string): Promise<number | undefined> {
    const url = typeof options.webhookUrl === 'string' ? options.webhookUrl : options.webhookUrl();
    try {
      const response = await fetch(url, {
        method: 'POST',
        body,
        headers: {
          'Content-Type': 'application/json',
          'User-Agent': 'Alertmanager/0.34.0 (simulated)',
          Authorization: `Bearer ${options.token}`,
        },
        redirect: 'manual',
        signal: AbortSignal.any([stopping.signal, AbortSignal.timeout(options.requestTimeoutMs ?? 10_000)]),
      });
      await response.body?.cancel();
      return response.status;
    } catch {
      // No answer is an outcome like any other here: it is recorded, and retried.
      return undefined;
    }
  }

  return {
    start() {
      stopping = new AbortController();
      timer ??= setInterval(tick, options.evaluateEveryMs ?? 100).unref();
    },
    async stop() {
      clearInterval(timer);
      timer = undefined;
      stopping.abort();
      await Promise.allSettled([...underWay]);
    },
    firing: () => current,
    occurrences: () => [...occurrences.values()],
    deliveries: () => [...deliveries],
  };
}
