import { coded, family, type Scene, withOtherTwins } from './case.ts';
import { cronJob, job } from './jobs.ts';
import type { ContainerWire } from './pod-model.ts';
import { alerts, app, backingOffPull, crashes, crashing, serving, stamped, unhealthy } from './recipes.ts';

/** What other container runtimes say when an image cannot be had. */
const crio = {
  noTag: (image: string) =>
    `rpc error: code = Unknown desc = reading manifest ${image.split(':').at(-1)} in ${image.split(':')[0]}: manifest unknown`,
  noAccess: (image: string) =>
    `rpc error: code = Unknown desc = unable to retrieve auth token: invalid username/password: unauthorized: authentication required: reading ${image}`,
  noHost: (image: string, host: string) =>
    `rpc error: code = Unknown desc = pinging container registry ${host}: Get "https://${host}/v2/": dial tcp: lookup ${host} on 10.0.0.2:53: no such host (initializing source docker://${image})`,
};
const docker = {
  noTag: (image: string) =>
    `rpc error: code = Unknown desc = Error response from daemon: manifest for ${image} not found: manifest unknown: manifest unknown`,
  rate: () =>
    'rpc error: code = Unknown desc = Error response from daemon: toomanyrequests: You have reached your pull rate limit. You may increase the limit by authenticating and upgrading: https://www.docker.com/increase-rate-limit',
};

const anyRuntime = (s: Scene, runtime: string) => {
  for (const node of s.w.nodes) node.runtime = runtime;
};

