import type { FieldPath } from '../../cluster/field-path.ts';
import { at, isRecord, listAt, numberAt, recordsAt, textAt, type WireRecord } from '../../cluster/wire.ts';

/** The levels of the Pod Security Standards that forbid anything. */
export type SecurityLevel = 'baseline' | 'restricted';

/** A field of a pod spec that a level forbids. */
export type SecurityBreach = { readonly path: FieldPath; readonly observed: string; readonly expected: string };

type Container = { readonly path: FieldPath; readonly record: WireRecord };

const lists = ['containers', 'initContainers', 'ephemeralContainers'] as const;

const baselineCapabilities: ReadonlySet<unknown> = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]);
const safeSysctls: ReadonlySet<unknown> = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_wmem',
]);
const seLinuxTypes: ReadonlySet<unknown> = new Set([
  '',
  'container_t',
  'container_init_t',
  'container_kvm_t',
  'container_engine_t',
]);
const restrictedVolumes: ReadonlySet<string> = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
]);

/** The fields of a pod spec that a level forbids (Pod Security Standards, newest version). `restricted` includes `baseline`. Order: as the standard lists them. */
export function securityBreaches(podSpec: unknown, level: SecurityLevel): readonly SecurityBreach[] {
  const containers = lists.flatMap((list) =>
    recordsAt(podSpec, list).map(({ index, record }): Container => ({ path: [list, index], record })),
  );
  const breaches = baseline(podSpec, containers);
  return level === 'baseline' ? breaches : [...breaches, ...restricted(podSpec, containers)];
}

function baseline(podSpec: unknown, containers: readonly Container[]): readonly SecurityBreach[] {
  const found: SecurityBreach[] = [];
  for (const field of ['hostNetwork', 'hostPID', 'hostIPC'])
    if (at(podSpec, field) === true) found.push({ path: [field], observed: 'true', expected: 'false or not set' });
  for (const { record, index } of recordsAt(podSpec, 'volumes'))
    if (isRecord(record.hostPath))
      found.push({
        path: ['volumes', index, 'hostPath'],
        observed: textAt(record, 'hostPath', 'path') ?? 'a hostPath',
        expected: 'another type of volume',
      });
  for (const { record, index } of recordsAt(podSpec, 'securityContext', 'sysctls'))
    if (!safeSysctls.has(record.name))
      found.push({
        path: ['securityContext', 'sysctls', index],
        observed: textAt(record, 'name') ?? '',
        expected: 'a sysctl that is safe',
      });
  for (const { path, context } of contextsOf(podSpec, containers)) {
    if (at(context, 'windowsOptions', 'hostProcess') === true)
      found.push({ path: [...path, 'windowsOptions', 'hostProcess'], observed: 'true', expected: 'false or not set' });
    if (textAt(context, 'seccompProfile', 'type') === 'Unconfined')
      found.push({
        path: [...path, 'seccompProfile', 'type'],
        observed: 'Unconfined',
        expected: 'RuntimeDefault or Localhost',
      });
    if (textAt(context, 'appArmorProfile', 'type') === 'Unconfined')
      found.push({
        path: [...path, 'appArmorProfile', 'type'],
        observed: 'Unconfined',
        expected: 'RuntimeDefault or Localhost',
      });
    if (
      !seLinuxTypes.has(textAt(context, 'seLinuxOptions', 'type') ?? '') ||
      textAt(context, 'seLinuxOptions', 'user') !== undefined ||
      textAt(context, 'seLinuxOptions', 'role') !== undefined
    )
      found.push({
        path: [...path, 'seLinuxOptions'],
        observed: 'options of its own',
        expected: 'a container type, without user and role',
      });
  }
  for (const { path, record } of containers) {
    const context = at(record, 'securityContext');
    if (at(context, 'privileged') === true)
      found.push({ path: [...path, 'securityContext', 'privileged'], observed: 'true', expected: 'false or not set' });
    const added = listAt(context, 'capabilities', 'add').filter((name) => !baselineCapabilities.has(name));
    if (added.length > 0)
      found.push({
        path: [...path, 'securityContext', 'capabilities', 'add'],
        observed: sayList(added),
        expected: 'only capabilities that the level allows',
      });
    const procMount = textAt(context, 'procMount');
    if (procMount !== undefined && procMount !== 'Default')
      found.push({
        path: [...path, 'securityContext', 'procMount'],
        observed: procMount,
        expected: 'Default or not set',
      });
    for (const { record: port, index } of recordsAt(record, 'ports')) {
      const hostPort = numberAt(port, 'hostPort') ?? 0;
      if (hostPort !== 0)
        found.push({ path: [...path, 'ports', index, 'hostPort'], observed: String(hostPort), expected: 'not set' });
    }
  }
  return found;
}

