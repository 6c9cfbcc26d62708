import { describe, expect, it } from 'vitest';
import type { KnownKind } from '../../../src/core/cluster/kinds.ts';
import { isWellRow, stateOfRow, stemOfName, suspectsAmong } from '../../../src/core/cluster/triage-row.ts';

const podRow = (Ready: string, Status: string, Restarts = '0') => ({ Name: 'p', Ready, Status, Restarts });

describe('isWellRow', () => {
  it.each<[kind: KnownKind, row: Record<string, string>, isWell: boolean]>([
    ['Pod', podRow('1/1', 'Running'), true],
    ['Pod', podRow('2/2', 'Running', '12'), true],
    ['Pod', podRow('1/1', 'Running', '5 (3h ago)'), true],
    ['Pod', podRow('1/1', 'Running', '5 (3d2h ago)'), true],
    ['Pod', podRow('1/1', 'Running', '5 (1h2m ago)'), true],
    ['Pod', podRow('1/1', 'Running', '5 (2m ago)'), false],
    ['Pod', podRow('1/1', 'Running', '5 (2m30s ago)'), false],
    ['Pod', podRow('1/1', 'Running', '1 (45s ago)'), false],
    ['Pod', podRow('1/2', 'Running'), false],
    ['Pod', podRow('0/1', 'Completed'), true],
    ['Pod', podRow('0/1', 'CrashLoopBackOff', '5 (10s ago)'), false],
    ['Pod', podRow('0/1', 'Init:0/2'), false],
    ['Pod', podRow('0/1', 'Pending'), false],
    ['Pod', podRow('1/1', 'Terminating'), false],
    ['Pod', podRow('0/1', 'Evicted'), false],
    ['Pod', {}, false],
    ['Deployment', { Ready: '3/3', 'Up-to-date': '3', Available: '3' }, true],
    ['Deployment', { Ready: '3/3', 'Up-to-date': '1', Available: '3' }, false],
    ['Deployment', { Ready: '2/3', 'Up-to-date': '3' }, false],
    ['Deployment', { Ready: '0/0', 'Up-to-date': '0' }, true],
    ['StatefulSet', { Ready: '0/1' }, false],
    ['DaemonSet', { Desired: '3', Current: '3', Ready: '3', 'Up-to-date': '3', Available: '3' }, true],
    ['DaemonSet', { Desired: '3', Current: '3', Ready: '2', 'Up-to-date': '3', Available: '2' }, false],
    ['Job', { Status: 'Complete', Completions: '1/1' }, true],
    ['Job', { Status: 'Running', Completions: '0/1' }, true],
    ['Job', { Status: 'Failed', Completions: '0/1' }, false],
    ['Job', { Completions: '0/1' }, false],
    ['PersistentVolumeClaim', { Status: 'Bound' }, true],
    ['PersistentVolumeClaim', { Status: 'Pending' }, false],
    ['PersistentVolume', { Status: 'Released' }, false],
    ['Node', { Status: 'Ready' }, true],
    ['Node', { Status: 'Ready,SchedulingDisabled' }, false],
    ['Node', { Status: 'NotReady' }, false],
    ['Namespace', { Status: 'Terminating' }, false],
    ['HorizontalPodAutoscaler', { Targets: 'cpu: <unknown>/80%' }, false],
    ['HorizontalPodAutoscaler', { Targets: 'cpu: 10%/80%' }, true],
    ['APIService', { Available: 'False (MissingEndpoints)' }, false],
    ['Certificate', { Ready: 'False' }, false],
    ['Application', { 'Sync Status': 'OutOfSync', 'Health Status': 'Healthy' }, false],
    ['ConfigMap', { Data: '3' }, true],
  ])('%s %j: %s', (kind, row, isWell) => {
    expect(isWellRow(kind, row)).toBe(isWell);
  });
});

describe('stemOfName', () => {
  it.each([
    ['checkout-7d9c5b6f4-x2x8k', 'checkout'],
    ['db-0', 'db'],
    ['agent-x2x8k', 'agent'],
    ['solo', 'solo'],
  ])('%s → %s', (name, stem) => {
    expect(stemOfName(name)).toBe(stem);
  });
});

describe('suspectsAmong', () => {
  const row = (name: string, printed: string, isWell = false) => ({ name, printed, isWell });
  const rollout = Array.from({ length: 100 }, (_, index) => row(`web-7d9c5b6f4-${10_000 + index}`, '0/1 Pending'));

  it('takes what is not well, by name', () => {
    const rows = [row('b', '0/1 Pending'), row('c', '1/1 Running', true), row('a', '0/1 Error')];
    expect(suspectsAmong(rows, 10).map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it('takes every kind of trouble before more of the same', () => {
    const rows = [
      ...rollout,
      row('lonely', '0/1 ImagePullBackOff'),
      row('web-7d9c5b6f4-99999', '0/1 CrashLoopBackOff'),
    ];
    const chosen = suspectsAmong(rows, 5).map(({ name }) => name);
    expect(chosen).toHaveLength(5);
    expect(chosen).toContain('lonely');
    expect(chosen).toContain('web-7d9c5b6f4-99999');
  });

  it('does not depend on the order of the lines', () => {
    const names = (rows: typeof rollout) => suspectsAmong(rows, 7).map(({ name }) => name);
    expect(names(rollout.toReversed())).toEqual(names(rollout));
  });
});

it('tells the state of a line in a few words', () => {
  expect(stateOfRow(podRow('0/1', 'CrashLoopBackOff', '5 (2m ago)'))).toBe('0/1 CrashLoopBackOff 5 (2m ago)');
  expect(stateOfRow({ Name: 'x'.repeat(300) })).toBe('');
});
