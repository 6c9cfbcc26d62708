import type { PolicyInput } from './policy-input.ts';

const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const;

/** What policy may know about the time: an instant in one fixed form (so that instants sort as text), and the day and hour in UTC for weekly freezes. */
export function timeFacts(now: Date): PolicyInput['time'] {
  const weekday = weekdays[now.getUTCDay()];
  if (weekday === undefined) throw new TypeError('timeFacts: not a time');
  return { now: now.toISOString(), weekday, hourUtc: now.getUTCHours() };
}
