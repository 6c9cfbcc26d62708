import type { IncidentState } from '../incident/state.ts';
import { readQuestion } from './question.ts';
import { type AskedAbout, asked } from './subject.ts';

/**
 * Where to look for the answer to a question. What its words name comes first; without a name it is about the incident in whose thread it was asked. Null when neither
 * says anything: then nothing can be looked at.
 */
export function scopeOfQuestion(text: string, incident: IncidentState | undefined, cluster: string): AskedAbout | null {
  const { subject, namespace, alert } = readQuestion(text);
  if (subject !== null) {
    const about = asked(subject, cluster);
    return { scope: about.scope, subject: about.subject };
  }
  if (namespace !== null) return { scope: { cluster, namespace }, subject: null };
  // An alert's name alone does not say where to look: the incident's own alert does.
  if (incident !== undefined) return { scope: incident.opened.scope, subject: incident.opened.subject };
  return alert === null ? null : { scope: { cluster, alert: { name: alert, labels: {} } }, subject: null };
}

/** What to investigate when a question is asked outside of any incident, as the words of an `investigate`; null when the question names nothing. */
export function subjectOfQuestion(text: string): string | null {
  const { subject, namespace, alert } = readQuestion(text);
  return subject ?? (namespace === null ? null : `namespace/${namespace}`) ?? alert;
}
