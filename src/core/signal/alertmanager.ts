import { z } from 'zod';
import { digestOf, sha256 } from '../digest.ts';
import { fail, ok, type Problem, problem, type Result } from '../result.ts';
import type { Alert, AlertGroupSignal } from './signal.ts';

/** Alerts beyond this many in one notification are counted, not kept. */
const maxAlerts = 100;
const maxText = 4000;
/** Labels or annotations of one alert beyond this many are left out; Prometheus rules set a dozen. */
const maxLabels = 100;

const textMap = z.record(z.string(), z.string()).default({});

// Not strict: newer versions of Alertmanager add fields (routeLabels, notification_reason), and an older co-pilot must still hear the alert.
const webhookSchema = z.object({
  version: z.literal('4'),
  groupKey: z.string().min(1),
  status: z.enum(['firing', 'resolved']),
  receiver: z.string().default(''),
  groupLabels: textMap,
  commonLabels: textMap,
  commonAnnotations: textMap,
  externalURL: z.string().default(''),
  truncatedAlerts: z.number().int().nonnegative().default(0),
  alerts: z
    .array(
      z.object({
        status: z.enum(['firing', 'resolved']),
        labels: textMap,
        annotations: textMap,
        startsAt: z.string(),
        endsAt: z.string().default(''),
        generatorURL: z.string().default(''),
        fingerprint: z.string().default(''),
      }),
    )
    .min(1),
});

/**
 * Reads a body of Alertmanager's webhook, version "4". `redact` is applied to every text that is kept: labels, annotations, URLs.
 *
 * `endsAt` of a firing alert is `0001-01-01T00:00:00Z` at the source and null here. An unreadable startsAt is a malformed body, since
 * fingerprint and startsAt together are the identity of an occurrence.
 */
export function readAlertmanagerWebhook(
  body: unknown,
  redact: (text: string) => string,
): Result<AlertGroupSignal, Problem<'webhook.malformed'>> {
  const parsed = webhookSchema.safeParse(body);
  // A lone surrogate has no UTF-8 form: it cannot be journalled, and no source sends one by accident.
  if (parsed.success && !isWellFormed(parsed.data)) return fail(malformed('a text is not well-formed Unicode'));
  if (!parsed.success) {
    const where = parsed.error.issues.slice(0, 3).map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`);
    return fail(malformed(where.join('; ')));
  }
  const { alerts, ...group } = parsed.data;
  const bad = alerts.findIndex(({ startsAt }) => instantOf(startsAt) === null);
  if (bad >= 0) return fail(malformed(`alerts.${bad}.startsAt: not a time`));
  const clean = (map: Record<string, string>) =>
    Object.fromEntries(
      Object.entries(map)
        .slice(0, maxLabels)
        .map(([key, value]) => [cut(key, 200), cut(redact(value), maxText)]),
    );
  return ok({
    kind: 'alert-group',
    source: 'alertmanager',
    group: sha256(group.groupKey).slice(0, 32),
    status: group.status,
    groupLabels: clean(group.groupLabels),
    commonLabels: clean(group.commonLabels),
    commonAnnotations: clean(group.commonAnnotations),
    alerts: alerts.slice(0, maxAlerts).map((alert): Alert => {
      const startsAt = instantOf(alert.startsAt) ?? '';
      const endsAt = alert.status === 'resolved' ? instantOf(alert.endsAt) : null;
      return {
        fingerprint: alert.fingerprint === '' ? digestOf(alert.labels).slice(0, 16) : cut(alert.fingerprint, 64),
        status: alert.status,
        labels: clean(alert.labels),
        annotations: clean(alert.annotations),
        startsAt,
        endsAt,
        generatorUrl: cut(redact(alert.generatorURL), maxText),
      };
    }),
    truncatedAlerts: group.truncatedAlerts + Math.max(0, alerts.length - maxAlerts),
    externalUrl: cut(redact(group.externalURL), maxText),
  });
}

/** The same notification sent again (retry, high-availability pair) has the same key: group, and per alert its occurrence and status. */
export function notificationKey(signal: AlertGroupSignal): string {
  const alerts = signal.alerts
    .map(({ fingerprint, status, startsAt }) => `${fingerprint} ${status} ${startsAt}`)
    .sort();
  return sha256(JSON.stringify([signal.group, signal.status, alerts]));
}

/** The start of a text; a pair of surrogates is never cut in two, since half of one cannot be stored. */
function cut(text: string, length: number): string {
  const start = text.slice(0, length);
  return start.isWellFormed() ? start : start.slice(0, -1);
}

function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, item]) => key.isWellFormed() && isWellFormed(item));
}

const lastInstantMs = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

function instantOf(text: string): string | null {
  const at = Date.parse(text);
  return Number.isNaN(at) || at <= 0 || at > lastInstantMs ? null : new Date(at).toISOString();
}

function malformed(where: string): Problem<'webhook.malformed'> {
  return problem(
    'webhook.malformed',
    `The body is not an Alertmanager webhook of version 4 (${where}). Nothing was stored. Remove a custom payload from this receiver, or send the standard body.`,
  );
}
