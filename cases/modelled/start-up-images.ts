import { coded, type Scene } from './case.ts';
import type { ContainerState } from './pod-model.ts';
import { type App, type AppPlan, alerts, app, backingOffPull, crashes, crashing, serving, stamped } from './recipes.ts';

const unless = (well: boolean, state: ContainerState) => (well ? {} : { state });

const asked = (made: App, alert = alerts.notReady(made)) => ({
  alert,
  namespace: made.namespace,
  object: `${made.kind}/${made.namespace}/${made.name}`,
});

/** A new revision whose image cannot be had; `error` gives what the runtime says of it. */
function badPull(
  s: Scene,
  well: boolean,
  make: (image: string, host: string) => { readonly image?: string; readonly error: string },
  plan: AppPlan = {},
): App & { readonly bad: string } {
  const { names } = s.w;
  const name = names.workload();
  const good = names.image(name);
  const { image = names.image(name), error } = make(names.image(name), good.split('/')[0] ?? 'docker.io');
  const used = well ? good : image;
  const made = app(s.w, {
    name,
    container: { image: used },
    before: { image: names.image(name) },
    changedMinutesAgo: s.w.random.int(5, 50),
    stuck: !well,
    ...unless(well, backingOffPull(image, error)),
    ...plan,
  });
  return { ...made, bad: image };
}

const notFound = (image: string) =>
  `rpc error: code = NotFound desc = failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${image}: not found`;

const unresolved = (image: string, why: string) =>
  `rpc error: code = Unknown desc = failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${why}`;

