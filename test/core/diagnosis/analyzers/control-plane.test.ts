import { describe, expect, it } from 'vitest';
import type { WireObject } from '../../../../src/core/cluster/object.ts';
import { analyzeControlPlane } from '../../../../src/core/diagnosis/analyzers/control-plane.ts';
import { ago, deployment, healthyShop, minute, pod } from '../../../support/shop-objects.ts';
import { runAnalyzer } from './run-analyzer.ts';

const wholeCluster = { scope: {} };

function component(name: string, well: boolean): WireObject {
  const status = well
    ? {}
    : {
        state: { waiting: { reason: 'CrashLoopBackOff' } },
        lastState: { terminated: { exitCode: 1 } },
        ready: false,
        restartCount: 7,
      };
  const base = pod({
    name: `${name}-cp1`,
    namespace: 'kube-system',
    owner: null,
    ready: well,
    containers: [{ name, status: well ? { state: { running: {} }, ready: true, restartCount: 0 } : status }],
  });
  return {
    ...base,
    metadata: {
      ...base.metadata,
      labels: { component: name, tier: 'control-plane' },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'cp1', uid: 'node-cp1', controller: true }],
    },
  };
}

const answer = (query: string, value: number, labels: Record<string, string> = {}) => ({
  query,
  series: [{ labels, points: [{ at: 0, value }] }],
});

