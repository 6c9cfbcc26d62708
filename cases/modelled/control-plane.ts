import { coded, family, type Scene } from './case.ts';
import type { PodModel } from './pod-model.ts';
import { app, crashing, serving } from './recipes.ts';

function component(s: Scene, name: string): PodModel {
  const pod = s.base.control.get(name);
  if (pod === undefined) throw new RangeError(`this cluster shows no ${name}`);
  return pod;
}

function stop(s: Scene, name: string, log: readonly string[], exitCode = 1): PodModel {
  const pod = component(s, name);
  pod.states.set(name, crashing(s.w, { exitCode, ranSeconds: 3 }, 11));
  s.w.log(pod, name, log, true);
  return pod;
}

const ref = (pod: PodModel) => `Pod ${pod.namespace}/${pod.name}`;
const crash = ['container-crash-looping', ...serving];

/** A workload whose new pods nobody has looked at: no condition, no event, no node. */
function unscheduled(s: Scene, minutes: number): void {
  const made = app(s.w, { replicas: 2, changedMinutesAgo: minutes, stuck: true });
  for (const pod of made.pods) {
    pod.node = undefined;
    pod.conditions.clear();
  }
}

const quantile = (value: number) => Array.from({ length: 12 }, (_, index) => value * (0.95 + (index % 3) * 0.04));

const leaders = {
  ...coded(
    'scheduler-not-running',
    {
      crashes: (s, well) => {
        const pod = well
          ? component(s, 'kube-scheduler')
          : stop(s, 'kube-scheduler', [
              'E0801 run.go:72] "command failed" err="stat /etc/kubernetes/scheduler.conf: no such file or directory"',
            ]);
        if (!well) {
          s.w.leaders.set('kube-scheduler', 26);
          unscheduled(s, 20);
        }
        return {
          about: 'The scheduler crashes; new pods wait unseen.',
          object: ref(pod),
          alsoTrue: crash,
          ask: {
            namespace: 'kube-system',
            alert: {
              name: 'KubeSchedulerDown',
              labels: { severity: 'critical', job: 'kube-scheduler' },
              summary: 'Target disappeared from Prometheus target discovery.',
            },
          },
        };
      },
      gone: (s, well) => {
        const pod = component(s, 'kube-scheduler');
        if (!well) {
          s.w.pods.splice(s.w.pods.indexOf(pod), 1);
          s.w.leaders.set('kube-scheduler', 31);
          unscheduled(s, 20);
        }
        return {
          about: 'There is no scheduler pod any more (its manifest was moved away); its lease is old.',
          object: [ref(pod), 'Pod kube-system/kube-scheduler', 'Lease kube-system/kube-scheduler', `Node ${pod.node}`],
          alsoTrue: serving,
          ask: { alert: { name: 'KubeSchedulerDown', labels: { severity: 'critical' } } },
        };
      },
    },
    {
      'unschedulable-cpu': (s) => {
        const { w } = s;
        const made = app(w, {
          replicas: 2,
          changedMinutesAgo: 20,
          stuck: true,
          container: { resources: { requests: { cpu: '64', memory: '128Mi' } } },
        });
        for (const pod of made.pods) {
          pod.node = undefined;
          const message = `0/${w.nodes.length} nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, ${w.workers.length} Insufficient cpu. preemption: 0/${w.nodes.length} nodes are available: ${w.nodes.length} Preemption is not helpful for scheduling.`;
          pod.conditions.set('PodScheduled', { status: 'False', reason: 'Unschedulable', message });
          pod.events.push({
            type: 'Warning',
            reason: 'FailedScheduling',
            message,
            component: 'default-scheduler',
            count: 4,
            fromMinutesAgo: 20,
            toMinutesAgo: 2,
          });
        }
        return {
          about: 'The scheduler has looked, and no node is large enough.',
          code: 'insufficient-cpu',
          object: made.ref,
          alsoTrue: serving,
          ask: { namespace: made.namespace },
        };
      },
    },
  ),
  ...coded('controller-manager-not-running', {
    crashes: (s, well) => {
      const pod = well
        ? component(s, 'kube-controller-manager')
        : stop(s, 'kube-controller-manager', [
            'E0801 controllermanager.go:228] "Unhandled Error" err="error building controller context: failed to wait for apiserver being healthy: timed out waiting for the condition"',
          ]);
      if (!well) s.w.leaders.set('kube-controller-manager', 14);
      return {
        about: 'The controller manager crashes and leads no more.',
        object: ref(pod),
        alsoTrue: crash,
        ask: {
          namespace: 'kube-system',
          alert: {
            name: 'KubeControllerManagerDown',
            labels: { severity: 'critical', job: 'kube-controller-manager' },
          },
        },
      };
    },
    'lease-old': (s, well) => {
      const pod = component(s, 'kube-controller-manager');
      if (!well) {
        s.w.leaders.set('kube-controller-manager', 45);
        pod.states.set('kube-controller-manager', { is: 'running', ready: false, started: true, sinceMinutesAgo: 900 });
        pod.events.push({
          type: 'Warning',
          reason: 'Unhealthy',
          message: 'Liveness probe failed: HTTP probe failed with statuscode: 500',
          count: 30,
          fromMinutesAgo: 44,
          toMinutesAgo: 0.3,
          container: 'kube-controller-manager',
        });
      }
      return {
        about: 'Its lease has not been renewed for three quarters of an hour.',
        object: ref(pod),
        alsoTrue: [...crash, 'probe-failing', 'liveness-probe-kills'],
        ask: { namespace: 'kube-system' },
      };
    },
  }),
};

