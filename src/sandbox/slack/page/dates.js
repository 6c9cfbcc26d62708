const day = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();

/** `Today`, `Yesterday`, or undefined for any other day. */
function relativeDay(date, now) {
  const days = Math.round((day(now) - day(date)) / 86_400_000);
  return days === 0 ? 'Today' : days === 1 ? 'Yesterday' : days === -1 ? 'Tomorrow' : undefined;
}

const format = (options) => (date) => new Intl.DateTimeFormat(undefined, options).format(date);
const time = format({ hour: '2-digit', minute: '2-digit' });
const timeSeconds = format({ hour: '2-digit', minute: '2-digit', second: '2-digit' });
const long = format({ weekday: 'long', year: 'numeric', month: 'long', day: 'numeric' });
const plain = format({ year: 'numeric', month: 'long', day: 'numeric' });
const short = format({ year: 'numeric', month: 'short', day: 'numeric' });
const number = format({ year: 'numeric', month: '2-digit', day: '2-digit' });

/** Fills Slack's date placeholders in the reader's own zone, as in `{date_short_pretty} {time}`. */
export function formatSlackDate(template, seconds, now = new Date()) {
  const date = new Date(seconds * 1000);
  const pretty = (fallback) => relativeDay(date, now) ?? fallback(date);
  return template.replace(/\{(\w+)\}/g, (whole, name) => {
    switch (name) {
      case 'time':
        return time(date);
      case 'time_secs':
        return timeSeconds(date);
      case 'date_num':
        return number(date);
      case 'date':
        return plain(date);
      case 'date_short':
        return short(date);
      case 'date_long':
      case 'date_long_full':
      case 'day_divider_pretty':
        return long(date);
      case 'date_pretty':
        return pretty(plain);
      case 'date_short_pretty':
        return pretty(short);
      case 'date_long_pretty':
        return pretty(long);
      case 'ago':
        return ago(date, now);
      default:
        return whole;
    }
  });
}

/** Hours and minutes alone, for narrow places. */
export const clockTime = (ts) => messageTime(ts).replace(/\s?[AP]M$/i, '');

/** Time and day of a message timestamp, in the reader's zone. */
export const messageTime = (ts) => time(new Date(Number(ts) * 1000));
export const fullTime = (ts) => `${long(new Date(Number(ts) * 1000))}, ${timeSeconds(new Date(Number(ts) * 1000))}`;
export const dayLabel = (ts, now = new Date()) =>
  relativeDay(new Date(Number(ts) * 1000), now) ?? long(new Date(Number(ts) * 1000));

/** `3 minutes ago`, roughly. */
export function ago(date, now = new Date()) {
  const seconds = Math.round((now.getTime() - date.getTime()) / 1000);
  if (seconds < 45) return 'just now';
  const [amount, unit] =
    seconds < 3_600
      ? [Math.round(seconds / 60), 'minute']
      : seconds < 86_400
        ? [Math.round(seconds / 3_600), 'hour']
        : [Math.round(seconds / 86_400), 'day'];
  return `${amount} ${unit}${amount === 1 ? '' : 's'} ago`;
}
