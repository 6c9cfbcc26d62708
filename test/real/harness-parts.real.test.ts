import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { provideParts, whyNotBeside } from './binaries.ts';
import { withBuildLock } from './build-lock.ts';
import { cacheKey, compareVersions, goTools } from './go-tools.ts';
import { kubeStateSeries, quantityOf } from './kube-state-series.ts';
import { isLoopback, listeningSockets, parseListeners } from './listening-sockets.ts';
import { killLeftovers, livingProcesses } from './process-ledger.ts';
import { countsOf } from './report.ts';
import { startServer } from './server-process.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'harness-parts-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('listening sockets', () => {
  it('are read from the kernel table, connections left out', () => {
    const table = [
      '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
      '   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 111 1 0 100 0 0 10 0',
      '   1: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 222 1 0 100 0 0 10 0',
      '   2: 0100007F:1F91 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 333 1 0 100 0 0 10 0',
      '   3: 00000000000000000000000001000000:1F92 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 444 1',
      '   4: 0000000000000000FFFF00000100007F:1F93 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 555 1',
      '   5: 00000000000000000000000000000000:1F94 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 666 1',
    ].join('\n');
    expect(parseListeners(table)).toEqual([
      { inode: '111', address: '127.0.0.1', port: 8080 },
      { inode: '222', address: '0.0.0.0', port: 80 },
      { inode: '444', address: '::1', port: 8082 },
      { inode: '555', address: '::ffff:127.0.0.1', port: 8083 },
      { inode: '666', address: '::', port: 8084 },
    ]);
  });

  it.each([
    ['127.0.0.1', true],
    ['127.8.8.8', true],
    ['::1', true],
    ['::ffff:127.0.0.1', true],
    ['0.0.0.0', false],
    ['::', false],
    ['10.0.0.5', false],
    ['::ffff:10.0.0.5', false],
  ])('%s is loopback: %s', (address, expected) => {
    expect(isLoopback(address)).toBe(expected);
  });

  it('finds a socket of this process that is open to the world', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen({ host: '0.0.0.0', port: 0 }, resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const seen = listeningSockets([process.pid]).find((socket) => socket.port === port);
    server.close();
    expect(seen).toEqual({ pid: process.pid, address: '0.0.0.0', port });
  });
});

describe('versions', () => {
  it.each([
    ['v1.35.4', 'v1.35.4', 0],
    ['v1.35.4', '1.36.0', -1],
    ['v1.10.0', 'v1.9.9', 1],
    ['v1.35.4', 'v1.35', 1],
  ])('%s against %s', (a, b, expected) => {
    expect(Math.sign(compareVersions(a, b))).toBe(expected);
  });

  it('never puts a controller beside an older API server', () => {
    const tool = { name: 'kube-scheduler', version: 'v1.35.4' };
    const server = (version: string) =>
      ({ name: 'kube-apiserver', state: 'found', path: '/x', version, from: 'test' }) as const;
    expect(whyNotBeside(tool, server('v1.35.4'))).toBeUndefined();
    expect(whyNotBeside(tool, server('v1.36.0'))).toBeUndefined();
    expect(whyNotBeside(tool, server('v1.34.9'))).toContain('newer than the API server found (v1.34.9)');
  });

  it('give another cache key for another Go, and the same for the same', () => {
    const { etcd, kwok } = goTools();
    expect(cacheKey(etcd, 'go1.26.8 linux/amd64')).toBe(cacheKey(etcd, 'go1.26.8 linux/amd64'));
    expect(cacheKey(etcd, 'go1.26.9 linux/amd64')).not.toBe(cacheKey(etcd, 'go1.26.8 linux/amd64'));
    expect(cacheKey({ ...etcd, flags: [] }, 'go1.26.8 linux/amd64')).not.toBe(cacheKey(etcd, 'go1.26.8 linux/amd64'));
    expect(cacheKey(kwok, 'go1.26.8 linux/amd64')).not.toBe(cacheKey(etcd, 'go1.26.8 linux/amd64'));
  });
});