const server = {
  ...coded(
    'api-server-slow',
    {
      latency: (s, well) => {
        const pod = component(s, 'kube-apiserver');
        s.w.metric(
          'histogram_quantile(0.99, sum by (le, verb, resource) (rate(apiserver_request_duration_seconds_bucket{subresource!="exec",verb!~"WATCH|CONNECT"}[5m])))',
          [
            { labels: { verb: 'GET', resource: 'pods' }, value: quantile(well ? 0.04 : 3.4) },
            { labels: { verb: 'PATCH', resource: 'leases' }, value: quantile(well ? 0.03 : 2.2) },
            { labels: { verb: 'LIST', resource: 'events' }, value: quantile(well ? 0.5 : 9) },
          ],
        );
        s.w.metric('histogram_quantile(0.99, sum by (le) (rate(etcd_disk_wal_fsync_duration_seconds_bucket[5m])))', [
          { labels: {}, value: quantile(0.006) },
        ]);
        return {
          about: 'Single requests take seconds; etcd is quick.',
          object: [ref(pod)],
          ask: {
            alert: {
              name: 'KubeAPIServerLatencyHigh',
              labels: { severity: 'critical', job: 'apiserver', verb: 'GET', resource: 'pods' },
            },
          },
        };
      },
    },
    {
      etcd: (s) => {
        const etcd = component(s, 'etcd');
        s.w.metric(
          'histogram_quantile(0.99, sum by (le, verb) (rate(apiserver_request_duration_seconds_bucket{verb!="WATCH"}[5m])))',
          [
            { labels: { verb: 'PUT' }, value: quantile(2.9) },
            { labels: { verb: 'GET' }, value: quantile(1.8) },
          ],
        );
        s.w.metric('histogram_quantile(0.99, rate(etcd_disk_wal_fsync_duration_seconds_bucket{job="etcd"}[5m]))', [
          { labels: { pod: etcd.name, instance: '10.0.0.1:2381' }, value: quantile(1.4) },
        ]);
        return {
          about: 'The API server is slow because etcd waits for its disk.',
          code: 'etcd-slow',
          object: ref(etcd),
          alsoTrue: ['api-server-slow'],
          ask: { alert: { name: 'etcdHighFsyncDurations', labels: { job: 'etcd', instance: '10.0.0.1:2381' } } },
        };
      },
    },
  ),
  ...coded('api-server-unhealthy', {
    readyz: (s, well) => {
      const pod = component(s, 'kube-apiserver');
      s.w.health.set(
        'readyz',
        `[+]ping ok\n[+]log ok\n[+]etcd ok\n[+]etcd-readiness ok\n[${well ? '+' : '-'}]informer-sync ${well ? 'ok' : 'failed: reason withheld'}\n[+]poststarthook/start-apiserver-admission-initializer ok\n[+]shutdown ok\nreadyz check ${well ? 'passed' : 'failed'}\n`,
      );
      return {
        about: 'One of the checks of the API server fails.',
        object: [ref(pod)],
        says: ['informer-sync'],
        ask: { namespace: 'kube-system' },
      };
    },
    errors: (s, well) => {
      const pod = component(s, 'kube-apiserver');
      s.w.metric('sum by (code) (rate(apiserver_request_total{job="apiserver"}[5m]))', [
        { labels: { code: '200' }, value: 410 },
        { labels: { code: '201' }, value: 22 },
        { labels: { code: '500' }, value: well ? 0.01 : 71 },
        { labels: { code: '503' }, value: well ? 0 : 33 },
      ]);
      return {
        about: 'One request in five fails with a server error.',
        object: [ref(pod)],
        ask: { alert: { name: 'KubeAPIErrorBudgetBurn', labels: { severity: 'critical', long: '1h', short: '5m' } } },
      };
    },
  }),
  ...coded('api-service-unavailable', {
    metrics: (s, well) => {
      const { w } = s;
      const made = app(w, {
        namespace: 'kube-system',
        name: 'metrics-server',
        withService: false,
        port: 10250,
        container: { image: 'registry.k8s.io/metrics-server/metrics-server:v0.7.2' },
        ...(well ? {} : { state: { is: 'running', ready: false, sinceMinutesAgo: 50 } }),
      });
      w.service({
        namespace: 'kube-system',
        name: 'metrics-server',
        selector: made.selector,
        ports: [{ name: 'https', port: 443, targetPort: 10250 }],
      });
      w.add(
        'apiregistration.k8s.io/v1',
        'APIService',
        { name: 'v1beta1.metrics.k8s.io' },
        {
          spec: {
            group: 'metrics.k8s.io',
            version: 'v1beta1',
            groupPriorityMinimum: 100,
            versionPriority: 100,
            insecureSkipTLSVerify: true,
            service: { namespace: 'kube-system', name: 'metrics-server', port: 443 },
          },
          status: {
            conditions: [
              well
                ? {
                    type: 'Available',
                    status: 'True',
                    reason: 'Passed',
                    message: 'all checks passed',
                    lastTransitionTime: w.iso(4000),
                  }
                : {
                    type: 'Available',
                    status: 'False',
                    reason: 'MissingEndpoints',
                    message:
                      'endpoints for service/metrics-server in "kube-system" have no addresses with port name "https"',
                    lastTransitionTime: w.iso(48),
                  },
            ],
          },
        },
      );
      for (const pod of well ? [] : made.pods) {
        pod.events.push({
          type: 'Warning',
          reason: 'Unhealthy',
          message: 'Readiness probe failed: HTTP probe failed with statuscode: 500',
          count: 280,
          fromMinutesAgo: 49,
          toMinutesAgo: 0.1,
          container: made.container,
        });
        w.log(pod, made.container, [
          'E0801 scraper.go:149] "Failed to scrape node" err="Get \\"https://10.20.0.5:10250/metrics/resource\\": tls: failed to verify certificate: x509: cannot validate certificate for 10.20.0.5 because it doesn\'t contain any IP SANs" node="worker-1"',
          'I0801 server.go:191] "Failed probe" probe="metric-storage-ready" err="no metrics to serve"',
        ]);
      }
      return {
        about: 'The metrics API has no server that is ready.',
        code: ['probe-failing', 'certificate-not-trusted', 'certificate-host-mismatch', 'api-service-unavailable'],
        object: [made.ref, 'APIService v1beta1.metrics.k8s.io'],
        also: [{ code: 'api-service-unavailable', object: 'APIService v1beta1.metrics.k8s.io' }],
        alsoTrue: [...serving, 'probe-failing'],
        ask: {
          alert: { name: 'KubeAggregatedAPIDown', labels: { name: 'v1beta1.metrics.k8s.io', namespace: 'default' } },
        },
      };
    },
  }),
};

