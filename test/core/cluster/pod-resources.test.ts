import { describe, expect, it } from 'vitest';
import { addRequests, createReadAmount, podAmounts, sayAmount } from '../../../src/core/cluster/pod-resources.ts';

const asking = (cpu: string, more: object = {}) => ({ name: 'c', resources: { requests: { cpu } }, ...more });
const sidecar = (cpu: string) => asking(cpu, { restartPolicy: 'Always' });

const rows: readonly [what: string, podSpec: unknown, cpu: number | undefined][] = [
  ['the sum of the containers', { containers: [asking('250m'), asking('1')] }, 1250],
  [
    'the largest init container when that is more',
    { containers: [asking('250m')], initContainers: [asking('2'), asking('1')] },
    2000,
  ],
  ['sidecars beside the containers', { containers: [asking('1')], initContainers: [sidecar('500m')] }, 1500],
  [
    'an init container beside the sidecars before it',
    { containers: [asking('100m')], initContainers: [sidecar('500m'), asking('2'), sidecar('100m')] },
    2500,
  ],
  ['a limit where no request is set', { containers: [{ resources: { limits: { cpu: '3' } } }] }, 3000],
  ['overhead besides', { containers: [asking('1')], overhead: { cpu: '10m' } }, 1010],
  ['what is said of the whole pod', { containers: [asking('1')], resources: { requests: { cpu: '4' } } }, 4000],
  ['nothing of what is no quantity', { containers: [asking('lots'), null, 'x'] }, undefined],
];

describe('what a pod requests', () => {
  it.each(rows)('is %s', (_what, podSpec, cpu) => {
    expect(podAmounts(podSpec, 'requests', createReadAmount()).get('cpu')).toBe(cpu);
  });

  it.each(rows)('adds up to the same the fast way (%s)', (_what, podSpec, cpu) => {
    const sum = new Map([['cpu', 1]]);
    addRequests(sum, podSpec, createReadAmount());
    expect(sum.get('cpu')).toBe((cpu ?? 0) + 1);
  });

  it('counts as the scheduler does: thousandths of a core and bytes, rounded up', () => {
    const read = createReadAmount();
    expect([
      read('cpu', '1500u'),
      read('cpu', 2),
      read('memory', '1Ki'),
      read('memory', '0.5'),
      read('requests.cpu', '1'),
      read('pods', '3'),
      read('cpu', null),
    ]).toEqual([2, 2000, 1024, 1, 1000, 3, undefined]);
  });

  it.each([
    ['cpu', 1500, '1500m'],
    ['cpu', 2000, '2'],
    ['limits.memory', 2 ** 31, '2Gi'],
    ['requests.storage', 5 * 2 ** 30, '5Gi'],
    ['pods', 3, '3'],
    ['requests.nvidia.com/gpu', 2, '2'],
  ] as const)('says %s %i as %s', (resource, amount, said) => {
    expect(sayAmount(resource, amount)).toBe(said);
  });
});
