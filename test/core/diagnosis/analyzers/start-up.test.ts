import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ContainerLog } from '../../../../src/core/cluster/cluster-view.ts';
import type { WireObject } from '../../../../src/core/cluster/object.ts';
import { analyzeStartUp } from '../../../../src/core/diagnosis/analyzers/start-up.ts';
import {
  ago,
  backOff,
  badImageShop,
  event,
  goodImage,
  healthyShop,
  hour,
  minute,
  now,
  pod,
  second,
  terminated,
  waiting,
} from '../../../support/shop-objects.ts';
import { app, configMap, podName, podOf, running } from '../start-up/app-objects.ts';
import { runAnalyzer } from './run-analyzer.ts';

const run = (objects: readonly WireObject[], more: Parameters<typeof runAnalyzer>[2] = {}) =>
  runAnalyzer(analyzeStartUp, objects, more);
const wholeMaps = { wholeLists: [{ kind: 'ConfigMap' }] as const };
const log = (text: string, container = 'checkout', previous = true): ContainerLog => ({
  namespace: 'shop',
  pod: podName,
  container,
  previous,
  text,
  at: now,
});
const container0 = 'spec.template.spec.containers[0]';

describe('configuration that is not there', () => {
  const env = (source: object) => ({
    env: [
      { name: 'MODE', value: 'x' },
      { name: 'DB_HOST', valueFrom: source },
    ],
  });
  const mapKey = env({ configMapKeyRef: { name: 'settings', key: 'db_host' } });
  const secretKey = env({ secretKeyRef: { name: 'db', key: 'password' } });
  const unset = (message: string) => waiting('CreateContainerConfigError', message);
  const fromVolume = (volume: object) => ({ volumes: [{ name: 'conf', ...volume }] });
  const mount = (objects: WireObject[], message: string, more = {}) => [
    ...objects,
    event({ about: podOf(objects), reason: 'FailedMount', message, count: 9, ...more }),
  ];
  const creating = waiting('ContainerCreating');

  it.each<[why: string, objects: WireObject[], code: string, path: string, observed: string]>([
    [
      'a ConfigMap of a variable',
      app({ container: mapKey, status: unset('configmap "settings" not found') }),
      'config-map-missing',
      `${container0}.env[1].valueFrom.configMapKeyRef.name`,
      'settings',
    ],
    [
      'a key of a ConfigMap',
      app({ container: mapKey, status: unset("couldn't find key db_host in ConfigMap shop/settings") }),
      'config-map-key-missing',
      `${container0}.env[1].valueFrom.configMapKeyRef.key`,
      'db_host',
    ],
    [
      'a Secret of a variable',
      app({ container: secretKey, status: unset('secret "db" not found') }),
      'secret-missing',
      `${container0}.env[1].valueFrom.secretKeyRef.name`,
      'db',
    ],
    [
      'a key of a Secret',
      app({ container: secretKey, status: unset("couldn't find key password in Secret shop/db") }),
      'secret-key-missing',
      `${container0}.env[1].valueFrom.secretKeyRef.key`,
      'password',
    ],
    [
      'a ConfigMap of envFrom',
      app({
        container: { envFrom: [{ configMapRef: { name: 'settings' } }] },
        status: unset('configmap "settings" not found'),
      }),
      'config-map-missing',
      `${container0}.envFrom[0].configMapRef.name`,
      'settings',
    ],
    [
      'a ConfigMap of a volume',
      mount(
        app({ spec: fromVolume({ configMap: { name: 'settings' } }), status: creating }),
        'MountVolume.SetUp failed for volume "conf" : configmap "settings" not found',
      ),
      'config-map-missing',
      'spec.template.spec.volumes[0].configMap.name',
      'settings',
    ],
    [
      'a Secret of a volume',
      mount(
        app({ spec: fromVolume({ secret: { secretName: 'tls' } }), status: creating }),
        'MountVolume.SetUp failed for volume "conf" : secret "tls" not found',
      ),
      'secret-missing',
      'spec.template.spec.volumes[0].secret.secretName',
      'tls',
    ],
    [
      'a key of a volume',
      mount(
        app({
          spec: fromVolume({ configMap: { name: 'settings', items: [{ key: 'app.yaml', path: 'a' }] } }),
          status: creating,
        }),
        'MountVolume.SetUp failed for volume "conf" : configmap references non-existent config key: app.yaml',
      ),
      'config-map-key-missing',
      'spec.template.spec.volumes[0].configMap.items[0].key',
      'app.yaml',
    ],
    [
      'a Secret of a projected volume',
      mount(
        app({ spec: fromVolume({ projected: { sources: [{ secret: { name: 'tls' } }] } }), status: creating }),
        'MountVolume.SetUp failed for volume "conf" : secret "tls" not found',
      ),
      'secret-missing',
      'spec.template.spec.volumes[0].projected.sources[0].secret.name',
      'tls',
    ],
  ])('names %s', (_why, objects, code, path, observed) => {
    expect(run(objects)).toMatchObject([
      {
        code,
        object: { kind: 'Deployment', name: 'checkout' },
        confidence: 'high',
        cause: { path, observed },
        pods: [`shop/${podName}`],
      },
    ]);
  });

  it('looks the ConfigMap up, without a word of the kubelet, and knows the name that was meant', () => {
    const objects = app({ spec: fromVolume({ configMap: { name: 'setings' } }), status: creating });
    expect(run([...objects, configMap('settings', {})], wholeMaps)).toMatchObject([
      { code: 'config-map-missing', confidence: 'high', cause: { observed: 'setings', expected: 'settings' } },
    ]);
    expect(run([...objects, configMap('settings', {})])).toEqual([]);
  });

  it('knows the keys that are there', () => {
    const objects = app({ container: mapKey, status: unset("couldn't find key db_host in ConfigMap shop/settings") });
    expect(run([...objects, configMap('settings', { 'db-host': 'x', mode: 'y' })])).toMatchObject([
      { code: 'config-map-key-missing', cause: { expected: 'db-host' } },
    ]);
  });

  it.each<[why: string, objects: WireObject[]]>([
    [
      'the ConfigMap is there by now',
      [
        ...app({ container: mapKey, status: unset('configmap "settings" not found') }),
        configMap('settings', { db_host: 'x' }),
      ],
    ],
    [
      'it is optional',
      app({
        container: env({ configMapKeyRef: { name: 'settings', key: 'a', optional: true } }),
        status: unset('configmap "settings" not found'),
      }),
    ],
    [
      'the pod asks for nothing of that name',
      app({ container: mapKey, status: unset('configmap "stranger" not found') }),
    ],
    [
      'the ConfigMap is of another namespace, and the pod runs',
      [
        ...app({ container: mapKey, phase: 'Running', status: running(hour, { ready: true }) }),
        configMap('settings', {}, 'other'),
      ],
    ],
    [
      'a former pod said so',
      mount(
        app({ spec: fromVolume({ configMap: { name: 'settings' } }), status: creating }),
        'configmap "settings" not found',
        { uid: 'former' },
      ),
    ],
    [
      'it was said long ago',
      mount(
        app({ spec: fromVolume({ configMap: { name: 'settings' } }), status: creating }),
        'MountVolume.SetUp failed for volume "conf" : configmap "settings" not found',
        { agoMs: hour },
      ),
    ],
    [
      'the namespace was just made',
      mount(
        app({
          spec: fromVolume({ projected: { sources: [{ configMap: { name: 'kube-root-ca.crt' } }] } }),
          status: creating,
        }),
        'MountVolume.SetUp failed for volume "conf" : configmap "kube-root-ca.crt" not found',
      ),
    ],
  ])('is silent when %s', (_why, objects) => {
    expect(run(objects)).toEqual([]);
  });

  it('compares with the revision that worked', () => {
    const before = env({ configMapKeyRef: { name: 'settings-v1', key: 'db_host' } });
    const found = run(
      app({ container: mapKey, status: unset('configmap "settings" not found'), former: { container: before } }),
    );
    expect(found[0]?.support.map(({ kind }) => kind)).toContain('change');
    expect(found[0]?.cause.expected).toBe('settings-v1');
  });
});

