import { appConfiguration } from './app-configuration.ts';
import type { ModelledCase, Outcome, Scene } from './case.ts';
import { change } from './change.ts';
import { nodes } from './nodes.ts';
import { otherServers } from './other-servers.ts';
import { runtime } from './runtime.ts';
import { runtimeMeasures } from './runtime-measures.ts';
import { servicePath } from './service-path.ts';
import { startUp } from './start-up.ts';
import { startUpControllers } from './start-up-controllers.ts';
import type { Wire } from './wire.ts';

const all = [
  ...startUp,
  ...startUpControllers,
  ...runtime,
  ...runtimeMeasures,
  ...appConfiguration,
  ...otherServers,
  ...servicePath,
  ...nodes,
  ...change,
];

function caseNamed(name: string): ModelledCase {
  const found = all.find((each) => each.name === name);
  if (found === undefined) throw new RangeError(`no case is named ${name}`);
  return found;
}

/** Faults that show in the objects of their namespace alone. */
const ofOneNamespace = [
  'image-pull-failed-tag',
  'image-pull-failed-sidecar',
  'image-access-denied-secret-refused',
  'image-registry-unreachable-dns',
  'image-rate-limited-docker-hub',
  'config-map-missing-env-from',
  'config-map-key-missing-env',
  'secret-missing-volume',
  'command-not-found-path',
  'init-container-failing-exit',
  'security-context-blocks-non-root',
  'probe-port-wrong-readiness',
  'probe-path-wrong-readiness',
  'probe-scheme-wrong-https-to-http',
  'container-oom-killed-limit',
  'container-crash-looping-segfault',
  'liveness-probe-kills-hangs',
  'container-port-conflict-two-containers',
  'job-backoff-exceeded-fails',
  'job-deadline-exceeded-slow',
  'dependency-host-wrong-env',
  'dependency-port-wrong-kafka',
  'dependency-credentials-rejected-mongo',
  'migration-missing-table',
  'service-port-mismatch-refused',
];

function isOfAnApplication({ kind, metadata }: Wire): boolean {
  const { namespace } = metadata as { readonly namespace?: string };
  return (
    !['Node', 'Lease', 'Namespace', 'ServiceAccount', 'PriorityClass', 'ControllerRevision'].includes(String(kind)) &&
    namespace?.startsWith('kube-') !== true
  );
}

/** What somebody sends who may read their own namespace: no nodes, no kube-system, no managedFields. */
const bare: readonly ModelledCase[] = ofOneNamespace.map((name) => ({
  ...caseNamed(name),
  family: 'partial-views',
  name: `bare-${name}`,
  trim: (snapshot) => ({
    ...snapshot,
    objects: snapshot.objects.filter(isOfAnApplication).map((object) => {
      const { managedFields: _managedFields, ...metadata } = object.metadata as Wire;
      return { ...object, metadata };
    }),
  }),
}));

/** What is asked about, and what is wrong elsewhere at the same time and has nothing to do with it. */
const neighbours: readonly (readonly [string, string])[] = [
  ['image-pull-failed-tag', 'container-crash-looping-panic'],
  ['config-map-missing-env-from', 'job-backoff-exceeded-fails'],
  ['probe-path-wrong-readiness', 'container-oom-killed-limit'],
  ['dependency-host-wrong-env', 'image-registry-unreachable-dns'],
  ['liveness-probe-kills-hangs', 'command-not-found-path'],
  ['certificate-expired-managed', 'secret-missing-env'],
  ['network-policy-blocks-wrong-label', 'probe-port-wrong-readiness'],
  ['cpu-throttled-cfs-share', 'image-pull-failed-never-ran'],
  ['pod-evicted-own-usage', 'init-container-failing-exit'],
];

const scoped: readonly ModelledCase[] = neighbours.map(([one, other]) => ({
  family: 'partial-views',
  name: `scoped-${one}-beside-${other}`,
  managed: undefined,
  noise: true,
  build: (scene: Scene): Outcome => {
    const { ask, ...outcome } = caseNamed(one).build(scene);
    const elsewhere = caseNamed(other).build(scene);
    const claims = [elsewhere.code ?? []].flat();
    const objects = [elsewhere.object ?? []].flat();
    if (ask?.namespace === undefined) throw new RangeError(`${one} has no namespace to ask about`);
    return {
      ...outcome,
      about: `${outcome.about} In another namespace: ${elsewhere.about}`,
      notClaimed: [
        ...(outcome.notClaimed ?? []),
        ...claims.flatMap((code) => objects.map((object) => ({ code, object }))),
      ],
      question: { namespace: ask.namespace },
    };
  },
}));

const unwell: readonly string[] = [
  'image-pull-failed-tag',
  'container-oom-killed-limit',
  'dependency-credentials-rejected-password',
  'job-backoff-exceeded-fails',
  'finalizer-stuck-claim',
];

/** The namespace that is asked about is well; another one is not. */
const elsewhere: readonly ModelledCase[] = unwell.map((name) => ({
  family: 'partial-views',
  name: `well-beside-${name}`,
  managed: undefined,
  noise: true,
  build: (scene: Scene): Outcome => {
    const well = caseNamed('probe-path-wrong-healthy').build(scene);
    const wrong = caseNamed(name).build(scene);
    if (well.ask?.namespace === undefined) throw new RangeError('the healthy case has no namespace');
    return {
      about: `The namespace in question is well. In another one: ${wrong.about}`,
      status: 'healthy',
      question: { namespace: well.ask.namespace },
    };
  },
}));

/** Less than everything: a namespace on its own, and questions about one namespace of several. */
export const partialViews: readonly ModelledCase[] = [...bare, ...scoped, ...elsewhere];