const store = {
  ...coded('etcd-no-quorum', {
    leaderless: (s, well) => {
      const pod = component(s, 'etcd');
      s.w.metric(
        'etcd_server_has_leader{job=~".*etcd.*"}',
        ['a', 'b', 'c'].map((member, index) => ({
          labels: { job: 'etcd', instance: `10.0.0.${index + 4}:2381`, pod: index === 0 ? pod.name : `etcd-${member}` },
          value: well ? 1 : 0,
        })),
      );
      if (!well) {
        s.w.health.set(
          'readyz',
          '[+]ping ok\n[+]log ok\n[-]etcd failed: reason withheld\n[-]etcd-readiness failed: reason withheld\n[+]informer-sync ok\nreadyz check failed\n',
        );
        s.w.log(pod, 'etcd', [
          '{"level":"warn","msg":"rejected connection from peer","error":"EOF"}',
          '{"level":"info","msg":"raft.node: 8e9e05c52164694d lost leader 91bc3c398fb3c146 at term 19"}',
        ]);
      } else
        s.w.health.set(
          'readyz',
          '[+]ping ok\n[+]log ok\n[+]etcd ok\n[+]etcd-readiness ok\n[+]informer-sync ok\nreadyz check passed\n',
        );
      return {
        about: 'etcd has no leader.',
        object: [ref(pod)],
        alsoTrue: ['api-server-unhealthy'],
        ask: {
          alert: { name: 'etcdNoLeader', labels: { severity: 'critical', job: 'etcd', instance: '10.0.0.4:2381' } },
          namespace: 'kube-system',
        },
      };
    },
  }),
  ...coded(
    'etcd-slow',
    {
      fsync: (s, well) => {
        const pod = component(s, 'etcd');
        s.w.metric(
          'histogram_quantile(0.99, sum(rate(etcd_disk_wal_fsync_duration_seconds_bucket[2m])) by (instance, le))',
          [{ labels: { instance: '10.0.0.4:2381' }, value: quantile(well ? 0.008 : 1.1) }],
        );
        s.w.metric(
          'histogram_quantile(0.99, sum(rate(etcd_disk_backend_commit_duration_seconds_bucket[2m])) by (instance, le))',
          [{ labels: { instance: '10.0.0.4:2381' }, value: quantile(well ? 0.02 : 0.9) }],
        );
        return {
          about: 'The disk of etcd takes a second to sync.',
          object: ref(pod),
          says: ['fsync'],
          alsoTrue: ['api-server-slow'],
          ask: {
            alert: {
              name: 'etcdHighFsyncDurations',
              labels: { severity: 'critical', job: 'etcd', instance: '10.0.0.4:2381' },
            },
          },
        };
      },
    },
    {
      space: (s) => {
        const pod = component(s, 'etcd');
        s.w.metric('etcd_mvcc_db_total_size_in_bytes / etcd_server_quota_backend_bytes', [
          { labels: { instance: '10.0.0.4:2381', pod: pod.name }, value: 0.998 },
        ]);
        s.w.log(pod, 'etcd', [
          '{"level":"warn","msg":"etcdserver: alarm raised","alarm":"NOSPACE"}',
          '{"level":"warn","caller":"etcdserver/apply.go","msg":"alarm raised","alarm":"NOSPACE"}',
        ]);
        return {
          about: 'Not slow: full.',
          code: 'etcd-space-exceeded',
          object: ref(pod),
          ask: {
            alert: {
              name: 'etcdDatabaseQuotaLowSpace',
              labels: { severity: 'critical', job: 'etcd', instance: '10.0.0.4:2381' },
            },
          },
        };
      },
    },
  ),
  ...coded('etcd-space-exceeded', {
    quota: (s, well) => {
      const pod = component(s, 'etcd');
      s.w.metric('etcd_mvcc_db_total_size_in_bytes', [
        {
          labels: { __name__: 'etcd_mvcc_db_total_size_in_bytes', pod: pod.name, instance: '10.0.0.4:2381' },
          value: well ? 210_000_000 : 2_143_000_000,
        },
      ]);
      s.w.metric('etcd_server_quota_backend_bytes', [
        {
          labels: { __name__: 'etcd_server_quota_backend_bytes', pod: pod.name, instance: '10.0.0.4:2381' },
          value: 2_147_483_648,
        },
      ]);
      return {
        about: 'The database of etcd has reached its quota.',
        object: ref(pod),
        ask: {
          alert: {
            name: 'etcdDatabaseQuotaLowSpace',
            labels: { severity: 'critical', job: 'etcd', instance: '10.0.0.4:2381' },
            summary: 'etcd cluster database is running full.',
          },
        },
      };
    },
    refused: (s, well) => {
      const { w } = s;
      const pod = component(s, 'etcd');
      const made = app(w, {});
      if (!well && made.model !== undefined)
        w.event({
          object: {
            apiVersion: 'apps/v1',
            kind: 'Deployment',
            namespace: made.namespace,
            name: made.name,
            uid: made.uid,
          },
          type: 'Warning',
          reason: 'ReplicaSetCreateError',
          message: 'Failed to create new replica set: etcdserver: mvcc: database space exceeded',
          component: 'deployment-controller',
          count: 16,
          fromMinutesAgo: 9,
          toMinutesAgo: 0.3,
        });
      return {
        about: 'Writes are refused: the database space is exceeded.',
        object: ref(pod),
        alsoTrue: serving,
        ask: {},
      };
    },
  }),
};

/** Scheduler, controller manager, API server and etcd of clusters that show them. */
export const controlPlane = family('control-plane', { ...leaders, ...server, ...store }, { managed: false });