const pulls = {
  ...coded('image-pull-failed', {
    'stateful-set-crio': (s, well) => {
      anyRuntime(s, 'cri-o://1.30.4');
      const name = s.w.names.workload();
      const image = s.w.names.image(name);
      const made = app(s.w, { name, kind: 'StatefulSet', replicas: 3, container: { image } });
      if (!well) made.pods[2]?.states.set(made.container, backingOffPull(image, crio.noTag(image)));
      return {
        about: 'The last pod of a StatefulSet cannot pull: CRI-O says so in its own words.',
        object: made.ref,
        says: [image.split(':').at(-1) ?? ''],
        alsoTrue: serving,
        ask: { namespace: made.namespace, object: `StatefulSet/${made.namespace}/${made.name}` },
      };
    },
    'daemon-set-docker': (s, well) => {
      anyRuntime(s, 'docker://24.0.7');
      const name = s.w.names.workload();
      const image = s.w.names.image(name);
      const made = app(s.w, {
        name,
        kind: 'DaemonSet',
        withService: false,
        container: { image },
        ...(well ? {} : { changedMinutesAgo: 25, state: backingOffPull(image, docker.noTag(image)) }),
      });
      return {
        about: 'A DaemonSet with a tag that is not there.',
        object: made.ref,
        says: [image.split(':').at(-1) ?? ''],
        alsoTrue: serving,
        ask: {
          namespace: made.namespace,
          alert: {
            name: 'KubeDaemonSetRolloutStuck',
            labels: { namespace: made.namespace, daemonset: made.name, job: 'kube-state-metrics' },
          },
        },
      };
    },
    sidecar: (s, well) => {
      const sidecar: ContainerWire = { name: 'log-shipper', image: s.w.names.image('log-shipper') };
      const error = `rpc error: code = NotFound desc = failed to pull and unpack image "${sidecar.image}": failed to resolve reference "${sidecar.image}": ${sidecar.image}: not found`;
      const made = app(s.w, {
        sidecars: [sidecar],
        before: {},
        changedMinutesAgo: 17,
        stuck: !well,
        ...(well ? {} : { states: { 'log-shipper': backingOffPull(sidecar.image, error) } }),
      });
      return {
        about: 'Only the sidecar of a pod has a bad image.',
        object: made.ref,
        says: ['log-shipper'],
        alsoTrue: serving,
        ask: { namespace: made.namespace, alert: alerts.mismatch(made) },
      };
    },
    'cron-job': (s, well) => {
      const { w } = s;
      const namespace = w.names.namespace();
      const name = w.names.workload();
      const container: ContainerWire = { name: 'task', image: w.names.image(name), resources: {} };
      const owner = cronJob(w, {
        namespace,
        name,
        schedule: '*/30 * * * *',
        spec: { concurrencyPolicy: 'Forbid' },
        container,
        status: { lastScheduleTime: w.iso(25), ...(well ? { lastSuccessfulTime: w.iso(24) } : {}) },
      });
      const run = `${name}-${29_000_000 + w.random.int(1, 900_000)}`;
      const error = `rpc error: code = NotFound desc = failed to pull and unpack image "${container.image}": failed to resolve reference "${container.image}": ${container.image}: not found`;
      app(w, { namespace });
      job(w, {
        namespace,
        name: run,
        cronJob: owner,
        startedMinutesAgo: 25,
        container,
        ...(well
          ? {
              status: { succeeded: 1, completionTime: w.iso(24) },
              conditions: [{ type: 'Complete', status: 'True', reason: 'CompletionsReached', message: '' }],
            }
          : { status: { active: 1 } }),
        pods: [
          {
            minutesAgo: 25,
            state: well
              ? { is: 'terminated', end: { exitCode: 0, endedMinutesAgo: 24 } }
              : backingOffPull(container.image, error),
          },
        ],
      });
      return {
        about: 'The image of a CronJob does not exist.',
        object: [owner.ref, `Job ${namespace}/${run}`],
        ask: { namespace, alert: { name: 'KubeJobNotCompleted', labels: { namespace, job_name: run } } },
      };
    },
  }),
  ...coded('image-access-denied', {
    crio: (s, well) => {
      anyRuntime(s, 'cri-o://1.29.1');
      const name = s.w.names.workload();
      const image = s.w.names.image(name);
      const made = app(s.w, {
        name,
        container: { image },
        before: { image: s.w.names.image(name) },
        changedMinutesAgo: 13,
        stuck: !well,
        pod: { imagePullSecrets: [{ name: 'pull' }] },
        ...(well ? {} : { state: backingOffPull(image, crio.noAccess(image)) }),
      });
      return { about: 'CRI-O is refused.', object: made.ref, alsoTrue: serving, ask: { namespace: made.namespace } };
    },
  }),
  ...coded('image-registry-unreachable', {
    crio: (s, well) => {
      anyRuntime(s, 'cri-o://1.31.0');
      const name = s.w.names.workload();
      const host = `registry-${s.w.random.suffix(4)}.${s.w.names.domain}`;
      const image = `${host}/team/${name}:${s.w.names.tag()}`;
      const made = app(s.w, {
        name,
        container: { image },
        before: {},
        changedMinutesAgo: 13,
        stuck: !well,
        ...(well ? {} : { state: backingOffPull(image, crio.noHost(image, host)) }),
      });
      return {
        about: 'The registry host does not resolve, in the words of CRI-O.',
        object: made.ref,
        says: [host],
        alsoTrue: serving,
        ask: { namespace: made.namespace },
      };
    },
    certificate: (s, well) => {
      const name = s.w.names.workload();
      const host = `registry.internal.${s.w.names.domain}`;
      const image = `${host}/${name}:${s.w.names.tag()}`;
      const made = app(s.w, {
        name,
        container: { image },
        before: {},
        changedMinutesAgo: 13,
        stuck: !well,
        ...(well
          ? {}
          : {
              state: backingOffPull(
                image,
                `rpc error: code = Unknown desc = failed to pull and unpack image "${image}": failed to resolve reference "${image}": failed to do request: Head "https://${host}/v2/${name}/manifests/1": tls: failed to verify certificate: x509: certificate signed by unknown authority`,
              ),
            }),
      });
      return {
        about: 'The nodes do not trust the certificate of the registry.',
        code: ['image-registry-unreachable', 'certificate-not-trusted', 'image-pull-failed'],
        object: made.ref,
        alsoTrue: serving,
        ask: { namespace: made.namespace },
      };
    },
  }),
  ...coded('image-rate-limited', {
    docker: (s, well) => {
      anyRuntime(s, 'docker://20.10.21');
      const image = `docker.io/${s.w.names.company}/${s.w.names.workload()}:${s.w.names.tag()}`;
      const made = app(s.w, {
        container: { image },
        before: {},
        changedMinutesAgo: 13,
        stuck: !well,
        ...(well ? {} : { state: backingOffPull(image, docker.rate()) }),
      });
      return {
        about: 'Too many pulls, in the words of Docker.',
        object: made.ref,
        alsoTrue: serving,
        ask: { namespace: made.namespace },
      };
    },
  }),
};

