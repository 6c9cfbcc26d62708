import { describe, expect, it } from 'vitest';
import type { WireObject } from '../../../../src/core/cluster/object.ts';
import { analyzeCrashLoop } from '../../../../src/core/diagnosis/analyzers/crash-loop.ts';
import {
  backOff,
  badImageShop,
  crashShop,
  healthyShop,
  hour,
  minute,
  node,
  now,
  oomShop,
  pod,
  runningAgain,
  second,
  terminated,
} from '../../../support/shop-objects.ts';
import { runAnalyzer } from './run-analyzer.ts';

const run = (objects: readonly WireObject[], more: Parameters<typeof runAnalyzer>[2] = {}) =>
  runAnalyzer(analyzeCrashLoop, objects, more);

describe('container-crash-looping', () => {
  it('names the workload, the container and how it ends', () => {
    expect(run(crashShop())).toMatchObject([
      {
        code: 'container-crash-looping',
        object: { kind: 'Deployment', namespace: 'shop', name: 'checkout' },
        cause: { path: 'spec.template.spec.containers[0]', observed: 'exit code 1' },
        confidence: 'high',
      },
    ]);
  });

  it.each<[exitCode: number, reason: string, said: string]>([
    [0, 'Completed', 'ended by itself'],
    [127, 'Error', 'not found'],
    [128, 'StartError', 'StartError'],
    [137, 'Error', 'not for memory'],
    [139, 'Error', 'segmentation fault'],
    [143, 'Error', 'asked to stop'],
  ])('says what exit code %i (%s) means', (exitCode, reason, said) => {
    const status = backOff(terminated({ exitCode, reason, agoMs: second }));
    expect(run(crashShop(status))[0]?.cause.observed).toContain(said);
  });

  it('shows the end of the previous log, which never makes it surer', () => {
    const text = `${Array.from({ length: 30 }, (_, line) => `line ${line}`).join('\n')}\nfatal: no route to db\n`;
    const log = { namespace: 'shop', pod: 'checkout-1-aaaaa', container: 'checkout', previous: true, text, at: now };
    const [finding] = run(crashShop(), { logs: [log] });
    const shown = finding?.support.find(({ kind }) => kind === 'log');
    expect(shown?.summary).toContain('fatal: no route to db');
    expect(shown?.summary).not.toContain('line 3\n');
    expect(finding?.score).toBe(run(crashShop())[0]?.score);
  });

  it.each<[why: string, status: Record<string, unknown>]>([
    ['waits in back-off', backOff(terminated({ agoMs: 10 * second }))],
    ['just ended again', { ready: false, restartCount: 2, ...{ state: terminated({ agoMs: second }) } }],
    ['runs since a moment', runningAgain(terminated({ agoMs: 6 * second }), 5 * second, 5)],
  ])('speaks up while the container %s', (_why, status) => {
    expect(run(crashShop(status))).toHaveLength(1);
  });

  const init = pod({
    name: 'with-init',
    owner: null,
    spec: { initContainers: [{ name: 'migrate', image: 'm:1' }] },
    status: {
      initContainerStatuses: [
        {
          name: 'migrate',
          ready: true,
          restartCount: 0,
          state: terminated({ reason: 'Completed', exitCode: 0, agoMs: minute }),
        },
      ],
    },
  });

  it.each<[why: string, objects: WireObject[]]>([
    ['all runs', healthyShop()],
    ['memory is the reason', oomShop()],
    ['the image is the reason', badImageShop()],
    ['the container crashed once and runs', crashShop(runningAgain(terminated({ agoMs: minute }), minute, 1))],
    [
      'it crashed while its database came up, and runs since',
      crashShop(runningAgain(terminated({ agoMs: 8 * minute, ranMs: 5 * second }), 8 * minute, 4)),
    ],
    ['it crashed last week', crashShop(runningAgain(terminated({ agoMs: 170 * hour }), 170 * hour, 12))],
    [
      'it was restarted with its node',
      crashShop(runningAgain(terminated({ reason: 'Completed', exitCode: 0, agoMs: minute }), minute, 3)),
    ],
    ['an init container is done', [node('n1'), init]],
    [
      'the pod of a Job failed and is not started again',
      [
        node('n1'),
        pod({
          name: 'job-x',
          owner: null,
          phase: 'Failed',
          spec: { restartPolicy: 'Never' },
          containers: [{ status: { ready: false, restartCount: 0, state: terminated({ agoMs: second }) } }],
        }),
      ],
    ],
  ])('is silent when %s', (_why, objects) => {
    expect(run(objects)).toEqual([]);
  });

  const initContainer = (spec: Record<string, unknown>) => [
    node('n1'),
    pod({
      name: 'broken-init',
      owner: null,
      ready: false,
      spec: { initContainers: [{ name: 'proxy', image: 'm:1', ...spec }] },
      status: { initContainerStatuses: [{ name: 'proxy', ...backOff(terminated({ agoMs: second })) }] },
    }),
  ];

  it('speaks of a sidecar that is declared as an init container, and leaves other init containers to their own code', () => {
    expect(run(initContainer({ restartPolicy: 'Always' }))).toMatchObject([
      { object: { kind: 'Pod' }, cause: { path: 'spec.initContainers[0]' } },
    ]);
    expect(run(initContainer({}))).toEqual([]);
  });

  it.each<[line: string, said: string]>([
    ['panic: runtime error: index out of range [3] with length 3', 'a Go panic'],
    ['listen tcp :8080: bind: address already in use', 'a port that is in use'],
    ['yaml: line 4: mapping values are not allowed in this context', 'a configuration that cannot be read'],
    ['Segmentation fault (core dumped)', 'a segmentation fault'],
    ['java.lang.OutOfMemoryError: Java heap space', 'memory that the process could not get'],
    ["Error: Cannot find module 'express'", 'a file or module that is not there'],
    ['Traceback (most recent call last):', 'an unhandled exception'],
    ['environment variable PAYMENT_KEY is not set', 'a required setting that is not set'],
    ["thread 'main' panicked at src/main.rs:4:5:", 'a Rust panic'],
  ])('says what "%s" at the end of the log is, and is no surer for it', (line, said) => {
    const text = `starting\n${line}\n`;
    const log = { namespace: 'shop', pod: 'checkout-1-aaaaa', container: 'checkout', previous: true, text, at: now };
    const [finding] = run(crashShop(), { logs: [log] });
    expect(finding?.summary).toContain(said);
    expect(finding?.score).toBe(run(crashShop())[0]?.score);
  });
});