describe('command-not-found', () => {
  const create = (what: string) =>
    `failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: ${what}: unknown`;
  const startError = (message: string) => ({
    terminated: {
      reason: 'StartError',
      exitCode: 128,
      message,
      startedAt: '1970-01-01T00:00:00Z',
      finishedAt: ago(20 * second),
    },
  });
  const looping = (message: string) => backOff(startError(message));

  it.each<[why: string, container: object, status: object, path: string, observed: string]>([
    [
      'a program that is not in the path',
      { command: ['serverx', '--port', '80'] },
      looping(create('exec: "serverx": executable file not found in $PATH')),
      `${container0}.command[0]`,
      'serverx',
    ],
    [
      'a file that is not there',
      { command: ['/app/run.sh'] },
      looping(create('error during container init: exec: "/app/run.sh": stat /app/run.sh: no such file or directory')),
      `${container0}.command[0]`,
      '/app/run.sh',
    ],
    [
      'a file that may not be executed',
      { args: ['/app/run.sh'] },
      looping(create('exec: "/app/run.sh": permission denied')),
      `${container0}.args[0]`,
      '/app/run.sh',
    ],
    [
      'a directory to work in',
      { workingDir: '/srv/ap' },
      looping(create('chdir to cwd ("/srv/ap") set in config.json failed: no such file or directory')),
      `${container0}.workingDir`,
      '/srv/ap',
    ],
    [
      'what CRI-O says',
      { command: ['foo'] },
      waiting(
        'CreateContainerError',
        'container create failed: time="2026-11-21T09:00:00Z" level=error msg="runc create failed: unable to start container process: exec: \\"foo\\": executable file not found in $PATH"',
      ),
      `${container0}.command[0]`,
      'foo',
    ],
    [
      'what the status says now',
      { command: ['foo'] },
      { ...waiting('RunContainerError', create('exec: "foo": executable file not found in $PATH')), restartCount: 2 },
      `${container0}.command[0]`,
      'foo',
    ],
  ])('names %s', (_why, container, status, path, observed) => {
    expect(run(app({ container: { ...container }, status: { ...status } }))).toMatchObject([
      { code: 'command-not-found', object: { kind: 'Deployment' }, confidence: 'high', cause: { path, observed } },
    ]);
  });

  it('takes exit code 127 of a shell for likely only', () => {
    const objects = app({
      container: { command: ['sh', '-c', 'migrat && serve'] },
      status: backOff(terminated({ exitCode: 127, agoMs: 10 * second })),
    });
    expect(run(objects, { logs: [log('sh: 1: migrat: not found')] })).toMatchObject([
      { code: 'command-not-found', confidence: 'medium', cause: { path: `${container0}.command[2]` } },
    ]);
  });

  it.each<[why: string, status: object]>([
    ['memory was too small for the start', looping('container init was OOM-killed (memory limit too low?)')],
    [
      'a file was mounted over a directory',
      looping(create('error mounting "/var/lib/kubelet/x" to rootfs at "/etc/app.conf": not a directory')),
    ],
    ['it is being created', waiting('ContainerCreating')],
    ['it ends with exit code 1', backOff(terminated({ agoMs: 10 * second }))],
    [
      'it runs by now',
      {
        ...running(hour),
        ready: true,
        lastState: startError(create('exec: "x": executable file not found in $PATH')),
        restartCount: 1,
      },
    ],
  ])('is silent when %s', (_why, status) => {
    expect(
      run(app({ container: { command: ['x'] }, status: { ...status } })).filter(
        ({ code }) => code === 'command-not-found',
      ),
    ).toEqual([]);
  });
});

