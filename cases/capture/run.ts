/**
 * Captures the cases under cases/captured/ from a real control plane: `node cases/capture/run.ts [--only REGEX]`. Each case that matches (all without --only) is made,
 * captured and written anew; the others stay as they are. Exit code 0 when all were captured, 1 otherwise.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { baseSystem } from './base-system.ts';
import { captureCase } from './capture-case.ts';
import { families } from './families.ts';
import { openLab } from './lab.ts';

const { values } = parseArgs({ options: { only: { type: 'string' }, list: { type: 'boolean', default: false } } });
const only = new RegExp(values.only ?? '');
const target = join(import.meta.dirname, '..', 'captured');
const say = (line: string) => process.stdout.write(`${line}\n`);

const chosen = families
  .flatMap(({ name, cases }) => cases.map((definition) => ({ family: name, definition })))
  .filter(({ family, definition }) => only.test(`${family}/${definition.name}`));
if (values.list) for (const { family, definition } of chosen) say(`${family}/${definition.name}`);
else process.exitCode = await captureAll();

async function captureAll(): Promise<number> {
  const lab = await openLab(say);
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void lab.close().finally(() => process.exit(130)));
  let failed = 0;
  try {
    await baseSystem(lab);
    for (const { family, definition } of chosen) {
      const began = performance.now();
      const seconds = () => ((performance.now() - began) / 1000).toFixed(1);
      try {
        const bytes = await captureCase({ lab, family, definition, folder: join(target, family, definition.name) });
        say(`${family}/${definition.name}: ${(bytes / 1000).toFixed(0)} kB, ${seconds()} s`);
      } catch (cause) {
        failed++;
        say(
          `${family}/${definition.name}: FAILED after ${seconds()} s: ${cause instanceof Error ? cause.message : String(cause)}`,
        );
      }
    }
  } finally {
    await lab.close();
  }
  say(failed === 0 ? `${chosen.length} cases were captured` : `${failed} of ${chosen.length} cases were not captured`);
  return failed === 0 ? 0 : 1;
}
