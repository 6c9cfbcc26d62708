const bars = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
const maxBars = 24;

/** A series as a row of bars, oldest first, at most 24; each bar is the mean of its part. Empty for fewer than two numbers. All alike are drawn low. */
export function sparkline(values: readonly number[]): string {
  const numbers = values.filter((value) => Number.isFinite(value));
  if (numbers.length < 2) return '';
  const count = Math.min(maxBars, numbers.length);
  const means = Array.from({ length: count }, (_, index) => {
    const part = numbers.slice(
      Math.floor((index * numbers.length) / count),
      Math.floor(((index + 1) * numbers.length) / count),
    );
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
  const [least, most] = [Math.min(...means), Math.max(...means)];
  const step = (most - least) / (bars.length - 1);
  return means.map((mean) => bars[step === 0 ? 0 : Math.round((mean - least) / step)]).join('');
}
