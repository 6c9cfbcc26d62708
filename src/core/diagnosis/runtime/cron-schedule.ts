/** A schedule as cron writes it: which minutes of which days. */
export type CronSchedule = {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  readonly weekdays: ReadonlySet<number>;
  /** Days of the month and of the week are both restricted: then either is enough. */
  readonly eitherDay: boolean;
};

const macros: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};
const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const daysLookedAt = 400;

/** Reads the five fields of cron, with names, lists, ranges, steps and the usual macros (robfig/cron, which the CronJob controller uses). Undefined for what is none, and for `@every`. */
export function parseCronSchedule(text: string): CronSchedule | undefined {
  if (text.length > 200) return undefined;
  const plain = text.trim().replace(/^(?:CRON_TZ|TZ)=\S{1,60}\s{1,8}/, '');
  const fields = (macros[plain.toLowerCase()] ?? plain).split(/\s{1,8}/);
  if (fields.length !== 5) return undefined;
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = fields;
  const minutes = parseField(minute, 0, 59, []);
  const hours = parseField(hour, 0, 23, []);
  const days = parseField(day, 1, 31, []);
  const months = parseField(month, 1, 12, monthNames);
  const weekdays = parseField(weekday, 0, 7, dayNames);
  if (!minutes || !hours || !days || !months || !weekdays) return undefined;
  if (weekdays.has(7)) weekdays.add(0);
  return { minutes, hours, days, months, weekdays, eitherDay: !isStar(day) && !isStar(weekday) };
}

function isStar(field: string): boolean {
  return field.startsWith('*') || field === '?';
}

function parseField(field: string, least: number, most: number, names: readonly string[]): Set<number> | undefined {
  const values = new Set<number>();
  for (const part of field.split(',')) {
    const match = /^(\*|\?|[a-z]{3}|\d{1,2})(?:-([a-z]{3}|\d{1,2}))?(?:\/(\d{1,3}))?$/i.exec(part);
    if (match === null) return undefined;
    const [, from = '', to, stepText] = match;
    const isAll = from === '*' || from === '?';
    const start = isAll ? least : numberOf(from, names, least);
    const end = isAll ? most : to === undefined ? (stepText === undefined ? start : most) : numberOf(to, names, least);
    const step = stepText === undefined ? 1 : Number(stepText);
    if (start === undefined || end === undefined || start < least || end > most || start > end || step < 1)
      return undefined;
    for (let value = start; value <= end; value += step) values.add(value);
  }
  return values;
}

function numberOf(text: string, names: readonly string[], least: number): number | undefined {
  if (/^\d/.test(text)) return Number(text);
  const index = names.indexOf(text.toLowerCase());
  return index === -1 ? undefined : index + least;
}

/** The latest time a schedule was due at or before an instant; both in milliseconds of the schedule's own wall clock. Undefined when it was not due in the last 400 days. */
export function lastDueBefore(schedule: CronSchedule, at: number): number | undefined {
  const today = Math.floor(at / dayMs) * dayMs;
  const hours = [...schedule.hours].toSorted((a, b) => b - a);
  const minutes = [...schedule.minutes].toSorted((a, b) => b - a);
  for (let back = 0; back < daysLookedAt; back += 1) {
    const day = today - back * dayMs;
    if (!isOnDay(schedule, new Date(day))) continue;
    for (const hour of hours) {
      for (const minute of minutes) {
        const due = day + (hour * 60 + minute) * minuteMs;
        if (due <= at) return due;
      }
    }
  }
  return undefined;
}

function isOnDay(schedule: CronSchedule, date: Date): boolean {
  if (!schedule.months.has(date.getUTCMonth() + 1)) return false;
  const byDate = schedule.days.has(date.getUTCDate());
  const byWeekday = schedule.weekdays.has(date.getUTCDay());
  return schedule.eitherDay ? byDate || byWeekday : byDate && byWeekday;
}

/** The wall clock of a time zone at an instant, as milliseconds of a UTC clock that shows the same. Undefined for a zone that nobody knows. */
export function wallClockOf(instant: number, timeZone: string | undefined): number | undefined {
  if (timeZone === undefined) return instant;
  try {
    const parts = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    }).formatToParts(new Date(instant));
    const part = (type: string): number => Number(parts.find((one) => one.type === type)?.value);
    const shown = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
    return Number.isNaN(shown) ? undefined : shown;
  } catch {
    return undefined;
  }
}