describe('pods that failed for good', () => {
  const job = (status: object) =>
    ({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'report', namespace: 'shop', uid: 'u-job' },
      spec: { template: { spec: { containers: [{ name: 'checkout', image: goodImage, command: ['reprt'] }] } } },
      status,
    }) as WireObject;
  const failed = pod({
    name: 'report-1',
    ready: false,
    phase: 'Failed',
    metadata: {
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: 'report', uid: 'u-job', controller: true }],
    },
    spec: { restartPolicy: 'Never', containers: [{ name: 'checkout', image: goodImage, command: ['reprt'] }] },
    status: {
      containerStatuses: [
        {
          name: 'checkout',
          ready: false,
          restartCount: 0,
          state: {
            terminated: {
              reason: 'StartError',
              exitCode: 128,
              message: 'exec: "reprt": executable file not found in $PATH',
              finishedAt: ago(minute),
            },
          },
        },
      ],
    },
  });

  it('speak for a Job that is not done, and for no other', () => {
    expect(run([job({ failed: 1, active: 1 }), failed])).toMatchObject([
      { code: 'command-not-found', object: { kind: 'Job', name: 'report' } },
    ]);
    expect(run([job({ failed: 1, succeeded: 1 }), failed])).toEqual([]);
  });
});

describe('image-platform-mismatch of a program that cannot be executed', () => {
  const status = backOff(terminated({ exitCode: 255, agoMs: 10 * second, ranMs: second }));
  const said = [log('exec /usr/bin/checkout: exec format error')];
  const onArm = { metadata: { name: 'n2', uid: 'u-n2', labels: { 'kubernetes.io/arch': 'arm64' } } };
  const good = pod({ name: 'checkout-1-bbbbb', nodeName: 'n2' });
  const arm = { ...app({ status })[0], ...onArm } as WireObject;

  it('is likely by the log, and sure where the image runs on the other architecture', () => {
    expect(run(app({ status }), { logs: said })).toMatchObject([
      {
        code: 'image-platform-mismatch',
        confidence: 'medium',
        cause: { path: `${container0}.image`, expected: 'an image built for linux/amd64' },
      },
    ]);
    expect(run([...app({ status }), arm, good], { logs: said })).toMatchObject([
      { code: 'image-platform-mismatch', confidence: 'high' },
    ]);
  });

  it('is silent for a script without an interpreter, and where the image runs on the same architecture', () => {
    expect(run(app({ status }), { logs: [log('exec /entrypoint.sh: exec format error')] })).toEqual([]);
    expect(run([...app({ status }), pod({ name: 'checkout-1-ccccc' })], { logs: said })).toEqual([]);
  });
});

