/**
 * Whether a server that keeps failing is still asked.
 *
 * closed (counts failures in a row) → open until an instant → half-open (one call is let through) → closed, or open again.
 * Instants are milliseconds of a monotonic clock.
 */
export type Circuit =
  | { readonly state: 'closed'; readonly failures: number }
  | { readonly state: 'open'; readonly untilMs: number }
  | { readonly state: 'half-open'; readonly untilMs: number };

export type CircuitSettings = {
  /** Failures in a row that open it. */
  readonly failures: number;
  /** How long it stays open, and how long a probe may take before another is let through. */
  readonly openMs: number;
};

export const closedCircuit: Circuit = { state: 'closed', failures: 0 };

/** Asks for a call: whether it may be made, and the circuit as it is then. */
export function admit(
  circuit: Circuit,
  nowMs: number,
  { openMs }: CircuitSettings,
): { readonly admitted: boolean; readonly circuit: Circuit } {
  switch (circuit.state) {
    case 'closed':
      return { admitted: true, circuit };
    case 'open':
    case 'half-open':
      // A probe whose end was never told (its caller gave up) must not keep the circuit shut for ever.
      return nowMs < circuit.untilMs
        ? { admitted: false, circuit }
        : { admitted: true, circuit: { state: 'half-open', untilMs: nowMs + openMs } };
  }
  return circuit satisfies never;
}

/** Takes in how a call ended. */
export function settle(circuit: Circuit, worked: boolean, nowMs: number, settings: CircuitSettings): Circuit {
  if (worked) return closedCircuit;
  const open: Circuit = { state: 'open', untilMs: nowMs + settings.openMs };
  switch (circuit.state) {
    case 'closed':
      return circuit.failures + 1 >= settings.failures ? open : { state: 'closed', failures: circuit.failures + 1 };
    case 'half-open':
      return open;
    case 'open':
      // A call that began before it opened: the end of the pause stays where it is.
      return circuit;
  }
  return circuit satisfies never;
}
