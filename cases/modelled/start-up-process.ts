import { coded } from './case.ts';
import type { ContainerState } from './pod-model.ts';
import { type App, alerts, app, backingOffPull, crashes, crashing, serving } from './recipes.ts';

const unless = (well: boolean, state: ContainerState) => (well ? {} : { state });

const asked = (made: App, alert = alerts.notReady(made)) => ({
  alert,
  namespace: made.namespace,
  object: `${made.kind}/${made.namespace}/${made.name}`,
});

const notFound = (image: string) =>
  `rpc error: code = NotFound desc = failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${image}: not found`;

/** Commands, init containers, security contexts. */
export const process = {
  ...coded(
    'command-not-found',
    {
      path: (s, well) => {
        const binary = s.w.random.pick(['sevrer', '/app/bin/start-sever', 'gunciorn', './mian', '/usr/bin/nodejs22']);
        const made = app(s.w, {
          container: well ? {} : { command: [binary] },
          before: {},
          changedMinutesAgo: 14,
          stuck: !well,
          ...unless(
            well,
            crashing(s.w, {
              exitCode: 128,
              reason: 'StartError',
              message: `failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "${binary}": ${binary.includes('/') ? `stat ${binary}: no such file or directory` : 'executable file not found in $PATH'}: unknown`,
            }),
          ),
        });
        if (!well)
          for (const pod of made.pods)
            pod.events.push({
              type: 'Warning',
              reason: 'Failed',
              message: `Error: failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "${binary}": executable file not found in $PATH: unknown`,
              count: 7,
              fromMinutesAgo: 13,
              toMinutesAgo: 2,
              container: made.container,
            });
        return {
          about: 'A command that the image does not hold.',
          object: made.ref,
          says: [binary],
          alsoTrue: crashes,
          ask: asked(made, alerts.crashLooping(made, made.container)),
        };
      },
      shell: (s, well) => {
        const made = app(s.w, {
          container: { command: ['/bin/sh', '-c', well ? 'exec uvicorn main:app' : 'uvicron main:app --port 8000'] },
          before: {},
          changedMinutesAgo: 14,
          stuck: !well,
          ...unless(well, crashing(s.w, { exitCode: 127, ranSeconds: 0 })),
        });
        for (const pod of well ? [] : made.pods) s.w.log(pod, made.container, ['/bin/sh: 1: uvicron: not found'], true);
        return {
          about: 'A shell that cannot find what it is to run.',
          object: made.ref,
          says: ['uvicron'],
          alsoTrue: crashes,
          ask: asked(made, alerts.crashLooping(made, made.container)),
        };
      },
    },
    {
      'exit-2': (s) => {
        const made = app(s.w, {
          container: { args: ['--confg', '/etc/app.yaml'] },
          before: {},
          changedMinutesAgo: 14,
          stuck: true,
          state: crashing(s.w, { exitCode: 2, ranSeconds: 0 }),
        });
        for (const pod of made.pods)
          s.w.log(
            pod,
            made.container,
            ['flag provided but not defined: -confg', 'Usage of server:', '  -config string'],
            true,
          );
        return {
          about: 'The command is found and refuses its flags.',
          code: 'container-crash-looping',
          object: made.ref,
          alsoTrue: serving,
          ask: asked(made),
        };
      },
    },
  ),
  ...coded(
    'init-container-failing',
    {
      exit: (s, well) => {
        const init = s.w.random.pick(['migrate', 'wait', 'fetch-assets', 'chown', 'seed']);
        const made = app(s.w, {
          before: {},
          changedMinutesAgo: 21,
          stuck: !well,
          pod: {
            initContainers: [
              { name: init, image: s.w.names.image(init), command: ['/bin/sh', '-c', 'exec /setup.sh'] },
            ],
          },
          ...(well ? {} : { states: { [init]: crashing(s.w, { exitCode: 1, ranSeconds: 2 }) } }),
        });
        for (const pod of well ? [] : made.pods)
          s.w.log(
            pod,
            init,
            ['fetching https://assets.internal/bundle.tgz', 'sha256 mismatch: expected 9f3c, got 11ab', 'giving up'],
            true,
          );
        return {
          about: 'An init container fails again and again.',
          object: made.ref,
          says: [init],
          alsoTrue: serving,
          ask: asked(made, alerts.crashLooping(made, init)),
        };
      },
    },
    {
      'init-image': (s) => {
        const image = s.w.names.image('setup');
        const made = app(s.w, {
          before: {},
          changedMinutesAgo: 21,
          stuck: true,
          pod: { initContainers: [{ name: 'setup', image }] },
          states: { setup: backingOffPull(image, notFound(image)) },
        });
        return {
          about: 'The image of the init container does not exist.',
          code: 'image-pull-failed',
          object: made.ref,
          says: [image.split(':').at(-1) ?? ''],
          alsoTrue: serving,
          ask: asked(made),
        };
      },
    },
  ),
  ...coded(
    'security-context-blocks',
    {
      'non-root': (s, well) => {
        const made = app(s.w, {
          pod: { securityContext: { runAsNonRoot: true, ...(well ? { runAsUser: 10001 } : {}) } },
          before: {},
          changedMinutesAgo: 11,
          stuck: !well,
          ...unless(well, {
            is: 'waiting',
            reason: 'CreateContainerConfigError',
            message: `container has runAsNonRoot and image will run as root (pod: "x_y(${s.w.random.uid()})", container: app)`,
          }),
        });
        return {
          about: 'runAsNonRoot with an image that runs as root.',
          object: made.ref,
          says: ['runAsNonRoot'],
          alsoTrue: serving,
          ask: asked(made),
        };
      },
      'read-only': (s, well) => {
        const path = s.w.random.pick(['/var/cache/nginx/client_temp', '/app/tmp/pids', '/home/app/.cache', '/run/app']);
        const made = app(s.w, {
          container: { securityContext: { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false } },
          before: {},
          changedMinutesAgo: 11,
          stuck: !well,
          ...unless(well, crashing(s.w, { exitCode: 1, ranSeconds: 0 })),
        });
        for (const pod of well ? [] : made.pods)
          s.w.log(
            pod,
            made.container,
            [
              `mkdir() "${path}" failed (30: Read-only file system)`,
              `nginx: [emerg] mkdir() "${path}" failed (30: Read-only file system)`,
            ],
            true,
          );
        return {
          about: 'A read-only root file system under a process that writes.',
          object: made.ref,
          says: ['readOnlyRootFilesystem'],
          alsoTrue: crashes,
          ask: asked(made, alerts.crashLooping(made, made.container)),
        };
      },
    },
    {
      'volume-owner': (s) => {
        const claim = 'data';
        const namespace = s.w.names.namespace();
        const made = app(s.w, {
          namespace,
          kind: 'StatefulSet',
          replicas: 1,
          changedMinutesAgo: 30,
          container: {
            securityContext: { runAsUser: 1001 },
            volumeMounts: [{ name: claim, mountPath: '/var/lib/data' }],
          },
          pod: { volumes: [{ name: claim, persistentVolumeClaim: { claimName: claim } }] },
          state: crashing(s.w, { exitCode: 1, ranSeconds: 1 }),
        });
        const volume = `pvc-${s.w.random.uid()}`;
        s.w.add(
          'v1',
          'PersistentVolumeClaim',
          { name: claim, namespace },
          {
            spec: {
              accessModes: ['ReadWriteOnce'],
              resources: { requests: { storage: '10Gi' } },
              storageClassName: 'fast',
              volumeMode: 'Filesystem',
              volumeName: volume,
            },
            status: { phase: 'Bound', accessModes: ['ReadWriteOnce'], capacity: { storage: '10Gi' } },
          },
        );
        s.w.add(
          'v1',
          'PersistentVolume',
          { name: volume },
          {
            spec: {
              accessModes: ['ReadWriteOnce'],
              capacity: { storage: '10Gi' },
              storageClassName: 'fast',
              persistentVolumeReclaimPolicy: 'Delete',
              claimRef: { kind: 'PersistentVolumeClaim', namespace, name: claim },
              csi: { driver: 'ebs.csi.aws.com', volumeHandle: 'vol-1' },
            },
            status: { phase: 'Bound' },
          },
        );
        s.w.add(
          'storage.k8s.io/v1',
          'StorageClass',
          { name: 'fast' },
          { provisioner: 'ebs.csi.aws.com', reclaimPolicy: 'Delete', volumeBindingMode: 'WaitForFirstConsumer' },
        );
        for (const pod of made.pods)
          s.w.log(pod, made.container, ["mkdir: cannot create directory '/var/lib/data/db': Permission denied"], true);
        return {
          about: 'The volume belongs to root and nobody sets fsGroup.',
          code: 'volume-permission-denied',
          object: made.ref,
          alsoTrue: crashes,
          ask: asked(made),
        };
      },
    },
  ),
};
