import { appConfiguration } from './app-configuration.ts';
import type { ModelledCase, Outcome, Scene } from './case.ts';
import { change } from './change.ts';
import { nodes } from './nodes.ts';
import { runtime } from './runtime.ts';
import { servicePath } from './service-path.ts';
import { startUp } from './start-up.ts';

/** Pairs of cases that have nothing to do with each other, by name. */
const pairs: readonly (readonly [string, string])[] = [
  ['image-pull-failed-tag', 'container-oom-killed-limit'],
  ['image-registry-unreachable-dns', 'dependency-credentials-rejected-password'],
  ['config-map-missing-env-from', 'node-kubelet-down-silent'],
  ['command-not-found-path', 'dependency-host-wrong-env'],
  ['probe-path-wrong-readiness', 'job-backoff-exceeded-fails'],
  ['probe-port-wrong-readiness', 'cpu-throttled-cfs-share'],
  ['init-container-failing-exit', 'certificate-expired-managed'],
  ['security-context-blocks-non-root', 'migration-missing-table'],
  ['disk-full-claim', 'node-memory-pressure-now'],
  ['container-crash-looping-panic', 'gitops-sync-failing-argo'],
  ['liveness-probe-kills-hangs', 'network-policy-blocks-wrong-label'],
  ['finalizer-stuck-claim', 'database-connections-exhausted-clients'],
  ['cron-job-missed-too-many', 'secret-missing-env'],
  ['pod-evicted-own-usage', 'service-port-mismatch-refused'],
  ['gitops-sync-failing-flux-kustomization', 'dependency-port-wrong-config-map'],
  ['container-port-conflict-two-containers', 'certificate-expiring-certificate'],
];

/** Two faults in one cluster: both must be found, whichever first. */
export const twoFaults: readonly ModelledCase[] = pairs.map(([one, other]) => ({
  family: 'two-faults',
  name: `${one}+${other}`,
  managed: undefined,
  noise: true,
  build: (scene: Scene): Outcome => {
    const [first, second] = [caseNamed(one).build(scene), caseNamed(other).build(scene)];
    if (
      first.code === undefined ||
      first.object === undefined ||
      second.code === undefined ||
      second.object === undefined
    )
      throw new RangeError(`${one}+${other} has no two faults`);
    return {
      about: `${first.about} Besides: ${second.about}`,
      code: first.code,
      object: first.object,
      also: [...(first.also ?? []), { code: second.code, object: second.object }, ...(second.also ?? [])],
      alsoTrue: [...new Set([...(first.alsoTrue ?? []), ...(second.alsoTrue ?? [])])],
      says: first.says ?? [],
    };
  },
}));

function caseNamed(name: string): ModelledCase {
  const found = [...startUp, ...runtime, ...appConfiguration, ...nodes, ...change, ...servicePath].find(
    (each) => each.name === name,
  );
  if (found === undefined) throw new RangeError(`no case is named ${name}`);
  return found;
}