describe('KUBEBUILDER_ASSETS', () => {
  const provide = (assets: string) =>
    provideParts({ environment: { ...process.env, KUBEBUILDER_ASSETS: assets }, progress: () => {} });

  it('that holds nothing skips by name what should be in it, and the controllers with it', async () => {
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    const parts = await provide(empty);
    expect(parts.etcd).toMatchObject({ state: 'skipped', why: expect.stringContaining(empty) });
    expect(parts['kube-apiserver']).toMatchObject({ state: 'skipped' });
    expect(parts['kube-scheduler']).toMatchObject({
      state: 'skipped',
      why: expect.stringContaining('no kube-apiserver'),
    });
  });

  it('that holds an older API server takes it, and skips newer controllers by name', async () => {
    const older = join(folder, 'older');
    mkdirSync(older);
    for (const [name, version] of [
      ['etcd', 'etcd Version: 3.5.1'],
      ['kube-apiserver', 'Kubernetes v1.30.2'],
    ] as const) {
      writeFileSync(join(older, name), `#!/bin/sh\necho '${version}'\n`);
      chmodSync(join(older, name), 0o755);
    }
    const parts = await provide(older);
    expect(parts.etcd).toMatchObject({ state: 'found', version: '3.5.1', from: 'KUBEBUILDER_ASSETS' });
    expect(parts['kube-apiserver']).toMatchObject({ state: 'found', version: 'v1.30.2' });
    for (const name of ['kube-controller-manager', 'kube-scheduler'] as const) {
      expect(parts[name]).toMatchObject({ state: 'skipped', why: expect.stringContaining('v1.30.2') });
    }
  });
});

describe('a server', () => {
  const start = (script: string, isReady: () => boolean) =>
    startServer({
      name: 'test-server',
      path: process.execPath,
      args: ['-e', script],
      scratch: folder,
      isReady,
      readyTimeoutMs: 400,
    });

  it('that ends at once is reported with its last words', async () => {
    await expect(start('console.log("no such flag"); process.exit(3)', () => false)).rejects.toThrow(
      /test-server ended before it was ready \(exit code 3\)[\s\S]*no such flag/,
    );
  });

  it('that never gets ready is stopped and reported', async () => {
    await expect(start('setInterval(() => {}, 1000)', () => false)).rejects.toThrow(
      /not ready after 0.4 s and was stopped/,
    );
    expect(livingProcesses(folder).map(({ name }) => name)).toEqual([]);
  });

  it('that cannot be found is reported with its path', async () => {
    const missing = startServer({
      name: 'test-server',
      path: '/no/such/file',
      args: [],
      scratch: folder,
      isReady: () => true,
    });
    await expect(missing).rejects.toThrow('/no/such/file');
  });

  it('that ignores SIGTERM is gone after stop, and so is one found in the ledger', async () => {
    const server = await start('process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)', () => true);
    expect(livingProcesses(folder).map(({ pid }) => pid)).toEqual([server.pid]);
    expect(killLeftovers(folder).map(({ pid }) => pid)).toEqual([server.pid]);
    await server.stop();
    expect(server.ended()).toBe('SIGKILL');
    expect(livingProcesses(folder)).toEqual([]);
  });
});

describe('the build lock', () => {
  it('makes the second wait for the first, and outlives nobody', async () => {
    const file = join(folder, 'a.lock');
    const order: string[] = [];
    const options = { onWait: () => order.push('waits'), timeoutMs: 10_000 };
    let release = () => {};
    const first = withBuildLock(
      file,
      options,
      () =>
        new Promise<void>((resolve) => {
          release = resolve;
        }),
    );
    const second = withBuildLock(file, options, async () => {
      order.push('second');
    });
    await expect.poll(() => order).toEqual(['waits']);
    release();
    await Promise.all([first, second]);
    expect(order).toEqual(['waits', 'second']);
  });

  it('of a dead owner is taken over', async () => {
    const file = join(folder, 'b.lock');
    writeFileSync(file, '4194999');
    expect(await withBuildLock(file, { onWait: () => {}, timeoutMs: 1_000 }, async () => 'worked')).toBe('worked');
  });
});