describe('init-container-failing', () => {
  const initContainers = [
    { name: 'wait', image: 'busybox:1' },
    { name: 'migrate', image: 'busybox:1' },
  ];
  const failing = (status: object, more: object = {}) =>
    app({
      initContainers: initContainers.map((item) => (item.name === 'migrate' ? { ...item, ...more } : item)),
      initStatuses: [{ name: 'migrate', image: 'x', ...status }],
      status: waiting('PodInitializing'),
    });

  it('names the init container and how it ends', () => {
    expect(
      run(failing(backOff(terminated({ exitCode: 3, agoMs: 10 * second }))), { logs: [log('no route', 'migrate')] }),
    ).toMatchObject([
      {
        code: 'init-container-failing',
        confidence: 'high',
        cause: { path: 'spec.template.spec.initContainers[1]', observed: 'exit code 3' },
      },
    ]);
  });

  it.each<[why: string, status: object, more: object]>([
    ['it still runs', running(minute), {}],
    ['it is done', { ready: true, restartCount: 2, state: terminated({ exitCode: 0, agoMs: minute }) }, {}],
    ['it is killed for memory', backOff(terminated({ reason: 'OOMKilled', exitCode: 137, agoMs: second })), {}],
    ['it is a sidecar', backOff(terminated({ agoMs: second })), { restartPolicy: 'Always' }],
  ])('is silent when %s', (_why, status, more) => {
    expect(run(failing(status, more))).toEqual([]);
  });
});

