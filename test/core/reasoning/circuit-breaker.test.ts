import { describe, expect, it } from 'vitest';
import { admit, type Circuit, closedCircuit, settle } from '../../../src/core/reasoning/circuit-breaker.ts';

const settings = { failures: 3, openMs: 1_000 };
const failTimes = (times: number, from: Circuit = closedCircuit, nowMs = 0) => {
  let circuit = from;
  for (let count = 0; count < times; count += 1) circuit = settle(circuit, false, nowMs, settings);
  return circuit;
};

describe('the circuit of a server', () => {
  it('stays closed below the number of failures, and a success forgets them', () => {
    expect(failTimes(2)).toEqual({ state: 'closed', failures: 2 });
    expect(settle(failTimes(2), true, 0, settings)).toEqual(closedCircuit);
    expect(admit(failTimes(2), 0, settings).admitted).toBe(true);
  });

  it('opens at that number, and lets nothing through until its time is over', () => {
    expect(failTimes(3)).toEqual({ state: 'open', untilMs: 1_000 });
    expect(admit(failTimes(3), 999, settings).admitted).toBe(false);
  });

  it('then lets one call through, and one only', () => {
    const probing = admit(failTimes(3), 1_000, settings);
    expect(probing).toEqual({ admitted: true, circuit: { state: 'half-open', untilMs: 2_000 } });
    expect(admit(probing.circuit, 1_500, settings).admitted).toBe(false);
  });

  it('closes when that call works, and opens again when it fails', () => {
    const { circuit } = admit(failTimes(3), 1_000, settings);
    expect(settle(circuit, true, 1_100, settings)).toEqual(closedCircuit);
    expect(settle(circuit, false, 1_100, settings)).toEqual({ state: 'open', untilMs: 2_100 });
  });

  it('lets another call through when the end of a probe is never told', () => {
    const { circuit } = admit(failTimes(3), 1_000, settings);
    expect(admit(circuit, 2_000, settings).admitted).toBe(true);
  });

  it('is not held open longer by calls that began before', () => {
    expect(settle(failTimes(3), false, 900, settings)).toEqual({ state: 'open', untilMs: 1_000 });
  });
});