describe('the series of the exporter', () => {
  it('have the names and labels of kube-state-metrics', () => {
    const text = kubeStateSeries({
      deployments: [
        {
          metadata: { name: 'shop', namespace: 'a', generation: 3 },
          spec: { replicas: 2 },
          status: { observedGeneration: 2, updatedReplicas: 1, conditions: [{ type: 'Progressing', status: 'False' }] },
        },
      ],
      replicaSets: [],
      pods: [
        {
          metadata: {
            name: 'shop-1',
            namespace: 'a',
            uid: 'u',
            ownerReferences: [{ kind: 'ReplicaSet', name: 'shop-7', controller: true }],
          },
          spec: {
            nodeName: 'node-1',
            containers: [{ name: 'shop', image: 'shop:"1"', resources: { limits: { memory: '128Mi' } } }],
          },
          status: {
            phase: 'Running',
            containerStatuses: [
              {
                name: 'shop',
                ready: false,
                restartCount: 4,
                state: { waiting: { reason: 'CrashLoopBackOff' } },
                lastState: { terminated: { reason: 'OOMKilled', exitCode: 137 } },
              },
            ],
          },
        },
      ],
    });
    expect(text.split('\n')).toEqual(
      expect.arrayContaining([
        'kube_deployment_spec_replicas{namespace="a",deployment="shop"} 2',
        'kube_deployment_metadata_generation{namespace="a",deployment="shop"} 3',
        'kube_deployment_status_observed_generation{namespace="a",deployment="shop"} 2',
        'kube_deployment_status_condition{namespace="a",deployment="shop",condition="Progressing",status="false"} 1',
        'kube_deployment_status_condition{namespace="a",deployment="shop",condition="Progressing",status="true"} 0',
        '# TYPE kube_pod_container_status_restarts_total counter',
        'kube_pod_container_status_restarts_total{namespace="a",pod="shop-1",uid="u",container="shop"} 4',
        'kube_pod_container_status_waiting_reason{namespace="a",pod="shop-1",uid="u",container="shop",reason="CrashLoopBackOff"} 1',
        'kube_pod_container_status_last_terminated_reason{namespace="a",pod="shop-1",uid="u",container="shop",reason="OOMKilled"} 1',
        'kube_pod_container_resource_limits{namespace="a",pod="shop-1",uid="u",container="shop",node="node-1",resource="memory",unit="byte"} 134217728',
        'kube_pod_container_info{namespace="a",pod="shop-1",uid="u",container="shop",image_spec="shop:\\"1\\""} 1',
        'kube_pod_status_phase{namespace="a",pod="shop-1",uid="u",phase="Running"} 1',
      ]),
    );
  });

  it('say nothing of a pod that no kubelet has seen', () => {
    const text = kubeStateSeries({ pods: [{ metadata: { name: 'p' } }], deployments: [], replicaSets: [] });
    expect(text).not.toContain('kube_pod_container_status');
    expect(text).not.toContain('kube_pod_status_ready');
  });

  it.each([
    ['128Mi', 134217728],
    ['500m', 0.5],
    ['2', 2],
    ['1G', 1e9],
    ['lots', Number.NaN],
    ['1Zz', Number.NaN],
  ])('read the quantity %s as %d', (text, expected) => {
    expect(quantityOf(text)).toBe(expected);
  });
});

describe('the counts', () => {
  it('include a test file that could not be loaded as a failure', () => {
    const test = (status: string) => ({ status, fullName: `a ${status} test` });
    const report = {
      testResults: [
        { status: 'failed', assertionResults: [test('passed'), test('failed'), test('skipped')] },
        { status: 'failed', assertionResults: [] },
      ],
    };
    expect(countsOf(report)).toEqual({ passed: 1, failed: 2, skipped: 1, skippedNames: ['a skipped test'] });
    expect(countsOf({ success: true })).toBeUndefined();
  });
});