describe('the control plane', () => {
  it('is silent when its pods run and nothing else is known', () => {
    const objects = [
      ...healthyShop(),
      ...['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'].map((name) => component(name, true)),
    ];
    expect(runAnalyzer(analyzeControlPlane, objects, wholeCluster)).toEqual([]);
  });

  it.each([
    ['kube-controller-manager', 'controller-manager-not-running'],
    ['kube-apiserver', 'api-server-unhealthy'],
    ['etcd', 'etcd-no-quorum'],
  ])('names the static pod of a %s that does not run', (name, code) => {
    expect(runAnalyzer(analyzeControlPlane, [component(name, false)], wholeCluster)).toMatchObject([
      { code, object: { kind: 'Pod', namespace: 'kube-system', name: `${name}-cp1` } },
    ]);
  });

  it('believes a lease that others have long overtaken, not one that is as old as the capture', () => {
    const lease = (name: string, agoMs: number) =>
      ({
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name, namespace: 'kube-system' },
        spec: { holderIdentity: 'cp1', renewTime: ago(agoMs) },
      }) as unknown as WireObject;
    const run = (...objects: WireObject[]) =>
      runAnalyzer(analyzeControlPlane, objects, wholeCluster).map(({ code }) => code);
    expect(run(lease('kube-controller-manager', 10 * minute), lease('kube-scheduler', 1000))).toEqual([
      'controller-manager-not-running',
    ]);
    expect(run(lease('kube-controller-manager', 20_000), lease('kube-scheduler', 1000))).toEqual([]);
  });

  it('explains the workloads to which a full etcd refuses their pods', () => {
    const said = (message: string, status = 'True') =>
      deployment({
        name: 'web',
        status: { conditions: [{ type: 'ReplicaFailure', status, reason: 'FailedCreate', message }] },
      });
    const full = {
      metrics: [answer('etcd_mvcc_db_total_size_in_bytes', 2e9), answer('etcd_server_quota_backend_bytes', 2e9)],
    };
    const affected = (one: WireObject) =>
      runAnalyzer(analyzeControlPlane, [one], { observations: full })
        .filter(({ code }) => code === 'etcd-space-exceeded')
        .flatMap(({ affects = [] }) => affects.map(({ kind, name }) => `${kind}/${name}`));
    expect(affected(said('etcdserver: mvcc: database space exceeded'))).toContain('Deployment/web');
    expect(affected(said('etcdserver: mvcc: database space exceeded', 'False'))).not.toContain('Deployment/web');
    expect(affected(said('pods "web-1" is forbidden: exceeded quota'))).not.toContain('Deployment/web');
  });

  it('tells a controller-manager by several workloads that nobody observed, not by one', () => {
    const ignored = (name: string) => {
      const base = deployment({ name, revision: 3, status: { observedGeneration: 2 } });
      return { ...base, metadata: { ...base.metadata, creationTimestamp: ago(60 * minute) } };
    };
    expect(runAnalyzer(analyzeControlPlane, [ignored('a')])).toEqual([]);
    expect(runAnalyzer(analyzeControlPlane, [ignored('a'), ignored('b')])).toMatchObject([
      { code: 'controller-manager-not-running', confidence: 'medium' },
    ]);
  });

  it.each<[query: string, value: number, labels: Record<string, string>, code: string | undefined]>([
    [
      'histogram_quantile(0.99, sum by (le, verb) (rate(apiserver_request_duration_seconds_bucket[5m])))',
      2.4,
      { verb: 'GET' },
      'api-server-slow',
    ],
    [
      'histogram_quantile(0.99, sum by (le, verb) (rate(apiserver_request_duration_seconds_bucket[5m])))',
      2.4,
      { verb: 'WATCH' },
      undefined,
    ],
    [
      'histogram_quantile(0.99, sum by (le, verb) (rate(apiserver_request_duration_seconds_bucket[5m])))',
      0.4,
      { verb: 'GET' },
      undefined,
    ],
    ['etcd_server_has_leader', 0, { instance: '10.0.0.1:2381' }, 'etcd-no-quorum'],
    ['etcd_server_has_leader', 1, { instance: '10.0.0.1:2381' }, undefined],
    ['histogram_quantile(0.99, rate(etcd_disk_wal_fsync_duration_seconds_bucket[5m]))', 0.9, {}, 'etcd-slow'],
    ['histogram_quantile(0.99, rate(etcd_disk_wal_fsync_duration_seconds_bucket[5m]))', 0.01, {}, undefined],
    ['etcd_mvcc_db_total_size_in_bytes / etcd_server_quota_backend_bytes', 0.99, {}, 'etcd-space-exceeded'],
    ['etcd_mvcc_db_total_size_in_bytes / etcd_server_quota_backend_bytes', 0.3, {}, undefined],
  ])('%s = %s %j: %s', (query, value, labels, code) => {
    const found = runAnalyzer(analyzeControlPlane, [], {
      scope: {},
      observations: { metrics: [answer(query, value, labels)] },
    });
    expect(found.map((finding) => finding.code)).toEqual(code === undefined ? [] : [code]);
  });

  it('reads the health page of the API server: a failed check of etcd is etcd', () => {
    const checks = (check: string) => [{ page: '/readyz', check, ok: false, detail: 'reason withheld' }];
    const run = (check: string) =>
      runAnalyzer(analyzeControlPlane, [], { scope: {}, observations: { checks: checks(check) } }).map(
        ({ code }) => code,
      );
    expect(run('etcd')).toEqual(['etcd-no-quorum']);
    expect(run('poststarthook/rbac/bootstrap-roles')).toEqual(['api-server-unhealthy']);
  });

  it('names the APIService that is not available, and what is missing behind it', () => {
    const api = {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: 'v1beta1.metrics.k8s.io' },
      spec: { service: { namespace: 'kube-system', name: 'metrics-server' } },
      status: {
        conditions: [
          {
            type: 'Available',
            status: 'False',
            reason: 'MissingEndpoints',
            message: 'endpoints for service/metrics-server in "kube-system" have no addresses with port name "https"',
            lastTransitionTime: ago(10 * minute),
          },
        ],
      },
    } as unknown as WireObject;
    expect(runAnalyzer(analyzeControlPlane, [api], { scope: {}, wholeLists: [{ kind: 'Service' }] })).toMatchObject([
      {
        code: 'api-service-unavailable',
        object: { kind: 'APIService' },
        cause: { observed: 'Service kube-system/metrics-server, which does not exist' },
      },
    ]);
  });
});
