import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type CrashPoint, sayPoint } from './crash-point.ts';

/** How a process ended; `at` is when its parent learned of it. */
export type ChildEnd = { readonly signal: NodeJS.Signals | null; readonly code: number | null; readonly at: string };

/** One life of the co-pilot. */
export type CopilotChild = {
  /** Where its webhook is; undefined until it is ready. */
  webhookUrl(): string | undefined;
  /** Everything written so far, both moments of each write, as `sayPoint` says it. */
  crossings(): readonly CrashPoint[];
  /** What it wrote to stderr. */
  log(): string;
  readonly ended: Promise<ChildEnd>;
  kill(): void;
  /** Resolves when the process says that it has nothing left to do; never when it ends before. */
  idle(): Promise<void>;
  /** Ends it in order. */
  stop(): Promise<ChildEnd>;
};

const stopWithinMs = 8_000;

/** Starts the co-pilot in a process that dies at `point`. `settingsFile` is as copilot-process.ts reads it. */
export function startCopilotChild(settingsFile: string, point: CrashPoint | undefined): CopilotChild {
  const args = [
    join(import.meta.dirname, 'copilot-process.ts'),
    settingsFile,
    ...(point === undefined ? [] : [JSON.stringify(point)]),
  ];
  const child = spawn(process.execPath, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH ?? '' },
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const crossings: CrashPoint[] = [];
  let webhookUrl: string | undefined;
  let isIdle: (() => void) | undefined;

  // What a process wrote before it was killed is still read after its end.
  const output = createInterface({ input: child.stdout });
  output.on('line', (line) => {
    const told: { ready?: string; crossed?: CrashPoint; idle?: boolean } = JSON.parse(line);
    if (told.ready !== undefined) webhookUrl = told.ready;
    if (told.crossed !== undefined) crossings.push(told.crossed);
    if (told.idle === true) isIdle?.();
  });
  // Writing to one that was just killed is no news: `ended` tells.
  child.stdin.on('error', () => undefined);

  const ended = new Promise<ChildEnd>((resolve, reject) => {
    let at = '';
    child.once('error', reject);
    child.once('exit', () => {
      at = new Date().toISOString();
    });
    child.once('close', (code, signal) => resolve({ code, signal, at }));
  });

  return {
    webhookUrl: () => webhookUrl,
    crossings: () => crossings,
    log: () => log,
    ended,
    kill: () => void child.kill('SIGKILL'),
    idle() {
      const { promise, resolve } = Promise.withResolvers<void>();
      isIdle = resolve;
      child.stdin.write('idle\n');
      return promise;
    },
    async stop() {
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), stopWithinMs);
      const end = await ended;
      clearTimeout(late);
      return end;
    },
  };
}

/** Whether a life came past a point. */
export function hasCrossed(child: Pick<CopilotChild, 'crossings'>, point: CrashPoint): boolean {
  const wanted = sayPoint(point);
  return child.crossings().some((crossing) => sayPoint(crossing) === wanted);
}