function restricted(podSpec: unknown, containers: readonly Container[]): readonly SecurityBreach[] {
  const found: SecurityBreach[] = [];
  for (const { record, index } of recordsAt(podSpec, 'volumes')) {
    const type = Object.keys(record).find((key) => key !== 'name');
    if (type !== undefined && type !== 'hostPath' && !restrictedVolumes.has(type))
      found.push({
        path: ['volumes', index, type],
        observed: type,
        expected: `one of ${[...restrictedVolumes].join(', ')}`,
      });
  }
  const whole = at(podSpec, 'securityContext');
  for (const { path, record } of containers) {
    const context = at(record, 'securityContext');
    const here = [...path, 'securityContext'];
    if (at(context, 'allowPrivilegeEscalation') !== false)
      found.push({
        path: [...here, 'allowPrivilegeEscalation'],
        observed: say(at(context, 'allowPrivilegeEscalation')),
        expected: 'false',
      });
    if (!listAt(context, 'capabilities', 'drop').includes('ALL'))
      found.push({
        path: [...here, 'capabilities', 'drop'],
        observed: sayList(listAt(context, 'capabilities', 'drop')),
        expected: '["ALL"]',
      });
    const added = listAt(context, 'capabilities', 'add').filter(
      (name) => name !== 'NET_BIND_SERVICE' && baselineCapabilities.has(name),
    );
    if (added.length > 0)
      found.push({
        path: [...here, 'capabilities', 'add'],
        observed: sayList(added),
        expected: 'nothing but NET_BIND_SERVICE',
      });
    const nonRoot = at(context, 'runAsNonRoot');
    if (nonRoot === false || (nonRoot === undefined && at(whole, 'runAsNonRoot') !== true))
      found.push({
        path: [...here, 'runAsNonRoot'],
        observed: say(nonRoot ?? at(whole, 'runAsNonRoot')),
        expected: 'true',
      });
    if (numberAt(context, 'runAsUser') === 0)
      found.push({ path: [...here, 'runAsUser'], observed: '0', expected: 'another user than 0' });
    const profile = textAt(context, 'seccompProfile', 'type') ?? textAt(whole, 'seccompProfile', 'type');
    if (profile === undefined)
      found.push({
        path: [...here, 'seccompProfile', 'type'],
        observed: 'not set',
        expected: 'RuntimeDefault or Localhost',
      });
  }
  if (numberAt(whole, 'runAsUser') === 0)
    found.push({ path: ['securityContext', 'runAsUser'], observed: '0', expected: 'another user than 0' });
  return found;
}

function contextsOf(podSpec: unknown, containers: readonly Container[]) {
  return [
    { path: ['securityContext'] as FieldPath, context: at(podSpec, 'securityContext') },
    ...containers.map(({ path, record }) => ({
      path: [...path, 'securityContext'],
      context: at(record, 'securityContext'),
    })),
  ];
}

function say(value: unknown): string {
  return typeof value === 'boolean' ? String(value) : 'not set';
}

function sayList(values: readonly unknown[]): string {
  const names = values.filter((value) => typeof value === 'string').slice(0, 8);
  return names.length === 0 ? 'not set' : `[${names.map((name) => JSON.stringify(name)).join(', ')}]`;
}
