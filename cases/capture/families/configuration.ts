import type { CaseContext, CaseDefinition } from '../case-context.ts';
import { object, type WorkloadKind, type WorkloadRequest, workload } from '../manifests.ts';
import type { Fields, KubeObject } from '../wire.ts';

const symptoms = ['rollout-stuck', 'service-no-ready-endpoints'];

const fromMap = (variable: string, name: string, key: string, optional?: boolean) => ({
  name: variable,
  valueFrom: { configMapKeyRef: { name, key, ...(optional === undefined ? {} : { optional }) } },
});
const fromSecret = (variable: string, name: string, key: string) => ({
  name: variable,
  valueFrom: { secretKeyRef: { name, key } },
});
const volumeOf = (source: Fields) => ({
  container: { volumeMounts: [{ name: 'settings', mountPath: '/etc/app' }] },
  pod: { volumes: [{ name: 'settings', ...source }] },
});
const secret = (name: string, data: Record<string, string>) => object('v1', 'Secret', name, { stringData: data });
const map = (name: string, data: Record<string, string>) => object('v1', 'ConfigMap', name, { data });

type Broken = {
  readonly name: string;
  readonly about: string;
  readonly code: string;
  readonly kind?: WorkloadKind;
  readonly app: string;
  readonly request: WorkloadRequest;
  readonly objects?: readonly KubeObject[];
  /** What the kubelet says of the container; of a volume when `isVolume`. */
  readonly message: (ns: string) => string;
  readonly isVolume?: boolean;
  readonly says: readonly string[];
  readonly more?: (c: CaseContext) => object;
};

function broken({
  name,
  about,
  code,
  kind = 'Deployment',
  app,
  request,
  objects = [],
  message,
  isVolume = false,
  says,
  more = () => ({}),
}: Broken): CaseDefinition {
  return {
    name,
    about,
    run: async (c) => {
      await c.apply(...objects);
      await c.past({ hours: 25 });
      await c.apply(workload(kind, app, { replicas: 1, ...request, kubelet: 'absent' }));
      const count = kind === 'DaemonSet' ? 3 : (request.replicas ?? 1);
      for (const pod of await c.podsOf(app, count, { bound: true })) {
        if (isVolume) await c.kubelet.cannotMount(pod, [message(c.ns)]);
        else await c.kubelet.cannotConfigure(pod, { container: app, message: message(c.ns) });
      }
      return { code, object: `${kind} ${c.ns}/${app}`, says, alsoTrue: symptoms, ...more(c) };
    },
  };
}

function sound(
  name: string,
  about: string,
  notClaimed: readonly string[],
  make: (c: CaseContext) => Promise<void>,
): CaseDefinition {
  return {
    name,
    about,
    run: async (c) => {
      await make(c);
      return { status: 'healthy', notClaimed };
    },
  };
}

