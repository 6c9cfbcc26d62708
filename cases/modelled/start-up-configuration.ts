import { coded, type Scene } from './case.ts';
import type { ContainerState } from './pod-model.ts';
import { type App, alerts, app, serving } from './recipes.ts';
import type { Wire } from './wire.ts';

const unless = (well: boolean, state: ContainerState) => (well ? {} : { state });

const asked = (made: App, alert = alerts.notReady(made)) => ({
  alert,
  namespace: made.namespace,
  object: `${made.kind}/${made.namespace}/${made.name}`,
});

/** A container that cannot be made; `NS/` in the kubelet's message stands for the namespace. */
function configError(s: Scene, well: boolean, text: string, container: Wire, make: (namespace: string) => void): App {
  const namespace = s.w.names.namespace();
  const message = text.replace(' NS/', ` ${namespace}/`);
  const made = app(s.w, {
    namespace,
    container,
    before: {},
    changedMinutesAgo: s.w.random.int(4, 40),
    stuck: !well,
    ...unless(well, { is: 'waiting', reason: 'CreateContainerConfigError', message }),
  });
  make(namespace);
  if (!well)
    for (const pod of made.pods)
      pod.events.push({
        type: 'Warning',
        reason: 'Failed',
        message: `Error: ${message}`,
        count: 14,
        fromMinutesAgo: 5,
        toMinutesAgo: 0.2,
        container: made.container,
      });
  return made;
}

/** ConfigMaps and Secrets that are not there, or lack a key. */
export const configuration = {
  ...coded(
    'config-map-missing',
    {
      'env-from': (s, well) => {
        const name = `${s.w.names.workload()}-settings`;
        const made = configError(
          s,
          well,
          `configmap "${name}" not found`,
          { envFrom: [{ configMapRef: { name } }] },
          (namespace) => {
            s.w.add(
              'v1',
              'ConfigMap',
              { name: well ? name : name.replace('-settings', '-config'), namespace },
              { data: { LOG_LEVEL: 'info' } },
            );
          },
        );
        return {
          about: 'envFrom names a ConfigMap that is not there.',
          object: made.ref,
          says: [name],
          alsoTrue: serving,
          ask: asked(made),
        };
      },
      volume: (s, well) => {
        const name = `${s.w.names.workload()}-files`;
        const namespace = s.w.names.namespace();
        const made = app(s.w, {
          namespace,
          before: {},
          changedMinutesAgo: 30,
          stuck: !well,
          pod: { volumes: [{ name: 'settings', configMap: { name, defaultMode: 420 } }] },
          container: { volumeMounts: [{ name: 'settings', mountPath: '/etc/app' }] },
          ...unless(well, { is: 'waiting', reason: 'ContainerCreating' }),
        });
        if (well) s.w.add('v1', 'ConfigMap', { name, namespace }, { data: { 'app.yaml': 'a: 1' } });
        else
          for (const pod of made.pods)
            pod.events.push({
              type: 'Warning',
              reason: 'FailedMount',
              message: `MountVolume.SetUp failed for volume "settings" : configmap "${name}" not found`,
              count: 19,
              fromMinutesAgo: 29,
              toMinutesAgo: 1,
            });
        return {
          about: 'A volume of a ConfigMap that is not there.',
          object: made.ref,
          says: [name],
          alsoTrue: serving,
          ask: asked(made),
        };
      },
    },
    {
      key: (s) => {
        const name = `${s.w.names.workload()}-settings`;
        const made = configError(
          s,
          false,
          `couldn't find key LISTEN_ADDR in ConfigMap NS/${name}`,
          { env: [{ name: 'LISTEN_ADDR', valueFrom: { configMapKeyRef: { name, key: 'LISTEN_ADDR' } } }] },
          (namespace) => {
            s.w.add('v1', 'ConfigMap', { name, namespace }, { data: { LISTEN_ADRR: ':80' } });
          },
        );
        return {
          about: 'The ConfigMap is there; one key is not.',
          code: 'config-map-key-missing',
          object: made.ref,
          says: ['LISTEN_ADDR'],
          alsoTrue: serving,
          ask: asked(made),
        };
      },
    },
  ),
  ...coded('config-map-key-missing', {
    env: (s, well) => {
      const name = `${s.w.names.workload()}-cfg`;
      const key = s.w.random.pick(['CACHE_URL', 'FEATURE_FLAGS', 'TIMEOUT_MS', 'REGION']);
      const made = configError(
        s,
        well,
        `couldn't find key ${key} in ConfigMap NS/${name}`,
        { env: [{ name: key, valueFrom: { configMapKeyRef: { name, key } } }] },
        (namespace) => {
          s.w.add('v1', 'ConfigMap', { name, namespace }, { data: { ...(well ? { [key]: 'x' } : {}), OTHER: 'y' } });
        },
      );
      return {
        about: 'One key of a ConfigMap is missing.',
        object: made.ref,
        says: [key],
        alsoTrue: serving,
        ask: asked(made),
      };
    },
  }),
  ...coded(
    'secret-missing',
    {
      env: (s, well) => {
        const name = `${s.w.names.workload()}-credentials`;
        const made = configError(
          s,
          well,
          `secret "${name}" not found`,
          { env: [{ name: 'API_TOKEN', valueFrom: { secretKeyRef: { name, key: 'token' } } }] },
          () => {},
        );
        return {
          about: 'A Secret that is not there.',
          object: made.ref,
          says: [name],
          alsoTrue: serving,
          ask: asked(made),
        };
      },
      volume: (s, well) => {
        const name = `${s.w.names.workload()}-tls`;
        const made = app(s.w, {
          before: {},
          changedMinutesAgo: 16,
          stuck: !well,
          pod: { volumes: [{ name: 'tls', secret: { secretName: name, defaultMode: 420 } }] },
          container: { volumeMounts: [{ name: 'tls', mountPath: '/tls' }] },
          ...unless(well, { is: 'waiting', reason: 'ContainerCreating' }),
        });
        if (!well)
          for (const pod of made.pods)
            pod.events.push({
              type: 'Warning',
              reason: 'FailedMount',
              message: `MountVolume.SetUp failed for volume "tls" : secret "${name}" not found`,
              count: 15,
              fromMinutesAgo: 15,
              toMinutesAgo: 1.3,
            });
        return {
          about: 'A volume of a Secret that is not there.',
          object: made.ref,
          says: [name],
          alsoTrue: serving,
          ask: asked(made),
        };
      },
    },
    {
      key: (s) => {
        const name = `${s.w.names.workload()}-credentials`;
        const made = configError(
          s,
          false,
          `couldn't find key token in Secret NS/${name}`,
          { env: [{ name: 'API_TOKEN', valueFrom: { secretKeyRef: { name, key: 'token' } } }] },
          () => {},
        );
        return {
          about: 'The Secret is there, its key is not.',
          code: 'secret-key-missing',
          object: made.ref,
          says: ['token'],
          alsoTrue: serving,
          ask: asked(made),
        };
      },
    },
  ),
  ...coded('secret-key-missing', {
    env: (s, well) => {
      const name = `${s.w.names.workload()}-db`;
      const key = s.w.random.pick(['password', 'username', 'dsn', 'apiKey']);
      const made = configError(
        s,
        well,
        `couldn't find key ${key} in Secret NS/${name}`,
        { env: [{ name: 'VALUE', valueFrom: { secretKeyRef: { name, key } } }] },
        () => {},
      );
      return {
        about: 'One key of a Secret is missing.',
        object: made.ref,
        says: [key],
        alsoTrue: serving,
        ask: asked(made),
      };
    },
  }),
};