const starts = {
  ...coded('command-not-found', {
    'not-executable': (s, well) => {
      const path = `/app/${s.w.random.pick(['run.sh', 'start.sh', 'bin/boot'])}`;
      const made = app(s.w, {
        container: well ? {} : { command: [path] },
        before: {},
        changedMinutesAgo: 19,
        stuck: !well,
        ...(well
          ? {}
          : {
              state: crashing(s.w, {
                exitCode: 126,
                reason: 'StartError',
                message: `failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "${path}": permission denied: unknown`,
              }),
            }),
      });
      return {
        about: 'The command is there and may not be executed.',
        code: ['command-not-found', 'security-context-blocks'],
        object: made.ref,
        says: [path],
        alsoTrue: crashes,
        ask: { namespace: made.namespace, alert: alerts.crashLooping(made, made.container) },
      };
    },
  }),
  ...coded('probe-timing-too-short', {
    'startup-probe': (s, well) => {
      const made = app(s.w, {
        before: {},
        container: {
          startupProbe: {
            httpGet: { path: '/healthz', port: 'http' },
            periodSeconds: 5,
            failureThreshold: well ? 60 : 4,
          },
          livenessProbe: { httpGet: { path: '/healthz', port: 'http' } },
        },
        changedMinutesAgo: 30,
        stuck: !well,
        ...(well
          ? {}
          : {
              state: {
                is: 'running',
                ready: false,
                started: false,
                sinceMinutesAgo: 0.2,
                restarts: 9,
                last: { exitCode: 143, reason: 'Error', ranSeconds: 22, endedMinutesAgo: 0.3 },
              },
            }),
      });
      for (const pod of well ? [] : made.pods) {
        pod.events.push(
          {
            ...unhealthy(
              'Startup',
              `Get "http://${pod.ip}:${made.port}/healthz": dial tcp ${pod.ip}:${made.port}: connect: connection refused`,
              36,
              29,
            ),
            container: made.container,
          },
          {
            type: 'Normal',
            reason: 'Killing',
            message: `Container ${made.container} failed startup probe, will be restarted`,
            count: 9,
            fromMinutesAgo: 29,
            toMinutesAgo: 0.3,
            container: made.container,
          },
        );
        s.w.log(
          pod,
          made.container,
          stamped(s.w, [
            'INFO  Starting o.s.b.SpringApplication',
            'INFO  Running 214 schema checks (1/214)',
            'INFO  Running 214 schema checks (97/214)',
          ]),
          true,
        );
      }
      return {
        about: 'The startup probe gives up after twenty seconds; the application needs longer.',
        object: made.ref,
        alsoTrue: [...crashes, 'liveness-probe-kills'],
        ask: { namespace: made.namespace, alert: alerts.crashLooping(made, made.container) },
      };
    },
    'exec-timeout': (s, well) => {
      const made = app(s.w, {
        before: {},
        container: {
          readinessProbe: {
            exec: { command: ['/bin/sh', '-c', 'check-backlog --deep'] },
            timeoutSeconds: well ? 20 : 1,
            periodSeconds: 30,
          },
        },
        changedMinutesAgo: 30,
        stuck: !well,
        ...(well ? {} : { state: { is: 'running', ready: false, sinceMinutesAgo: 29 } }),
      });
      for (const pod of well ? [] : made.pods)
        pod.events.push({
          ...unhealthy('Readiness', 'command timed out: "/bin/sh -c check-backlog --deep" timed out after 1s', 58, 29),
          container: made.container,
        });
      return {
        about: 'A command probe that takes longer than its timeout.',
        code: ['probe-timing-too-short', 'probe-exec-failing'],
        object: made.ref,
        alsoTrue: serving,
        ask: { namespace: made.namespace, alert: alerts.notReady(made) },
      };
    },
  }),
  ...coded('probe-failing', {
    grpc: (s, well) => {
      const made = app(s.w, {
        before: {},
        container: { readinessProbe: { grpc: { port: 9090, service: '' } } },
        changedMinutesAgo: 30,
        stuck: !well,
        ...(well ? {} : { state: { is: 'running', ready: false, sinceMinutesAgo: 29 } }),
      });
      for (const pod of well ? [] : made.pods)
        pod.events.push({
          ...unhealthy('Readiness', 'service unhealthy (responded with "NOT_SERVING")', 170, 29),
          container: made.container,
        });
      return {
        about: 'A gRPC service says that it does not serve.',
        object: made.ref,
        alsoTrue: serving,
        ask: { namespace: made.namespace, alert: alerts.notReady(made) },
      };
    },
  }),
  ...coded('probe-port-wrong', {
    grpc: (s, well) => {
      const made = app(s.w, {
        before: {},
        container: {
          ports: [{ name: 'grpc', containerPort: 50051, protocol: 'TCP' }],
          readinessProbe: { grpc: { port: well ? 50051 : 50052, service: '' } },
        },
        withService: false,
        changedMinutesAgo: 30,
        stuck: !well,
        ...(well ? {} : { state: { is: 'running', ready: false, sinceMinutesAgo: 29 } }),
      });
      for (const pod of well ? [] : made.pods) {
        pod.events.push({
          ...unhealthy(
            'Readiness',
            `timeout: failed to connect service "${pod.ip}:50052" within 1s: context deadline exceeded`,
            170,
            29,
          ),
          container: made.container,
        });
        s.w.log(pod, made.container, stamped(s.w, ['gRPC server listening at [::]:50051']));
      }
      return {
        about: 'A gRPC probe that asks a port where nobody listens.',
        object: made.ref,
        says: ['50052'],
        alsoTrue: serving,
        ask: { namespace: made.namespace },
      };
    },
  }),
  ...coded('security-context-blocks', {
    'low-port': (s, well) => {
      const made = app(s.w, {
        before: {},
        container: { securityContext: { runAsUser: 1000, runAsNonRoot: true, capabilities: { drop: ['ALL'] } } },
        changedMinutesAgo: 30,
        stuck: !well,
        ...(well ? {} : { state: crashing(s.w, { exitCode: 1, ranSeconds: 0 }) }),
      });
      for (const pod of well ? [] : made.pods)
        s.w.log(
          pod,
          made.container,
          [
            '2025/05/05 10:11:12 [emerg] 1#1: bind() to 0.0.0.0:80 failed (13: Permission denied)',
            'nginx: [emerg] bind() to 0.0.0.0:80 failed (13: Permission denied)',
          ],
          true,
        );
      return {
        about: 'Without the capability it may not bind port 80.',
        object: made.ref,
        alsoTrue: crashes,
        ask: { namespace: made.namespace, alert: alerts.crashLooping(made, made.container) },
      };
    },
    'user-name': (s, well) => {
      const made = app(s.w, {
        pod: { securityContext: { runAsNonRoot: true } },
        before: {},
        changedMinutesAgo: 8,
        stuck: !well,
        ...(well
          ? {}
          : {
              state: {
                is: 'waiting',
                reason: 'CreateContainerConfigError',
                message: `container has runAsNonRoot and image has non-numeric user (appuser), cannot verify user is non-root (pod: "p_n(${s.w.random.uid()})", container: app)`,
              },
            }),
      });
      return {
        about: 'runAsNonRoot with an image whose user is a name.',
        object: made.ref,
        says: ['runAsNonRoot'],
        alsoTrue: serving,
        ask: { namespace: made.namespace },
      };
    },
  }),
};

/** Start-up again: other runtimes' words, other controllers, sidecars, gRPC and startup probes. */
export const startUpControllers = family('start-up', withOtherTwins({ ...pulls, ...starts }));