export const configuration: readonly CaseDefinition[] = [
  broken({
    name: 'config-map-missing-env',
    about: 'An environment variable comes from a ConfigMap that is not there.',
    code: 'config-map-missing',
    app: 'checkout',
    request: { replicas: 2, container: { env: [fromMap('LOG_LEVEL', 'checkout-env', 'log-level')] } },
    message: () => 'configmap "checkout-env" not found',
    says: ['checkout-env'],
  }),
  broken({
    name: 'config-map-missing-volume-statefulset',
    about: 'A StatefulSet mounts a ConfigMap whose name is misspelt; a similar one is there.',
    code: 'config-map-missing',
    kind: 'StatefulSet',
    app: 'kafka',
    request: volumeOf({ configMap: { name: 'kafka-setings' } }),
    objects: [map('kafka-settings', { 'server.properties': 'broker.id=1' })],
    message: () => 'MountVolume.SetUp failed for volume "settings" : configmap "kafka-setings" not found',
    isVolume: true,
    says: ['kafka-setings'],
    more: (c) => ({ question: { object: `statefulset/${c.ns}/kafka` } }),
  }),
  broken({
    name: 'config-map-missing-env-from',
    about: 'All variables come from a ConfigMap that exists in another namespace only.',
    code: 'config-map-missing',
    app: 'mailer',
    request: { container: { envFrom: [{ configMapRef: { name: 'smtp' } }] } },
    message: () => 'configmap "smtp" not found',
    says: ['smtp'],
    more: (c) => ({ question: { namespace: c.ns } }),
  }),
  sound(
    'config-map-missing-healthy',
    'The ConfigMap is there; another one that is not is optional.',
    ['config-map-missing', 'config-map-key-missing'],
    async (c) => {
      await c.apply(map('checkout-env', { 'log-level': 'info' }));
      await c.runs('Deployment', 'checkout', {
        container: {
          env: [fromMap('LOG_LEVEL', 'checkout-env', 'log-level'), fromMap('EXTRA', 'checkout-extra', 'extra', true)],
        },
      });
    },
  ),
  broken({
    name: 'config-map-missing-decoy',
    about: 'The ConfigMap is there; the key is not.',
    code: 'config-map-key-missing',
    app: 'checkout',
    request: { container: { env: [fromMap('LOG_LEVEL', 'checkout-env', 'logLevel')] } },
    objects: [map('checkout-env', { 'log-level': 'info' })],
    message: (ns) => `couldn't find key logLevel in ConfigMap ${ns}/checkout-env`,
    says: ['logLevel'],
    more: () => ({ notClaimed: ['config-map-missing'] }),
  }),
  broken({
    name: 'config-map-key-missing-daemonset',
    about: 'A DaemonSet reads a key that its ConfigMap does not hold.',
    code: 'config-map-key-missing',
    kind: 'DaemonSet',
    app: 'agent',
    request: { container: { env: [fromMap('REGION', 'agent-config', 'region')] } },
    objects: [map('agent-config', { zone: 'a', endpoint: 'https://collector.example.com' })],
    message: (ns) => `couldn't find key region in ConfigMap ${ns}/agent-config`,
    says: ['region'],
  }),
  broken({
    name: 'config-map-key-missing-volume-item',
    about: 'A volume picks a key of a ConfigMap that it does not hold.',
    code: 'config-map-key-missing',
    app: 'frontend',
    request: volumeOf({ configMap: { name: 'nginx', items: [{ key: 'site.conf', path: 'default.conf' }] } }),
    objects: [map('nginx', { 'default.conf': 'server {}' })],
    message: () =>
      'MountVolume.SetUp failed for volume "settings" : configmap references non-existent config key: site.conf',
    isVolume: true,
    says: ['site.conf'],
  }),
  sound('config-map-key-missing-healthy', 'The ConfigMap holds the key.', ['config-map-key-missing'], async (c) => {
    await c.apply(map('agent-config', { region: 'eu', zone: 'a' }));
    await c.runs('DaemonSet', 'agent', { container: { env: [fromMap('REGION', 'agent-config', 'region')] } });
  }),
  broken({
    name: 'config-map-key-missing-decoy',
    about: 'The ConfigMap holds the key; the Secret beside it does not exist.',
    code: 'secret-missing',
    app: 'agent',
    request: {
      container: { env: [fromMap('REGION', 'agent-config', 'region'), fromSecret('TOKEN', 'agent-token', 'token')] },
    },
    objects: [map('agent-config', { region: 'eu' })],
    message: () => 'secret "agent-token" not found',
    says: ['agent-token'],
    more: () => ({ notClaimed: ['config-map-key-missing', 'config-map-missing'] }),
  }),
  broken({
    name: 'secret-missing-env',
    about: 'A password comes from a Secret that nobody made.',
    code: 'secret-missing',
    app: 'accounts',
    request: { replicas: 2, container: { env: [fromSecret('DB_PASSWORD', 'accounts-db', 'password')] } },
    message: () => 'secret "accounts-db" not found',
    says: ['accounts-db'],
  }),
  broken({
    name: 'secret-missing-volume-job',
    about: 'A Job mounts a Secret that is not there.',
    code: 'secret-missing',
    kind: 'Job',
    app: 'backup',
    request: volumeOf({ secret: { secretName: 'backup-credentials' } }),
    message: () => 'MountVolume.SetUp failed for volume "settings" : secret "backup-credentials" not found',
    isVolume: true,
    says: ['backup-credentials'],
    more: (c) => ({ question: { object: `job/${c.ns}/backup` } }),
  }),
  sound('secret-missing-healthy', 'The Secret is there.', ['secret-missing', 'secret-key-missing'], async (c) => {
    await c.apply(secret('accounts-db', { password: 'not-a-real-one' }));
    await c.runs('Deployment', 'accounts', {
      container: { env: [fromSecret('DB_PASSWORD', 'accounts-db', 'password')] },
    });
  }),
  broken({
    name: 'secret-missing-decoy',
    about: 'The Secret is there; the key that is read is not in it.',
    code: 'secret-key-missing',
    app: 'accounts',
    request: { container: { env: [fromSecret('DB_PASSWORD', 'accounts-db', 'pasword')] } },
    objects: [secret('accounts-db', { password: 'not-a-real-one' })],
    message: (ns) => `couldn't find key pasword in Secret ${ns}/accounts-db`,
    says: ['pasword'],
    more: () => ({ notClaimed: ['secret-missing'] }),
  }),
  broken({
    name: 'secret-key-missing-statefulset',
    about: 'A Secret was rotated and its key renamed; the StatefulSet still reads the old one.',
    code: 'secret-key-missing',
    kind: 'StatefulSet',
    app: 'keycloak',
    request: { container: { env: [fromSecret('ADMIN_PASSWORD', 'keycloak-admin', 'admin-password')] } },
    objects: [secret('keycloak-admin', { password: 'not-a-real-one' })],
    message: (ns) => `couldn't find key admin-password in Secret ${ns}/keycloak-admin`,
    says: ['admin-password', 'keycloak-admin'],
  }),
  sound(
    'secret-key-missing-healthy',
    'The Secret holds the key, although an old event says it did not.',
    ['secret-key-missing'],
    async (c) => {
      await c.apply(secret('keycloak-admin', { 'admin-password': 'not-a-real-one' }));
      await c.runs('StatefulSet', 'keycloak', {
        replicas: 1,
        container: { env: [fromSecret('ADMIN_PASSWORD', 'keycloak-admin', 'admin-password')] },
      });
      const [pod] = await c.podsOf('keycloak', 1, { bound: true });
      if (pod !== undefined)
        await c.kubelet.event(pod, {
          reason: 'Failed',
          message: `Error: couldn't find key admin-password in Secret ${c.ns}/keycloak-admin`,
          container: 'keycloak',
          count: 3,
          lastAgoSeconds: 350,
        });
    },
  ),
  broken({
    name: 'secret-key-missing-decoy',
    about: 'The Secret is in order; the ConfigMap of the same container is missing.',
    code: 'config-map-missing',
    app: 'keycloak',
    request: {
      container: {
        env: [fromSecret('ADMIN_PASSWORD', 'keycloak-admin', 'password'), fromMap('REALM', 'keycloak-realm', 'name')],
      },
    },
    objects: [secret('keycloak-admin', { password: 'not-a-real-one' })],
    message: () => 'configmap "keycloak-realm" not found',
    says: ['keycloak-realm'],
    more: () => ({ notClaimed: ['secret-key-missing', 'secret-missing'] }),
  }),
];
