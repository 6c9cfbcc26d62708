import type { Change, ObjectStore } from '../store/object-store.ts';

/**
 * One controller of the simulated control plane: level-triggered, like the real ones. It may be woken at any time and any number of times; it
 * looks at the store, makes the next step, and says when to look again even if nothing changes.
 */
export type Controller = {
  readonly name: string;
  /** The keys that a change concerns. Keys are the controller's own; most use `namespace/name`. */
  wakes(change: Change): readonly string[];
  /** @returns the instant (epoch ms) to look again, or undefined when only a change can matter. */
  reconcile(key: string): number | undefined;
};

export type ControlLoop = {
  /** Does everything that is due, until nothing more is. */
  runDue(): void;
  /** The next instant at which something is due, if any. */
  nextDue(): number | undefined;
  /** Wakes every controller for every stored object, as after a restart of the control plane. */
  wakeAll(): void;
  start(tickMs: number): void;
  stop(): void;
};

// Far above what a rollout needs; only a controller that never comes to rest reaches it.
const maxStepsPerRun = 100_000;

export function createControlLoop(parts: {
  store: ObjectStore;
  controllers: readonly Controller[];
  now: () => number;
  kinds: readonly string[];
}): ControlLoop {
  const { store, controllers, now } = parts;
  const due = new Map<Controller, Map<string, number>>(controllers.map((controller) => [controller, new Map()]));
  let timer: NodeJS.Timeout | undefined;

  function wake(change: Change): void {
    for (const [controller, keys] of due) {
      for (const key of controller.wakes(change)) keys.set(key, Number.NEGATIVE_INFINITY);
    }
  }
  store.subscribe(wake);

  function takeDue(at: number): [Controller, string] | undefined {
    for (const [controller, keys] of due) {
      for (const [key, instant] of keys) {
        if (instant > at) continue;
        keys.delete(key);
        return [controller, key];
      }
    }
    return undefined;
  }

  function runDue(): void {
    const at = now();
    for (let step = 0; step < maxStepsPerRun; step += 1) {
      const next = takeDue(at);
      if (next === undefined) return;
      const [controller, key] = next;
      const again = controller.reconcile(key);
      const keys = due.get(controller);
      // Woken meanwhile by its own write: that look comes first and will say again when to come back.
      if (again !== undefined && keys?.has(key) === false) keys.set(key, again);
    }
    throw new Error('the simulated controllers do not come to rest; stop the cluster and report the objects it holds');
  }

  return {
    runDue,
    nextDue() {
      let next: number | undefined;
      for (const keys of due.values()) for (const instant of keys.values()) next = Math.min(next ?? instant, instant);
      return next;
    },
    wakeAll() {
      for (const keys of due.values()) keys.clear();
      for (const kind of parts.kinds) {
        for (const object of store.list(kind)) wake({ type: 'ADDED', revision: store.revision(), object });
      }
    },
    start(tickMs) {
      timer ??= setInterval(runDue, tickMs).unref();
    },
    stop() {
      clearInterval(timer);
      timer = undefined;
    },
  };
}
