import { coded } from './case.ts';
import type { ContainerWire } from './pod-model.ts';
import { type App, alerts, app, crashes, crashing, serving, stamped, unhealthy } from './recipes.ts';
import { oom } from './runtime-memory.ts';

const asked = (made: App, alert = alerts.crashLooping(made, made.container)) => ({
  alert,
  namespace: made.namespace,
  object: `${made.kind}/${made.namespace}/${made.name}`,
});

/** Crashes, kills by liveness probes, ports, disks. */
export const exits = {
  ...coded(
    'container-crash-looping',
    {
      panic: (s, well) => {
        const made = app(s.w, {
          before: {},
          changedMinutesAgo: 20,
          stuck: !well,
          container: { image: s.w.names.image('fresh') },
          ...(well ? {} : { state: crashing(s.w, { exitCode: 2, ranSeconds: 2 }) }),
        });
        for (const pod of well ? [] : made.pods)
          s.w.log(
            pod,
            made.container,
            [
              'panic: runtime error: invalid memory address or nil pointer dereference',
              '[signal SIGSEGV: segmentation violation code=0x1 addr=0x18 pc=0x6f2c41]',
              'goroutine 1 [running]:',
              'main.(*Server).routes(0x0)',
              '\t/src/main.go:88 +0x21',
            ],
            true,
          );
        return { about: 'The new version panics.', object: made.ref, alsoTrue: serving, ask: asked(made) };
      },
      segfault: (s, well) => {
        const made = app(s.w, {
          kind: 'StatefulSet',
          ...(well ? {} : { state: crashing(s.w, { exitCode: 139, signal: 11, ranSeconds: 40 }) }),
        });
        return {
          about: 'It ends with a segmentation fault.',
          object: made.ref,
          says: ['139'],
          alsoTrue: serving,
          ask: asked(made),
        };
      },
      'bare-pod': (s, well) => {
        const made = app(s.w, {
          kind: 'Pod',
          withService: false,
          changedMinutesAgo: 300,
          ...(well ? {} : { state: crashing(s.w, { exitCode: 1, ranSeconds: 5 }, 40) }),
        });
        for (const pod of well ? [] : made.pods)
          s.w.log(
            pod,
            made.container,
            [
              'Traceback (most recent call last):',
              '  File "/app/main.py", line 14, in <module>',
              "    main(os.environ['MODE'])",
              "KeyError: 'MODE'",
            ],
            true,
          );
        return {
          about: 'A pod that nobody controls crashes for want of an environment variable.',
          object: made.ref,
          alsoTrue: serving,
          ask: asked(made),
        };
      },
    },
    {
      oom: (s) => {
        const made = oom(s, false, 200);
        return {
          about: 'CrashLoopBackOff whose last run was killed for memory.',
          code: 'container-oom-killed',
          object: made.ref,
          alsoTrue: serving,
          ask: asked(made),
        };
      },
    },
  ),
  ...coded('liveness-probe-kills', {
    hangs: (s, well) => {
      const { w } = s;
      const made = app(w, {
        container: { livenessProbe: { httpGet: { path: '/live', port: 'http' }, timeoutSeconds: 3 } },
        ...(well
          ? {}
          : {
              state: {
                is: 'running',
                sinceMinutesAgo: 4,
                restarts: 6,
                last: { exitCode: 137, reason: 'Error', ranSeconds: 900, endedMinutesAgo: 4.1 },
              },
            }),
      });
      for (const pod of well ? [] : made.pods) {
        pod.events.push({
          ...unhealthy('Liveness', `Get "http://${pod.ip}:${made.port}/live": context deadline exceeded`, 15, 57, 4.2),
          container: made.container,
        });
        pod.events.push({
          type: 'Normal',
          reason: 'Killing',
          message: `Container ${made.container} failed liveness probe, will be restarted`,
          count: 5,
          fromMinutesAgo: 57,
          toMinutesAgo: 4.2,
          container: made.container,
        });
        w.log(
          pod,
          made.container,
          stamped(w, ['ready', 'deadlock detected in worker 3', 'no progress for 60s'], 4.3),
          true,
        );
      }
      return {
        about: 'It hangs after a quarter of an hour and is killed.',
        object: made.ref,
        alsoTrue: [...crashes, 'readiness-flapping'],
        ask: asked(made),
      };
    },
  }),
  ...coded(
    'container-port-conflict',
    {
      'two-containers': (s, well) => {
        const { w } = s;
        const port = w.names.port();
        const sidecar: ContainerWire = {
          name: 'metrics-proxy',
          image: w.names.image('metrics-proxy'),
          ports: [{ containerPort: well ? port + 1 : port, name: 'metrics', protocol: 'TCP' }],
        };
        const made = app(w, {
          port,
          sidecars: [sidecar],
          changedMinutesAgo: 30,
          stuck: !well,
          ...(well ? {} : { states: { 'metrics-proxy': crashing(w, { exitCode: 1, ranSeconds: 0 }) } }),
        });
        for (const pod of well ? [] : made.pods)
          w.log(
            pod,
            'metrics-proxy',
            [
              `Error: listen EADDRINUSE: address already in use 0.0.0.0:${port}`,
              '    at Server.setupListenHandle [as _listen2] (node:net:1817:16)',
              `  code: 'EADDRINUSE',`,
            ],
            true,
          );
        return {
          about: 'Two containers of one pod want the same port.',
          object: made.ref,
          says: [String(port)],
          alsoTrue: crashes,
          ask: asked(made, alerts.crashLooping(made, 'metrics-proxy')),
        };
      },
    },
    {
      permission: (s) => {
        const made = app(s.w, {
          changedMinutesAgo: 30,
          stuck: true,
          container: { securityContext: { runAsUser: 1000, capabilities: { drop: ['ALL'] } } },
          state: crashing(s.w, { exitCode: 1, ranSeconds: 0 }),
        });
        for (const pod of made.pods)
          s.w.log(pod, made.container, ['nginx: [emerg] bind() to 0.0.0.0:80 failed (13: Permission denied)'], true);
        return {
          about: 'It may not bind a low port; nobody else has it.',
          code: ['security-context-blocks', 'container-crash-looping'],
          object: made.ref,
          alsoTrue: crashes,
          ask: asked(made),
        };
      },
    },
  ),
  ...coded(
    'disk-full',
    {
      claim: (s, well) => {
        const { w } = s;
        const namespace = w.names.namespace();
        const claim = `data-${w.random.suffix(4)}`;
        const volume = `pvc-${w.random.uid()}`;
        const made = app(w, {
          namespace,
          kind: 'StatefulSet',
          replicas: 1,
          container: { volumeMounts: [{ name: 'data', mountPath: '/var/lib/postgresql/data' }] },
          pod: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: claim } }] },
          ...(well ? {} : { state: crashing(w, { exitCode: 1, ranSeconds: 4 }) }),
        });
        w.add(
          'v1',
          'PersistentVolumeClaim',
          { name: claim, namespace },
          {
            spec: {
              accessModes: ['ReadWriteOnce'],
              resources: { requests: { storage: '20Gi' } },
              storageClassName: 'standard',
              volumeMode: 'Filesystem',
              volumeName: volume,
            },
            status: { phase: 'Bound', accessModes: ['ReadWriteOnce'], capacity: { storage: '20Gi' } },
          },
        );
        w.add(
          'v1',
          'PersistentVolume',
          { name: volume },
          {
            spec: {
              accessModes: ['ReadWriteOnce'],
              capacity: { storage: '20Gi' },
              storageClassName: 'standard',
              persistentVolumeReclaimPolicy: 'Delete',
              claimRef: { kind: 'PersistentVolumeClaim', namespace, name: claim },
              csi: { driver: 'pd.csi.storage.gke.io', volumeHandle: 'v1' },
            },
            status: { phase: 'Bound' },
          },
        );
        w.add(
          'storage.k8s.io/v1',
          'StorageClass',
          { name: 'standard' },
          {
            provisioner: 'pd.csi.storage.gke.io',
            reclaimPolicy: 'Delete',
            volumeBindingMode: 'Immediate',
            allowVolumeExpansion: true,
          },
        );
        for (const pod of well ? [] : made.pods)
          w.log(
            pod,
            made.container,
            [
              'LOG:  starting PostgreSQL 16.4',
              'FATAL:  could not write to file "pg_wal/xlogtemp.31": No space left on device',
              'LOG:  database system is shut down',
            ],
            true,
          );
        w.metric(
          'kubelet_volume_stats_available_bytes{namespace=~".+"} / kubelet_volume_stats_capacity_bytes{namespace=~".+"}',
          [{ labels: { namespace, persistentvolumeclaim: claim }, value: well ? 0.62 : 0.0003 }],
        );
        return {
          about: 'The volume of a database is full.',
          object: [`PersistentVolumeClaim ${namespace}/${claim}`],
          alsoTrue: crashes,
          ask: {
            ...asked(made, {
              name: 'KubePersistentVolumeFillingUp',
              labels: { namespace, persistentvolumeclaim: claim, job: 'kubelet', severity: 'critical' },
              summary: 'PersistentVolume is filling up.',
            }),
          },
        };
      },
      'only-log': (s, well) => {
        const made = app(s.w, {
          pod: { volumes: [{ name: 'scratch', emptyDir: { sizeLimit: '1Gi' } }] },
          container: { volumeMounts: [{ name: 'scratch', mountPath: '/scratch' }] },
          ...(well ? {} : { state: crashing(s.w, { exitCode: 1, ranSeconds: 600 }) }),
        });
        for (const pod of well ? [] : made.pods)
          s.w.log(
            pod,
            made.container,
            ["OSError: [Errno 28] No space left on device: '/scratch/batch-0091.parquet'"],
            true,
          );
        return {
          about: 'A scratch volume is full; only the log says so.',
          object: made.ref,
          alsoTrue: crashes,
          ask: asked(made),
        };
      },
    },
    {
      quota: (s) => {
        const made = app(s.w, { state: crashing(s.w, { exitCode: 1, ranSeconds: 6 }) });
        for (const pod of made.pods)
          s.w.log(pod, made.container, ['fatal: too many open files (os error 24)', 'accept failed: EMFILE'], true);
        return {
          about: 'Out of file descriptors, not of disk.',
          code: 'container-crash-looping',
          object: made.ref,
          alsoTrue: serving,
          ask: asked(made),
        };
      },
    },
  ),
};
