/**
 * The co-pilot as a process of its own, which ends itself by SIGKILL at one write: `node copilot-process.ts SETTINGS [POINT]`.
 *
 * SETTINGS is a file with `{ config, environment }`, POINT a crash point as JSON. Each crossing of a write and `ready` are told as lines of JSON on
 * stdout. The line `idle` on stdin is answered when nothing is left to do; SIGTERM ends it in order; the end of stdin ends it at once.
 */
import { readFileSync, writeSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { createInterface } from 'node:readline';
import type { CrashPoint } from './crash-point.ts';
import { crossingSeams } from './crossing-seams.ts';

// A process is started hundreds of times in a sweep.
enableCompileCache();
const [{ startCopilot }, { createLog }, { readConfig }] = await Promise.all([
  import('../../src/composition/start-copilot.ts'),
  import('../../src/composition/log.ts'),
  import('../../src/config/config.ts'),
]);

const [settingsFile = '', pointText] = process.argv.slice(2);
const point: CrashPoint | undefined = pointText === undefined ? undefined : JSON.parse(pointText);

// Written at once and by this thread: what was told before a kill was told.
const tell = (line: object) => writeSync(1, `${JSON.stringify(line)}\n`);

const seams = crossingSeams((crossing) => {
  tell({ crossed: crossing });
  const { at, what, nth, when } = crossing;
  if (point?.at === at && point.what === what && point.nth === nth && point.when === when)
    process.kill(process.pid, 'SIGKILL');
});

const settings: { config: unknown; environment: Record<string, string> } = JSON.parse(
  readFileSync(settingsFile, 'utf8'),
);
const config = readConfig(settings.config, settings.environment);
if (!config.ok) throw new Error(config.error.join('; '));
const started = await startCopilot(config.value, createLog(), seams);
if (!started.ok) throw new Error(started.error.sentence);
const copilot = started.value;
tell({ ready: `${copilot.url}/webhooks/alertmanager` });

process.once('SIGTERM', () => {
  void copilot.stop().then(() => process.exit(0));
});
for await (const line of createInterface({ input: process.stdin })) {
  if (line !== 'idle') continue;
  void copilot.idle().then(() => tell({ idle: true }));
}
// The parent is gone, and with it everything this process talks to.
process.kill(process.pid, 'SIGKILL');
