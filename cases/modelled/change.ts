import { coded, family } from './case.ts';
import { alerts, app, backingOffPull, crashing, serving, stamped } from './recipes.ts';
import type { Wire } from './wire.ts';
import type { World } from './world.ts';

function controllers(w: World, namespace: string, names: readonly string[]): void {
  for (const name of names) app(w, { namespace, name, replicas: 1 });
}

const gitops = {
  ...coded(
    'gitops-sync-failing',
    {
      argo: (s, well) => {
        const { w } = s;
        const namespace = w.names.namespace();
        const made = app(w, { namespace, manager: 'argocd-controller' });
        const revision = w.random.hex(40);
        const error = `Failed to load target state: failed to generate manifest for source 1 of 1: rpc error: code = Unknown desc = \`kustomize build <path to cached source>/overlays/prod\` failed exit status 1: Error: accumulating resources: accumulation err='accumulating resources from 'hpa.yaml': evalsymlink failure on 'hpa.yaml' : lstat hpa.yaml: no such file or directory'`;
        controllers(w, 'argocd', ['argocd-repo-server', 'argocd-server']);
        w.add(
          'argoproj.io/v1alpha1',
          'Application',
          { name: made.name, namespace: 'argocd', createdMinutesAgo: 40_000 },
          {
            spec: {
              project: 'default',
              destination: { namespace, server: 'https://kubernetes.default.svc' },
              source: {
                repoURL: `https://git.${w.names.domain}/deploy.git`,
                path: 'overlays/prod',
                targetRevision: 'main',
              },
              syncPolicy: { automated: { prune: true, selfHeal: true } },
            },
            status: {
              sync: { status: well ? 'Synced' : 'Unknown', revision },
              health: { status: 'Healthy' },
              reconciledAt: w.iso(1),
              ...(well
                ? {
                    operationState: {
                      phase: 'Succeeded',
                      startedAt: w.iso(50),
                      finishedAt: w.iso(49),
                      message: 'successfully synced (all tasks run)',
                    },
                  }
                : { conditions: [{ type: 'ComparisonError', message: error, lastTransitionTime: w.iso(22) }] }),
            },
          },
        );
        return {
          about: 'Argo CD cannot build the manifests.',
          object: `Application argocd/${made.name}`,
          says: ['hpa.yaml'],
          ask: {
            alert: {
              name: 'ArgoAppNotSynced',
              labels: { name: made.name, namespace: 'argocd', sync_status: 'Unknown', dest_namespace: namespace },
            },
            namespace: 'argocd',
          },
        };
      },
      'argo-operation': (s, well) => {
        const { w } = s;
        const namespace = w.names.namespace();
        const made = app(w, { namespace, manager: 'argocd-controller' });
        controllers(w, 'argocd', ['argocd-repo-server', 'argocd-server']);
        const message =
          'one or more objects failed to apply, reason: Deployment.apps is invalid: spec.selector: Invalid value: field is immutable. Retrying attempt #5 at 9:14AM.';
        w.add(
          'argoproj.io/v1alpha1',
          'Application',
          { name: made.name, namespace: 'argocd', createdMinutesAgo: 40_000 },
          {
            spec: {
              project: 'default',
              destination: { namespace, server: 'https://kubernetes.default.svc' },
              source: { repoURL: `https://git.${w.names.domain}/deploy.git`, path: made.name, targetRevision: 'main' },
            },
            status: {
              sync: { status: well ? 'Synced' : 'OutOfSync', revision: w.random.hex(40) },
              health: { status: 'Healthy' },
              operationState: well
                ? { phase: 'Succeeded', startedAt: w.iso(60), finishedAt: w.iso(59) }
                : { phase: 'Failed', message, startedAt: w.iso(12), finishedAt: w.iso(9) },
            },
          },
        );
        return {
          about: 'A sync of Argo CD failed.',
          object: `Application argocd/${made.name}`,
          says: ['immutable'],
          alsoTrue: ['declared-state-differs'],
          ask: { namespace: 'argocd' },
        };
      },
      'flux-kustomization': (s, well) => {
        const { w } = s;
        const namespace = w.names.namespace();
        const made = app(w, { namespace, manager: 'kustomize-controller' });
        controllers(w, 'flux-system', ['kustomize-controller', 'source-controller']);
        const message = `Deployment/${namespace}/${made.name} dry-run failed (Invalid): Deployment.apps "${made.name}" is invalid: spec.template.spec.containers[0].image: Required value`;
        w.add(
          'source.toolkit.fluxcd.io/v1',
          'GitRepository',
          { name: 'fleet', namespace: 'flux-system', generation: 1 },
          {
            spec: { url: `ssh://git@git.${w.names.domain}/fleet`, interval: '1m', ref: { branch: 'main' } },
            status: {
              observedGeneration: 1,
              artifact: { revision: `main@sha1:${w.random.hex(40)}` },
              conditions: [
                {
                  type: 'Ready',
                  status: 'True',
                  reason: 'Succeeded',
                  message: 'stored artifact for revision main',
                  lastTransitionTime: w.iso(30),
                  observedGeneration: 1,
                },
              ],
            },
          },
        );
        w.add(
          'kustomize.toolkit.fluxcd.io/v1',
          'Kustomization',
          { name: made.name, namespace: 'flux-system', generation: 3 },
          {
            spec: { interval: '10m', path: './apps', prune: true, sourceRef: { kind: 'GitRepository', name: 'fleet' } },
            status: {
              observedGeneration: 3,
              lastAttemptedRevision: `main@sha1:${w.random.hex(40)}`,
              conditions: [
                well
                  ? {
                      type: 'Ready',
                      status: 'True',
                      reason: 'ReconciliationSucceeded',
                      message: 'Applied revision: main',
                      lastTransitionTime: w.iso(30),
                      observedGeneration: 3,
                    }
                  : {
                      type: 'Ready',
                      status: 'False',
                      reason: 'ReconciliationFailed',
                      message,
                      lastTransitionTime: w.iso(19),
                      observedGeneration: 3,
                    },
              ],
            },
          },
        );
        return {
          about: 'Flux cannot apply a Kustomization.',
          object: `Kustomization flux-system/${made.name}`,
          says: ['image'],
          ask: {
            alert: {
              name: 'ReconciliationFailure',
              labels: {
                kind: 'Kustomization',
                name: made.name,
                exported_namespace: 'flux-system',
                namespace: 'flux-system',
              },
            },
            namespace: 'flux-system',
          },
        };
      },
      'flux-helm': (s, well) => {
        const { w } = s;
        const namespace = w.names.namespace();
        const made = app(w, { namespace, manager: 'helm-controller' });
        const message = `Helm upgrade failed for release ${namespace}/${made.name} with chart ${made.name}@2.3.1: execution error at (${made.name}/templates/ingress.yaml:4:4): ingress.host is required`;
        w.add(
          'helm.toolkit.fluxcd.io/v2',
          'HelmRelease',
          { name: made.name, namespace, generation: 5 },
          {
            spec: {
              interval: '5m',
              chart: {
                spec: { chart: made.name, version: '2.x', sourceRef: { kind: 'HelmRepository', name: 'charts' } },
              },
            },
            status: {
              observedGeneration: 5,
              failures: well ? 0 : 4,
              conditions: well
                ? [
                    {
                      type: 'Ready',
                      status: 'True',
                      reason: 'UpgradeSucceeded',
                      message: 'Helm upgrade succeeded',
                      lastTransitionTime: w.iso(300),
                      observedGeneration: 5,
                    },
                  ]
                : [
                    {
                      type: 'Stalled',
                      status: 'True',
                      reason: 'RetriesExceeded',
                      message: 'Failed to upgrade after 4 attempt(s)',
                      lastTransitionTime: w.iso(15),
                      observedGeneration: 5,
                    },
                    {
                      type: 'Ready',
                      status: 'False',
                      reason: 'UpgradeFailed',
                      message,
                      lastTransitionTime: w.iso(15),
                      observedGeneration: 5,
                    },
                  ],
            },
          },
        );
        return {
          about: 'A Helm upgrade by Flux failed.',
          object: `HelmRelease ${namespace}/${made.name}`,
          ask: { namespace },
        };
      },
      'flux-source': (s, well) => {
        const { w } = s;
        controllers(w, 'flux-system', ['kustomize-controller', 'source-controller']);
        w.add(
          'source.toolkit.fluxcd.io/v1',
          'GitRepository',
          { name: 'platform', namespace: 'flux-system', generation: 1 },
          {
            spec: {
              url: `https://git.${w.names.domain}/platform`,
              interval: '1m',
              secretRef: { name: 'git-token' },
              ref: { branch: 'main' },
            },
            status: {
              observedGeneration: 1,
              conditions: [
                well
                  ? {
                      type: 'Ready',
                      status: 'True',
                      reason: 'Succeeded',
                      message: 'stored artifact',
                      lastTransitionTime: w.iso(30),
                    }
                  : {
                      type: 'Ready',
                      status: 'False',
                      reason: 'GitOperationFailed',
                      message:
                        'failed to checkout and determine revision: unable to clone: authentication required: Invalid username or token.',
                      lastTransitionTime: w.iso(44),
                    },
              ],
            },
          },
        );
        return {
          about: 'Flux cannot fetch its repository.',
          object: 'GitRepository flux-system/platform',
          ask: { namespace: 'flux-system' },
        };
      },
    },
    {
      suspended: (s) => {
        const { w } = s;
        controllers(w, 'flux-system', ['kustomize-controller', 'source-controller']);
        w.add(
          'kustomize.toolkit.fluxcd.io/v1',
          'Kustomization',
          { name: 'apps', namespace: 'flux-system', generation: 3 },
          {
            spec: {
              interval: '10m',
              path: './apps',
              suspend: true,
              prune: true,
              sourceRef: { kind: 'GitRepository', name: 'fleet' },
            },
            status: {
              observedGeneration: 2,
              conditions: [
                {
                  type: 'Ready',
                  status: 'True',
                  reason: 'ReconciliationSucceeded',
                  message: 'Applied revision',
                  lastTransitionTime: w.iso(3000),
                },
              ],
            },
          },
        );
        return { about: 'Suspended on purpose, and nothing else is wrong.', ask: {} };
      },
    },
  ),
};

