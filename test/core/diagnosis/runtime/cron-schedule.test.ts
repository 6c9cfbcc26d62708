import { describe, expect, it } from 'vitest';
import { lastDueBefore, parseCronSchedule, wallClockOf } from '../../../../src/core/diagnosis/runtime/cron-schedule.ts';

// A Saturday.
const at = Date.parse('2026-11-21T10:07:30Z');

describe('lastDueBefore', () => {
  it.each<[schedule: string, due: string]>([
    ['* * * * *', '2026-11-21T10:07:00Z'],
    ['*/15 * * * *', '2026-11-21T10:00:00Z'],
    ['5-50/20 * * * *', '2026-11-21T10:05:00Z'],
    ['0 3 * * *', '2026-11-21T03:00:00Z'],
    ['30 22 * * 1-5', '2026-11-20T22:30:00Z'],
    ['0 0 * * SUN', '2026-11-15T00:00:00Z'],
    ['0 0 * * 7', '2026-11-15T00:00:00Z'],
    ['0 12 1 jan,jul *', '2026-07-01T12:00:00Z'],
    ['0 0 13 * 5', '2026-11-20T00:00:00Z'],
    ['@hourly', '2026-11-21T10:00:00Z'],
    ['TZ=Europe/Berlin @daily', '2026-11-21T00:00:00Z'],
  ])('finds when "%s" was due', (text, due) => {
    const schedule = parseCronSchedule(text);
    expect(schedule).toBeDefined();
    expect(schedule === undefined ? undefined : lastDueBefore(schedule, at)).toBe(Date.parse(due));
  });

  it('gives up on a day that does not come', () => {
    const schedule = parseCronSchedule('0 0 30 2 *');
    expect(schedule === undefined ? 0 : lastDueBefore(schedule, at)).toBeUndefined();
  });
});

describe('parseCronSchedule', () => {
  it.each([
    '',
    'every day',
    '* * * *',
    '61 * * * *',
    '* 24 * * *',
    '5-1 * * * *',
    '*/0 * * * *',
    '@every 5m',
    'x'.repeat(5000),
  ])('refuses "%s"', (text) => {
    expect(parseCronSchedule(text)).toBeUndefined();
  });
});

describe('wallClockOf', () => {
  it.each<[zone: string | undefined, hours: number | undefined]>([
    [undefined, 0],
    ['Asia/Tokyo', 9],
    ['America/New_York', -5],
    ['No/Where', undefined],
  ])('shows the clock of %s', (zone, hours) => {
    const clock = wallClockOf(at, zone);
    expect(clock === undefined ? undefined : (clock - at) / 3_600_000).toBe(hours);
  });
});