describe('security-context-blocks', () => {
  const root = { securityContext: { runAsNonRoot: true } };

  it.each<[why: string, objects: WireObject[], path: string, confidence: string]>([
    [
      'an image that runs as root',
      app({
        container: root,
        status: waiting(
          'CreateContainerConfigError',
          'container has runAsNonRoot and image will run as root (pod: "checkout_shop(u)", container: checkout)',
        ),
      }),
      `${container0}.securityContext.runAsNonRoot`,
      'high',
    ],
    [
      'a setting of the pod',
      app({
        spec: root,
        status: waiting(
          'CreateContainerConfigError',
          'container has runAsNonRoot and image has non-numeric user (app), cannot verify user is non-root (pod: "x", container: checkout)',
        ),
      }),
      'spec.template.spec.securityContext.runAsNonRoot',
      'high',
    ],
    [
      'a user that is root',
      app({
        container: { securityContext: { runAsNonRoot: true, runAsUser: 0 } },
        status: waiting(
          'CreateContainerConfigError',
          "container's runAsUser breaks non-root policy (pod: x, container: checkout)",
        ),
      }),
      `${container0}.securityContext.runAsUser`,
      'high',
    ],
    [
      'a seccomp profile',
      app({
        container: { securityContext: { seccompProfile: { type: 'Localhost', localhostProfile: 'profiles/a.json' } } },
        status: waiting(
          'CreateContainerError',
          'failed to create containerd container: cannot load seccomp profile "/var/lib/kubelet/seccomp/profiles/a.json": open /var/lib/kubelet/seccomp/profiles/a.json: no such file or directory',
        ),
      }),
      `${container0}.securityContext.seccompProfile.localhostProfile`,
      'high',
    ],
  ])('names %s', (_why, objects, path, confidence) => {
    expect(run(objects)).toMatchObject([
      { code: 'security-context-blocks', object: { kind: 'Deployment' }, confidence, cause: { path } },
    ]);
  });

  it.each<[why: string, security: object, line: string, path: string]>([
    [
      'a read-only root file system',
      { readOnlyRootFilesystem: true },
      "open('/var/cache/x'): Read-only file system",
      `${container0}.securityContext.readOnlyRootFilesystem`,
    ],
    [
      'a port below 1024',
      { runAsUser: 1000, capabilities: { drop: ['ALL'] } },
      'bind() to 0.0.0.0:80 failed (13: Permission denied)',
      `${container0}.securityContext.capabilities.drop`,
    ],
    [
      'a user who may not write',
      { runAsUser: 1000 },
      'mkdir() "/var/cache/nginx/client_temp" failed (13: Permission denied)',
      `${container0}.securityContext.runAsUser`,
    ],
  ])('suspects %s by the log, never with high confidence', (_why, securityContext, line, path) => {
    const objects = app({ container: { securityContext }, status: backOff(terminated({ agoMs: 10 * second })) });
    expect(run(objects)).toEqual([]);
    const found = run(objects, { logs: [log(line)] });
    expect(found).toMatchObject([{ code: 'security-context-blocks', cause: { path } }]);
    expect(found[0]?.confidence).not.toBe('high');
  });

  it.each<[why: string, securityContext: object, line: string]>([
    ['the root file system is writable', { readOnlyRootFilesystem: false }, 'Read-only file system: /data/x'],
    ['a database denies a right', { runAsUser: 1000 }, 'ERROR: permission denied for table orders'],
    ['nothing is set', {}, 'open /etc/x: permission denied'],
  ])('is silent when %s', (_why, securityContext, line) => {
    expect(
      run(app({ container: { securityContext }, status: backOff(terminated({ agoMs: 10 * second })) }), {
        logs: [log(line)],
      }),
    ).toEqual([]);
  });
});

describe('the start-up family', () => {
  it('says nothing of a healthy namespace', () => {
    expect(run(healthyShop())).toEqual([]);
  });

  it('answers alike in any order of the objects', () => {
    const objects = [
      ...badImageShop(waiting('ImagePullBackOff', 'manifest unknown')),
      ...app({
        container: { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }] },
        status: waiting('CreateContainerConfigError', 'secret "s" not found'),
      }).map((object) => JSON.parse(JSON.stringify(object).replaceAll('checkout', 'basket')) as WireObject),
    ];
    const expected = run(objects);
    expect(expected.map(({ code }) => code)).toEqual(['image-pull-failed', 'secret-missing']);
    fc.assert(
      fc.property(fc.shuffledSubarray(objects, { minLength: objects.length }), (shuffled) => {
        expect(run(shuffled)).toEqual(expected);
      }),
      { numRuns: 30 },
    );
  });

  it('never fails over pods of any shape', () => {
    const state = fc.oneof(
      fc.record({
        waiting: fc.record({
          reason: fc.constantFrom(
            'CreateContainerConfigError',
            'RunContainerError',
            'ContainerCreating',
            'ImagePullBackOff',
          ),
          message: fc.jsonValue(),
        }),
      }),
      fc.record({ running: fc.record({ startedAt: fc.constant(ago(minute)) }) }),
      fc.jsonValue(),
    );
    const containerSpec = fc.record({
      name: fc.constant('checkout'),
      image: fc.jsonValue(),
      env: fc.jsonValue(),
      command: fc.jsonValue(),
      securityContext: fc.jsonValue(),
      readinessProbe: fc.jsonValue(),
      ports: fc.jsonValue(),
    });
    fc.assert(
      fc.property(containerSpec, state, fc.jsonValue(), fc.string(), (spec, given, volumes, message) => {
        const own = pod({
          name: podName,
          ready: false,
          phase: 'Pending',
          spec: { containers: [spec], volumes },
          status: { containerStatuses: [{ name: 'checkout', ready: false, state: given, restartCount: 2 }] },
        });
        expect(() =>
          run([
            ...healthyShop(),
            own,
            event({ about: own, reason: 'Unhealthy', message: `Readiness probe failed: ${message}` }),
          ]),
        ).not.toThrow();
      }),
      { numRuns: 150 },
    );
  });
});