const drift = coded(
  'declared-state-differs',
  {
    replicas: (s, well) => {
      const { w } = s;
      const made = app(w, { replicas: 2 });
      for (const pod of well ? [] : made.pods)
        pod.events.push({
          type: 'Warning',
          reason: 'Unhealthy',
          message: 'Readiness probe failed: HTTP probe failed with statuscode: 503',
          count: 9,
          fromMinutesAgo: 30,
          toMinutesAgo: 0.3,
          container: made.container,
        });
      const template = (made.model?.revisions.at(-1)?.template ?? {}) as Wire;
      const spec = template.spec as Wire;
      const containers = spec.containers as readonly Wire[];
      const env = [
        { name: 'FEATURE_QUEUE', value: 'on' },
        { name: 'POOL_SIZE', value: '40' },
      ];
      w.declare({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: made.name, namespace: made.namespace, labels: made.selector },
        spec: {
          replicas: 2,
          selector: { matchLabels: made.selector },
          template: {
            metadata: { labels: made.selector },
            spec: {
              containers: containers.map((container, index) =>
                index === 0
                  ? {
                      name: container.name,
                      image: container.image,
                      resources: container.resources,
                      ...(well ? {} : { env }),
                    }
                  : container,
              ),
            },
          },
        },
      });
      for (const pod of well ? [] : made.pods) {
        pod.states.set(made.container, { is: 'running', ready: false, sinceMinutesAgo: 40 });
        w.log(pod, made.container, stamped(w, ['queue disabled by default', 'ready check: backlog growing']));
      }
      return {
        about: 'Somebody took environment variables away by hand; Git still has them.',
        code: ['declared-state-differs', 'probe-failing'],
        object: made.ref,
        also: [{ code: 'declared-state-differs', object: made.ref }],
        alsoTrue: [...serving, 'probe-failing', 'recent-change'],
        ask: { alert: alerts.notReady(made), namespace: made.namespace },
      };
    },
    'ingress-host': (s, well) => {
      const { w } = s;
      const made = app(w, {});
      const port = (w.services.at(-1)?.ports[0]?.port ?? 80) as number;
      const rule = (host: string): Wire => ({
        host,
        http: {
          paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: made.name, port: { number: port } } } }],
        },
      });
      const host = `${made.name}.${w.names.domain}`;
      w.add(
        'networking.k8s.io/v1',
        'IngressClass',
        { name: 'nginx' },
        { spec: { controller: 'k8s.io/ingress-nginx' } },
      );
      w.add(
        'networking.k8s.io/v1',
        'Ingress',
        {
          name: made.name,
          namespace: made.namespace,
          generation: 3,
          managedFields: [
            {
              manager: 'kubectl-edit',
              operation: 'Update',
              apiVersion: 'networking.k8s.io/v1',
              time: w.iso(well ? 9000 : 35),
              fieldsType: 'FieldsV1',
              fieldsV1: { 'f:spec': { 'f:rules': {} } },
            },
          ],
        },
        {
          spec: { ingressClassName: 'nginx', rules: [rule(well ? host : `${made.name}-old.${w.names.domain}`)] },
          status: { loadBalancer: { ingress: [{ ip: '203.0.113.8' }] } },
        },
      );
      w.declare({
        apiVersion: 'networking.k8s.io/v1',
        kind: 'Ingress',
        metadata: { name: made.name, namespace: made.namespace },
        spec: { ingressClassName: 'nginx', rules: [rule(host)] },
      });
      return {
        about: 'An Ingress was edited by hand and serves another host than Git says.',
        object: `Ingress ${made.namespace}/${made.name}`,
        says: ['host'],
        alsoTrue: ['recent-change'],
        ask: {
          always: true,
          alert: {
            name: 'ProbeFailed',
            labels: { namespace: made.namespace, ingress: made.name, target: `https://${host}/` },
            summary: 'External probe fails',
          },
          namespace: made.namespace,
          object: `Ingress/${made.namespace}/${made.name}`,
        },
      };
    },
  },
  {
    image: (s) => {
      const { w } = s;
      const name = w.names.workload();
      const image = w.names.image(name);
      const error = `rpc error: code = NotFound desc = failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${image}: not found`;
      const made = app(w, {
        name,
        container: { image },
        before: { image: w.names.image(name) },
        changedMinutesAgo: 15,
        stuck: true,
        state: backingOffPull(image, error),
      });
      w.declare({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: made.name, namespace: made.namespace },
        spec: { template: { spec: { containers: [{ name: made.container, image }] } } },
      });
      return {
        about: 'Live and declared agree; both name an image that does not exist.',
        code: 'image-pull-failed',
        object: made.ref,
        alsoTrue: serving,
        ask: { namespace: made.namespace },
      };
    },
  },
);

