import { describe, expect, it } from 'vitest';
import { sayPath } from '../../../../src/core/cluster/field-path.ts';
import { type SecurityLevel, securityBreaches } from '../../../../src/core/diagnosis/admission/pod-security.ts';

const context = {
  allowPrivilegeEscalation: false,
  runAsNonRoot: true,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};
const spec = (own: object = {}, whole: object = {}) => ({
  ...whole,
  containers: [{ name: 'app', securityContext: { ...context, ...own } }],
});
const paths = (podSpec: unknown, level: SecurityLevel) =>
  securityBreaches(podSpec, level).map(({ path }) => sayPath(path));

describe('the Pod Security Standards', () => {
  it('allow a pod that keeps to them', () => {
    expect(paths(spec(), 'restricted')).toEqual([]);
    expect(paths({ containers: [{ name: 'app' }] }, 'baseline')).toEqual([]);
  });

  it.each<[path: string, podSpec: unknown]>([
    ['hostNetwork', spec({}, { hostNetwork: true })],
    ['volumes[0].hostPath', spec({}, { volumes: [{ name: 'v', hostPath: { path: '/' } }] })],
    ['containers[0].securityContext.privileged', spec({ privileged: true })],
    ['containers[0].securityContext.capabilities.add', spec({ capabilities: { drop: ['ALL'], add: ['SYS_ADMIN'] } })],
    ['containers[0].securityContext.seccompProfile.type', spec({ seccompProfile: { type: 'Unconfined' } })],
    [
      'containers[0].ports[0].hostPort',
      { containers: [{ name: 'app', securityContext: context, ports: [{ hostPort: 80 }] }] },
    ],
    [
      'initContainers[0].securityContext.privileged',
      { ...spec(), initContainers: [{ name: 'i', securityContext: { ...context, privileged: true } }] },
    ],
    ['securityContext.sysctls[0]', spec({}, { securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '1' }] } })],
  ])('baseline forbids %s', (path, podSpec) => {
    expect(paths(podSpec, 'baseline')).toEqual([path]);
    expect(paths(podSpec, 'restricted')).toContain(path);
  });

  it.each<[path: string, podSpec: unknown]>([
    ['containers[0].securityContext.allowPrivilegeEscalation', spec({ allowPrivilegeEscalation: undefined })],
    ['containers[0].securityContext.capabilities.drop', spec({ capabilities: {} })],
    ['containers[0].securityContext.capabilities.add', spec({ capabilities: { drop: ['ALL'], add: ['CHOWN'] } })],
    ['containers[0].securityContext.runAsNonRoot', spec({ runAsNonRoot: undefined })],
    ['containers[0].securityContext.runAsUser', spec({ runAsUser: 0 })],
    ['containers[0].securityContext.seccompProfile.type', spec({ seccompProfile: undefined })],
    ['volumes[0].nfs', spec({}, { volumes: [{ name: 'v', nfs: { server: 'x', path: '/' } }] })],
  ])('restricted also forbids %s', (path, podSpec) => {
    expect(paths(podSpec, 'restricted')).toEqual([path]);
    expect(paths(podSpec, 'baseline')).toEqual([]);
  });

  it('take what the pod says as a whole for containers that say nothing', () => {
    const whole = { securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } } };
    expect(paths(spec({ runAsNonRoot: undefined, seccompProfile: undefined }, whole), 'restricted')).toEqual([]);
    expect(paths(spec({ runAsNonRoot: false }, whole), 'restricted')).toEqual([
      'containers[0].securityContext.runAsNonRoot',
    ]);
  });

  it.each([null, 'x', { containers: 'x' }, { containers: [null, { securityContext: [] }], volumes: [7] }])(
    'take any object',
    (podSpec) => {
      expect(() => securityBreaches(podSpec, 'restricted')).not.toThrow();
    },
  );
});
