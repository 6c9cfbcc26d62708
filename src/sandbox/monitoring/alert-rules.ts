import { fingerprintOf, type LabelSet } from './label-sets.ts';

/** An alerting rule. `active` tells, each time it is asked, for which label sets the condition holds now. */
export type AlertRule = {
  readonly alert: string;
  /** Labels of every alert of this rule, such as `severity`. */
  readonly labels: LabelSet;
  /** `summary`, `description`, `runbook_url`; `{{ $labels.x }}` stands for a label of the alert. */
  readonly annotations: LabelSet;
  active(): readonly LabelSet[] | boolean;
  /** How long the condition has to hold before the alert fires. */
  readonly forMs?: number;
};

/** One occurrence: it fires from `startsAtMs` until `endsAtMs`, if that has come. */
export type Alert = {
  readonly labels: LabelSet;
  readonly annotations: LabelSet;
  readonly fingerprint: string;
  readonly startsAtMs: number;
  readonly endsAtMs: number | undefined;
};

/** Evaluates rules as Prometheus does: pending until `forMs` are over, firing while active, resolved once when no longer. */
export function createRuleEvaluation(rules: readonly AlertRule[]) {
  const activeSince = new Map<string, number>();
  const firing = new Map<string, Alert>();

  return (nowMs: number): { firing: readonly Alert[]; resolved: readonly Alert[] } => {
    const held = new Set<string>();
    for (const rule of rules) {
      const active = rule.active();
      const sets = active === true ? [{}] : active === false ? [] : active;
      for (const set of sets) {
        const labels = { alertname: rule.alert, ...set, ...rule.labels };
        const fingerprint = fingerprintOf(labels);
        held.add(fingerprint);
        const since = activeSince.get(fingerprint) ?? nowMs;
        activeSince.set(fingerprint, since);
        if (nowMs - since < (rule.forMs ?? 0)) continue;
        const startsAtMs = firing.get(fingerprint)?.startsAtMs ?? nowMs;
        firing.set(fingerprint, {
          labels,
          annotations: filled(rule.annotations, labels),
          fingerprint,
          startsAtMs,
          endsAtMs: undefined,
        });
      }
    }
    const resolved: Alert[] = [];
    for (const fingerprint of activeSince.keys()) {
      if (held.has(fingerprint)) continue;
      activeSince.delete(fingerprint);
      const alert = firing.get(fingerprint);
      firing.delete(fingerprint);
      if (alert !== undefined) resolved.push({ ...alert, endsAtMs: nowMs });
    }
    return { firing: [...firing.values()], resolved };
  };
}

function filled(annotations: LabelSet, labels: LabelSet): LabelSet {
  const fill = (text: string): string =>
    text.replace(/\{\{\s*\$labels\.(\w+)\s*\}\}/g, (_, name: string) => labels[name] ?? '');
  return Object.fromEntries(Object.entries(annotations).map(([name, text]) => [name, fill(text)]));
}
