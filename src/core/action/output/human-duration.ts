const secondsPerMinute = 60;
const secondsPerHour = 3600;
const secondsPerDay = 86_400;
const secondsPerYear = 365 * secondsPerDay;

/** A span as kubectl prints it: two units at most, the second one only while the first is small (`118s`, `5m30s`, `7h`, `2d3h`). */
export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / 1000);
  // Clocks of two machines differ; two seconds into the future are still "now".
  if (seconds < -1) return '<invalid>';
  if (seconds <= 0) return '0s';
  if (seconds < 2 * secondsPerMinute) return `${seconds}s`;
  if (seconds < 10 * secondsPerMinute) return twoUnits(seconds, secondsPerMinute, 'm', 1, 's');
  if (seconds < 3 * secondsPerHour) return `${Math.floor(seconds / secondsPerMinute)}m`;
  if (seconds < 8 * secondsPerHour) return twoUnits(seconds, secondsPerHour, 'h', secondsPerMinute, 'm');
  if (seconds < 2 * secondsPerDay) return `${Math.floor(seconds / secondsPerHour)}h`;
  if (seconds < 8 * secondsPerDay) return twoUnits(seconds, secondsPerDay, 'd', secondsPerHour, 'h');
  if (seconds < 2 * secondsPerYear) return `${Math.floor(seconds / secondsPerDay)}d`;
  if (seconds < 8 * secondsPerYear) return twoUnits(seconds, secondsPerYear, 'y', secondsPerDay, 'd');
  return `${Math.floor(seconds / secondsPerYear)}y`;
}

function twoUnits(seconds: number, large: number, largeUnit: string, small: number, smallUnit: string): string {
  const rest = Math.floor((seconds % large) / small);
  return `${Math.floor(seconds / large)}${largeUnit}${rest === 0 ? '' : `${rest}${smallUnit}`}`;
}