/** Tags, names, registries, access, architectures, pull limits. */
export const images = {
  ...coded(
    'image-pull-failed',
    {
      tag: (s, well) => {
        const made = badPull(s, well, (image) => ({ error: notFound(image) }));
        return {
          about: 'A tag that the registry does not have.',
          object: made.ref,
          says: [made.bad.split(':').at(-1) ?? ''],
          alsoTrue: serving,
          ask: asked(made, alerts.waiting(made, made.container, 'ImagePullBackOff')),
        };
      },
      'never-ran': (s, well) => {
        const name = s.w.names.workload();
        const image = s.w.names.image(name);
        const made = app(s.w, {
          name,
          container: { image },
          stuck: !well,
          changedMinutesAgo: 18,
          createdMinutesAgo: 18,
          ...unless(well, backingOffPull(image, notFound(image))),
        });
        return {
          about: 'The first deployment of a workload whose tag does not exist.',
          object: made.ref,
          says: [image.split(':').at(-1) ?? ''],
          alsoTrue: serving,
          ask: asked(made),
        };
      },
      'name-invalid': (s, well) => {
        const name = s.w.names.workload();
        const image = `${s.w.names.registry}/${name.toUpperCase()}:${s.w.names.tag()}`;
        const made = app(s.w, {
          name,
          ...(well ? {} : { container: { image } }),
          stuck: !well,
          before: {},
          changedMinutesAgo: 9,
          ...unless(well, {
            is: 'waiting',
            reason: 'InvalidImageName',
            message: `Failed to apply default image tag "${image}": couldn't parse image name "${image}": invalid reference format: repository name (${image.split(':')[0]}) must be lowercase`,
          }),
        });
        return { about: 'A repository name with capitals.', object: made.ref, alsoTrue: serving, ask: asked(made) };
      },
    },
    {
      'no-dns': (s) => {
        const made = badPull(s, false, (image, host) => ({
          image,
          error: unresolved(
            image,
            `failed to do request: Head "https://${host}/v2/x/manifests/1": dial tcp: lookup ${host} on 127.0.0.53:53: no such host`,
          ),
        }));
        return {
          about: 'The tag may exist; the host name of the registry does not resolve.',
          code: 'image-registry-unreachable',
          object: made.ref,
          alsoTrue: serving,
          ask: asked(made),
        };
      },
    },
  ),
  ...coded(
    'image-access-denied',
    {
      'secret-refused': (s, well) => {
        const made = badPull(
          s,
          well,
          (image, host) => ({
            error: unresolved(
              image,
              `failed to authorize: failed to fetch oauth token: unexpected status from POST request to https://${host}/token: 401 Unauthorized`,
            ),
          }),
          { pod: { imagePullSecrets: [{ name: 'regcred' }] } },
        );
        return {
          about: 'The registry refuses the pull secret.',
          object: made.ref,
          alsoTrue: serving,
          ask: asked(made),
        };
      },
      'docker-hub': (s, well) => {
        const repository = `docker.io/${s.w.names.company}/${s.w.names.workload()}`;
        const image = `${repository}:${s.w.names.tag()}`;
        const made = badPull(s, well, () => ({
          image,
          error: `rpc error: code = Unknown desc = failed to pull and unpack image "${image}": failed to resolve reference "${image}": pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed`,
        }));
        return {
          about: 'No access, or no such repository: the registry says the same of both.',
          code: ['image-access-denied', 'image-pull-failed'],
          object: made.ref,
          alsoTrue: serving,
          ask: asked(made),
        };
      },
      'ecr-no-basic-auth': (s, well) => {
        const made = badPull(
          s,
          well,
          (image, host) => ({
            error: unresolved(
              image,
              `unexpected status from HEAD request to https://${host}/v2/x/manifests/1: 403 Forbidden`,
            ),
          }),
          {
            events: [
              {
                type: 'Warning',
                reason: 'FailedToRetrieveImagePullSecret',
                message:
                  'Unable to retrieve some image pull secrets (registry-login); attempting to pull the image may not succeed.',
                count: 12,
                fromMinutesAgo: 20,
                toMinutesAgo: 0.5,
              },
            ],
            pod: { imagePullSecrets: [{ name: 'registry-login' }] },
          },
        );
        return {
          about: 'The pull secret that the pod names is not there, and the registry forbids.',
          code: ['image-access-denied', 'secret-missing'],
          object: made.ref,
          alsoTrue: serving,
          ask: asked(made),
        };
      },
    },
    {
      'no-tag': (s) => {
        const made = badPull(s, false, (image) => ({ error: notFound(image) }), {
          pod: { imagePullSecrets: [{ name: 'regcred' }] },
        });
        return {
          about: 'The pull secret works; the tag does not exist.',
          code: 'image-pull-failed',
          object: made.ref,
          alsoTrue: serving,
          ask: asked(made),
        };
      },
    },
  ),
  ...coded(
    'image-registry-unreachable',
    {
      dns: (s, well) => {
        const made = badPull(s, well, (image) => {
          const host = `regsitry.${s.w.names.domain}`;
          const wrong = `${host}/${image.split('/').slice(1).join('/')}`;
          return {
            image: wrong,
            error: unresolved(
              wrong,
              `failed to do request: Head "https://${host}/v2/app/manifests/1.0": dial tcp: lookup ${host} on 10.0.0.2:53: no such host`,
            ),
          };
        });
        return {
          about: 'A misspelt registry host.',
          object: made.ref,
          says: ['regsitry'],
          alsoTrue: serving,
          ask: asked(made, alerts.waiting(made, made.container, 'ImagePullBackOff')),
        };
      },
      timeout: (s, well) => {
        const made = badPull(s, well, (image, host) => ({
          error: unresolved(
            image,
            `failed to do request: Head "https://${host}/v2/app/manifests/1.0": dial tcp 10.90.3.4:443: i/o timeout`,
          ),
        }));
        return { about: 'The registry does not answer.', object: made.ref, alsoTrue: serving, ask: asked(made) };
      },
    },
    {
      refused: (s) => {
        const made = badPull(s, false, (image, host) => ({
          error: unresolved(
            image,
            `failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://${host}/token?scope=repository%3Aapp%3Apull: 401 Unauthorized`,
          ),
        }));
        return {
          about: 'The registry answers, and refuses.',
          code: 'image-access-denied',
          object: made.ref,
          alsoTrue: serving,
          ask: asked(made),
        };
      },
    },
  ),
  ...coded(
    'image-platform-mismatch',
    {
      manifest: (s, well) => {
        for (const node of s.w.workers)
          node.labels = { ...node.labels, 'kubernetes.io/arch': 'arm64', 'beta.kubernetes.io/arch': 'arm64' };
        const made = badPull(s, well, (image) => ({
          error: `rpc error: code = NotFound desc = failed to pull and unpack image "${image}": no match for platform in manifest: not found`,
        }));
        return {
          about: 'An image without the architecture of the nodes.',
          object: made.ref,
          alsoTrue: serving,
          ask: asked(made),
        };
      },
      'exec-format': (s, well) => {
        for (const node of s.w.workers)
          node.labels = { ...node.labels, 'kubernetes.io/arch': 'arm64', 'beta.kubernetes.io/arch': 'arm64' };
        const made = app(s.w, {
          before: {},
          container: { image: s.w.names.image('amd') },
          changedMinutesAgo: 22,
          stuck: !well,
          ...unless(well, crashing(s.w, { exitCode: 255, ranSeconds: 0 })),
        });
        for (const pod of well ? [] : made.pods)
          for (const previous of [true, false])
            s.w.log(pod, made.container, ['exec /usr/local/bin/entrypoint: exec format error'], previous);
        return {
          about: 'A binary for another architecture.',
          object: made.ref,
          alsoTrue: crashes,
          ask: asked(made, alerts.crashLooping(made, made.container)),
        };
      },
    },
    {
      crash: (s) => {
        const made = app(s.w, {
          before: {},
          container: { image: s.w.names.image('crash') },
          changedMinutesAgo: 22,
          stuck: true,
          state: crashing(s.w, { exitCode: 255, ranSeconds: 1 }),
        });
        for (const pod of made.pods)
          s.w.log(
            pod,
            made.container,
            stamped(s.w, ['INFO booting', 'FATAL unhandled: cannot parse settings: unexpected end of format string']),
            true,
          );
        return {
          about: 'It ends with 255 for a reason of its own.',
          code: 'container-crash-looping',
          object: made.ref,
          alsoTrue: serving,
          ask: asked(made),
        };
      },
    },
  ),
  ...coded(
    'image-rate-limited',
    {
      'docker-hub': (s, well) => {
        const image = `docker.io/library/${s.w.random.pick(['redis:7.4', 'nginx:1.27', 'postgres:16.4', 'memcached:1.6'])}-${s.w.random.int(10, 99)}`;
        const made = badPull(s, well, () => ({
          image,
          error: `rpc error: code = Unknown desc = failed to pull and unpack image "${image}": failed to copy: httpReadSeeker: failed open: unexpected status code https://registry-1.docker.io/v2/library/x/manifests/sha256:ab12: 429 Too Many Requests - Server message: toomanyrequests: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit`,
        }));
        return { about: 'Docker Hub counts too many pulls.', object: made.ref, alsoTrue: serving, ask: asked(made) };
      },
    },
    {
      'server-error': (s) => {
        const made = badPull(s, false, (image, host) => ({
          error: unresolved(
            image,
            `unexpected status from HEAD request to https://${host}/v2/app/manifests/1.0: 503 Service Unavailable`,
          ),
        }));
        return {
          about: 'The registry itself is unwell.',
          code: ['image-registry-unreachable', 'image-pull-failed'],
          object: made.ref,
          alsoTrue: serving,
          ask: asked(made),
        };
      },
    },
  ),
};
