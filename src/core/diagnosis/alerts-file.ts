import { at, isRecord, recordsAt, stringsAt, textAt, timeAt, type WireRecord } from '../cluster/wire.ts';
import { expressionOf } from '../evidence/standard-queries.ts';
import type { Scope } from './investigation.ts';

/** An alert as a file gives it: enough to scope an investigation and to find a runbook. */
export type FileAlert = {
  readonly firing: boolean;
  readonly alert: NonNullable<Scope['alert']>;
  readonly summary: string | undefined;
  readonly description: string | undefined;
  readonly runbookUrl: string | undefined;
  /** The PromQL behind it, where it says. */
  readonly expression: string | undefined;
  /** Milliseconds; absent where it does not say, or says the zero time. */
  readonly startsAt: number | undefined;
  readonly endsAt: number | undefined;
};

/**
 * Alerts of a JSON document: a body of Alertmanager's webhook, a list as its API v2 gives it, a single alert of either, or `{ data: { alerts } }` as Prometheus
 * says it. Those without a name are left out; undefined when the document is none of these.
 */
export function readAlerts(document: unknown): readonly FileAlert[] | undefined {
  const alerts = alertsIn(document);
  return alerts?.flatMap((raw) => {
    const labels = stringsAt(raw, 'labels');
    const name = labels.alertname;
    if (name === undefined || name === '') return [];
    const fingerprint = textAt(raw, 'fingerprint');
    return [
      {
        firing: isFiring(raw),
        alert: { name, labels, ...(fingerprint === undefined ? {} : { fingerprint }) },
        summary: textAt(raw, 'annotations', 'summary'),
        description: textAt(raw, 'annotations', 'description') ?? textAt(raw, 'annotations', 'message'),
        runbookUrl: textAt(raw, 'annotations', 'runbook_url'),
        expression: expressionOf(textAt(raw, 'generatorURL')),
        startsAt: timeAt(raw, 'startsAt') ?? timeAt(raw, 'activeAt'),
        endsAt: timeAt(raw, 'endsAt'),
      },
    ];
  });
}

function alertsIn(document: unknown): readonly WireRecord[] | undefined {
  if (Array.isArray(document)) return document.filter(isRecord);
  if (!isRecord(document)) return undefined;
  if (Array.isArray(document.alerts)) return recordsAt(document, 'alerts').map(({ record }) => record);
  const inData = at(document, 'data', 'alerts');
  if (Array.isArray(inData)) return inData.filter(isRecord);
  return isRecord(document.labels) ? [document] : undefined;
}

// The webhook says `status: "firing"`, API v2 `status: { state: "active" }`, Prometheus `state: "firing"`. Silenced alerts (`suppressed`) fire too.
function isFiring(alert: WireRecord): boolean {
  const state = textAt(alert, 'status') ?? textAt(alert, 'status', 'state') ?? textAt(alert, 'state');
  return state === undefined || state === 'firing' || state === 'active' || state === 'suppressed';
}

/** The alert to investigate: the first that fires and is no heartbeat; else the first at all. */
export function chooseAlert(alerts: readonly FileAlert[]): FileAlert | undefined {
  const real = alerts.filter(({ alert }) => alert.name !== 'Watchdog' && alert.name !== 'InfoInhibitor');
  return real.find(({ firing }) => firing) ?? real[0];
}
