import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { evalCommand } from '../../src/cli/eval.ts';
import { evalDependencies } from '../../src/composition/eval-dependencies.ts';

const captured = fileURLToPath(new URL('../../cases/captured', import.meta.url));

it('answers every case captured from a real control plane as expected, and claims nothing else', async () => {
  const out: string[] = [];
  const say = (text: string) => void out.push(text);
  const exit = await evalCommand(
    captured,
    { json: true, verbose: false },
    { ...evalDependencies(), stdout: say, stderr: say },
  );
  const { results, ...scores } = JSON.parse(out.join('')) as {
    readonly results: readonly { readonly name: string; readonly faults: readonly string[] }[];
    readonly high: { readonly precision: number; readonly coverage: number };
  };
  expect(results.filter(({ faults }) => faults.length > 0).map(({ name, faults }) => [name, ...faults])).toEqual([]);
  expect(exit).toBe(0);
  // What `high` is worth, and how much of what is right it covers: the bar that confidence is calibrated to.
  expect(scores.high.precision).toBeGreaterThanOrEqual(0.97);
  expect(scores.high.coverage).toBeGreaterThanOrEqual(0.6);
}, 60_000);
