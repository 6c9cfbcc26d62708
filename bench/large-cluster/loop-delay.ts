import { monitorEventLoopDelay } from 'node:perf_hooks';

/** How long the event loop was held, in milliseconds, since `start`. */
export type LoopDelay = {
  /** As node:perf_hooks measures it: what anything else in the process would have waited, other processes' turns on the CPU included. */
  readonly maxMs: number;
  readonly p99Ms: number;
  /** The longest time between two turns in which this process itself was computing: what is our own doing on a busy machine. */
  readonly ownMaxMs: number;
};

export function createLoopDelay() {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  let timer: NodeJS.Timeout | undefined;
  let ownMs = 0;
  return {
    start(): void {
      histogram.enable();
      let [wall, cpu] = [performance.now(), cpuMs()];
      timer = setInterval(() => {
        const [nowWall, nowCpu] = [performance.now(), cpuMs()];
        ownMs = Math.max(ownMs, Math.min(nowWall - wall, nowCpu - cpu));
        [wall, cpu] = [nowWall, nowCpu];
      }, 1);
    },
    stop(): LoopDelay {
      clearInterval(timer);
      histogram.disable();
      return { maxMs: histogram.max / 1e6, p99Ms: histogram.percentile(99) / 1e6, ownMaxMs: ownMs };
    },
  };
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
