import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { startSandbox } from '../src/composition/start-sandbox.ts';
import { demoPeople } from '../src/sandbox/demo/people.ts';

const rounds = 5;
const root = join(import.meta.dirname, '..');
const approve = '"approval_approve"';

/**
 * What a person waits for, in one run: `npm start` until its page answers; the alert's webhook until the finding stands in the thread; the click on Approve until the API
 * server has the change. Beside them their floor: one HTTP round trip on the loopback address. All over the local Slack workspace and the simulated cluster, with the real journal and policy.
 */
async function main(): Promise<void> {
  console.log(`${rounds} incidents, node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}`);
  const startMs: number[] = [];
  const answerMs: number[] = [];
  const changeMs: number[] = [];
  const floorMs: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    startMs.push(await timeStart());
    const sandbox = await startSandbox({ root, log: pino({ level: 'silent' }) });
    if (!sandbox.ok) throw new Error(sandbox.error.sentence);
    const { slack, world, copilot, stop } = sandbox.value;
    try {
      world.startScenario('bad-image');
      const card = await slack.waitFor(
        (workspace) =>
          workspace
            .messages(demoPeople.incidentsChannel)
            .flatMap(({ ts }) => workspace.messages(demoPeople.incidentsChannel, ts))
            .find(({ blocks }) => JSON.stringify(blocks ?? []).includes(approve)),
        15_000,
      );
      const state = copilot.incidents.all()[0];
      const arrived = Date.parse((await copilot.journal.read('inbox'))[0]?.recordedAt ?? '');
      const finding = slack.ledger().find((entry) => JSON.stringify(entry).includes('image-pull-failed'));
      if (state === undefined || finding === undefined) throw new Error('no finding was told');
      answerMs.push(Date.parse(finding.at) - arrived);
      const clickedAt = Date.now();
      await slack.as(demoPeople.lead.id).click(demoPeople.incidentsChannel, card.ts, 'approval_approve');
      const applied = await slack.waitFor(
        () => world.cluster.writes().find(({ method }) => method === 'PATCH'),
        10_000,
      );
      changeMs.push(Date.parse(applied.at) - clickedAt);
      floorMs.push(await roundTrip(copilot.url));
    } finally {
      await stop();
    }
  }
  const floor = median(floorMs);
  for (const [name, times] of [
    ['npm start → page usable', startMs],
    ['alert stored → finding in the thread', answerMs],
    ['click → change at the API server', changeMs],
    ['one HTTP round trip (floor)', floorMs],
  ] as const) {
    console.log(
      `${name.padEnd(40)} median ${median(times).toFixed(1)} ms  max ${Math.max(...times).toFixed(1)} ms  ${(median(times) / floor).toFixed(0)} × floor`,
    );
  }
}

async function timeStart(): Promise<number> {
  const startedMs = performance.now();
  const child = spawn(process.execPath, ['src/main.ts', 'demo'], { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] });
  const [line] = await once(child.stdout, 'data');
  await (await fetch(String(line).trim())).text();
  const tookMs = performance.now() - startedMs;
  child.kill('SIGINT');
  await once(child, 'exit');
  return tookMs;
}

async function roundTrip(url: string): Promise<number> {
  const times: number[] = [];
  for (let count = 0; count < 50; count += 1) {
    const startedMs = performance.now();
    const sent = request(`${url}/healthz`).end();
    const [answer] = await once(sent, 'response');
    answer.resume();
    await once(answer, 'end');
    times.push(performance.now() - startedMs);
  }
  return median(times);
}

function median(times: readonly number[]): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

await main();