const recent = coded(
  'recent-change',
  {
    'config-edited': (s, well) => {
      const { w } = s;
      const namespace = w.names.namespace();
      const config = `${w.names.workload()}-tuning`;
      const made = app(w, {
        namespace,
        pod: { volumes: [{ name: 'tuning', configMap: { name: config, defaultMode: 420 } }] },
        container: { volumeMounts: [{ name: 'tuning', mountPath: '/etc/tuning' }] },
        ...(well ? {} : { state: { is: 'running', ready: false, sinceMinutesAgo: 14 } }),
      });
      w.add(
        'v1',
        'ConfigMap',
        {
          name: config,
          namespace,
          managedFields: [
            {
              manager: 'helm',
              operation: 'Update',
              apiVersion: 'v1',
              time: w.iso(9000),
              fieldsType: 'FieldsV1',
              fieldsV1: { 'f:data': {} },
            },
            {
              manager: 'kubectl-edit',
              operation: 'Update',
              apiVersion: 'v1',
              time: w.iso(well ? 8000 : 17),
              fieldsType: 'FieldsV1',
              fieldsV1: { 'f:data': { 'f:MAX_BATCH': {} } },
            },
          ],
        },
        { data: { MAX_BATCH: '0', WORKERS: '8' } },
      );
      for (const pod of well ? [] : made.pods)
        pod.events.push({
          type: 'Warning',
          reason: 'Unhealthy',
          message: 'Readiness probe failed: HTTP probe failed with statuscode: 500',
          count: 80,
          fromMinutesAgo: 14,
          toMinutesAgo: 0.2,
          container: made.container,
        });
      return {
        about: 'A ConfigMap was edited by hand minutes before its workload went unready.',
        code: ['recent-change', 'probe-failing'],
        object: [`ConfigMap ${namespace}/${config}`, made.ref],
        also: [{ code: 'recent-change', object: `ConfigMap ${namespace}/${config}` }],
        alsoTrue: [...serving, 'probe-failing'],
        ask: { alert: { ...alerts.notReady(made), minutesAgo: 13 }, namespace },
      };
    },
    rollout: (s, well) => {
      const { w } = s;
      const made = app(w, {
        replicas: 3,
        before: { image: w.names.image('a') },
        container: { image: w.names.image('b') },
        changedMinutesAgo: 16,
        stuck: !well,
        manager: 'kubectl-set',
        ...(well ? {} : { state: crashing(w, { exitCode: 1, ranSeconds: 20 }) }),
      });
      for (const pod of well ? [] : made.pods)
        w.log(pod, made.container, ['boom: assertion failed in scheduler tick'], true);
      return {
        about: 'A new image was rolled out a quarter of an hour ago and crashes.',
        code: ['recent-change', 'container-crash-looping'],
        object: made.ref,
        alsoTrue: [...serving, 'recent-change', 'container-crash-looping'],
        ask: { alert: { ...alerts.crashLooping(made, made.container), minutesAgo: 12 }, namespace: made.namespace },
      };
    },
  },
  {
    'long-ago': (s) => {
      const { w } = s;
      const made = app(w, {
        before: { image: w.names.image('a') },
        changedMinutesAgo: 4000,
        state: crashing(w, { exitCode: 1, ranSeconds: 400 }),
      });
      for (const pod of made.pods) w.log(pod, made.container, ['fatal: license expired'], true);
      return {
        about: 'It crashes now; its last change was three days ago.',
        code: 'container-crash-looping',
        object: made.ref,
        alsoTrue: serving,
        ask: { namespace: made.namespace, alert: alerts.crashLooping(made, made.container) },
      };
    },
  },
);

/** GitOps that fails, what differs from what was declared, what changed just before. */
export const change = family('change', { ...gitops, ...drift, ...recent });
