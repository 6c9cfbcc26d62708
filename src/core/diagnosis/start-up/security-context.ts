import { sayRef } from '../../cluster/object.ts';
import { podSpecOf, podSpecPath } from '../../cluster/pod-spec.ts';
import { at, booleanAt, listAt, numberAt, parseTime, recordsAt, textAt } from '../../cluster/wire.ts';
import { type AnalysisContext, type FindingDraft, podKey } from '../analysis.ts';
import { formerValue } from '../former-value.ts';
import { groupBy } from '../group-by.ts';
import { isOlderThan, oneLine } from '../present-events.ts';
import { liveTermination } from '../restarts.ts';
import { fromChange, fromEvents, fromLog, fromObject } from '../support.ts';
import { recordNamed, type Suspect, sayPods, suspectsOf } from '../suspect.ts';
import { startMessageOf } from './runtime-message.ts';
import { type SecurityRefusal, securityRefusalOf } from './security-words.ts';

const eventReasons: ReadonlySet<string> = new Set(['Failed', 'BackOff']);

type Cause = { readonly path: string; readonly observed: string; readonly expected: string; readonly says: string };
type Case = { readonly suspect: Suspect; readonly cause: Cause; readonly isStated: boolean; readonly said: string };

/**
 * `security-context-blocks`: what the security context of a container asks for keeps it from running. Stated where the kubelet or the runtime refuses to create it;
 * likely where it crashes, its log complains of a right, and its security context takes that right away.
 */
export function securityContextBlocks(context: AnalysisContext): readonly FindingDraft[] {
  const refused = suspectsOf(context, (status) => startMessageOf({ status }) !== undefined).flatMap(
    (suspect): readonly Case[] => {
      const said = startMessageOf(suspect)?.text ?? '';
      const refusal = securityRefusalOf(said);
      return refusal === undefined ? [] : [{ suspect, cause: causeOf(suspect, refusal), isStated: true, said }];
    },
  );
  const crashing = suspectsOf(context, (status) => {
    const end = liveTermination(status, context.now, { single: true })?.end;
    return end !== undefined && end.exitCode !== 0 && end.reason !== 'OOMKilled';
  }).flatMap((suspect) => crashCase(context, suspect));
  return groupBy(
    [...refused, ...crashing],
    ({ suspect: { workload, status } }) => `${sayRef(workload.ref)}\n${status.list}\n${status.name}`,
  ).map((group) => draft(context, group));
}

/** Where a setting stands: on the container, which wins, or on the pod. */
function settingAt({ workload, path, declared }: Pick<Suspect, 'workload' | 'path' | 'declared'>, field: string) {
  if (at(declared, 'securityContext', field) !== undefined)
    return { path: `${path}.securityContext.${field}`, value: at(declared, 'securityContext', field) };
  const podSpec = workload.object === undefined ? undefined : podSpecOf(workload.object);
  const onPod = at(podSpec, 'securityContext', field);
  return onPod === undefined
    ? { path: `${path}.securityContext.${field}`, value: undefined }
    : { path: `${podSpecPath(workload.ref.kind).join('.')}.securityContext.${field}`, value: onPod };
}

function causeOf(suspect: Suspect, refusal: SecurityRefusal): Cause {
  const nonRoot = settingAt(suspect, 'runAsNonRoot').path;
  const user = settingAt(suspect, 'runAsUser');
  switch (refusal.is) {
    case 'runs-as-root':
      return {
        path: nonRoot,
        observed: 'true, and the image runs as root',
        expected: 'runAsUser set to a user other than 0, or an image with such a USER',
        says: 'it must not run as root (runAsNonRoot), and the image does',
      };
    case 'user-not-numeric':
      return {
        path: nonRoot,
        observed: `true, and the image's user is ${refusal.user ?? 'a name'}`,
        expected: 'runAsUser set to the number of that user',
        says: `it must not run as root (runAsNonRoot), and the image names its user (${refusal.user ?? 'not a number'}) so that nobody can tell`,
      };
    case 'user-is-root':
      return {
        path: user.path,
        observed: `${typeof user.value === 'number' ? user.value : 0}`,
        expected: 'a user other than 0, since runAsNonRoot is true',
        says: 'runAsUser is root while runAsNonRoot is true',
      };
    case 'seccomp-missing':
    case 'apparmor-missing': {
      const [field, name] =
        refusal.is === 'seccomp-missing' ? ['seccompProfile', 'seccomp'] : ['appArmorProfile', 'AppArmor'];
      const setting = settingAt(suspect, field);
      const profile = textAt(setting.value, 'localhostProfile') ?? refusal.profile ?? 'not said';
      return {
        path: `${setting.path}.localhostProfile`,
        observed: profile,
        expected: `a ${name} profile that is on the nodes`,
        says: `its ${name} profile ${profile} is not on the node`,
      };
    }
    default:
      return refusal satisfies never;
  }
}

const readOnlyLog = /read-only file system|\bEROFS\b/i;
const kernelDenies = /operation not permitted|\bEPERM\b|\bEACCES\b/i;
const permissionDenied = /permission denied/i;
const speaksOfFiles = /\/|\b(?:bind|listen|chown|chmod|setgid|setuid|mkdir|socket)\b/i;
const ownRights = /permission denied (?:for|to|on) |\(publickey/i;
const lowPort = /bind|listen/i;
const portNumber = /:(\d{1,5})\b/;

function crashCase(context: AnalysisContext, suspect: Suspect): readonly Case[] {
  const { view } = context;
  const { pod, status } = suspect;
  const texts = [
    view.logOf(pod, status.name, 'previous')?.text,
    view.logOf(pod, status.name, 'current')?.text,
    status.lastEnd?.message,
  ];
  const lines = texts.flatMap((text) => (text ?? '').slice(-16_384).split('\n')).map((line) => line.slice(0, 1000));
  const readOnly = settingAt(suspect, 'readOnlyRootFilesystem');
  const written = lines.findLast((line) => readOnlyLog.test(line));
  if (readOnly.value === true && written !== undefined && mountOf(suspect, written) === undefined) {
    const cause = {
      path: readOnly.path,
      observed: 'true',
      expected: `an emptyDir mounted where it writes${pathIn(written) === undefined ? '' : ` (${pathIn(written)})`}, or false`,
      says: `its root file system is read-only, and it writes to it`,
    };
    return [{ suspect, cause, isStated: false, said: oneLine(written, 300) }];
  }
  const denied = lines.findLast(isDenied);
  if (denied === undefined || mountOf(suspect, denied) !== undefined) return [];
  const user = settingAt(suspect, 'runAsUser');
  const port = lowPort.test(denied) ? Number(portNumber.exec(denied)?.[1] ?? Number.NaN) : Number.NaN;
  const drops = listAt(suspect.declared, 'securityContext', 'capabilities', 'drop');
  const adds = listAt(suspect.declared, 'securityContext', 'capabilities', 'add');
  const capability = port < 1024 ? 'NET_BIND_SERVICE' : 'ALL';
  if (drops.some((name) => name === 'ALL' || name === capability) && !adds.includes(capability)) {
    const cause = {
      path: `${suspect.path}.securityContext.capabilities.drop`,
      observed: drops
        .filter((name) => typeof name === 'string')
        .join(', ')
        .slice(0, 200),
      expected:
        port < 1024
          ? 'capabilities.add NET_BIND_SERVICE, or a port above 1023'
          : 'the capability that it needs under capabilities.add',
      says: `it is refused a right (${oneLine(denied, 160)}), and its capabilities are dropped`,
    };
    return [{ suspect, cause, isStated: false, said: oneLine(denied, 300) }];
  }
  if (typeof user.value !== 'number' || user.value === 0) return [];
  const cause = {
    path: user.path,
    observed: `${user.value}`,
    expected: 'a user that may do what the image does there',
    says: `it is refused a right (${oneLine(denied, 160)}), and runs as user ${user.value}`,
  };
  return [{ suspect, cause, isStated: false, said: oneLine(denied, 300) }];
}

// What a kernel refuses a process. Databases and SSH say "permission denied" too, of rights of their own.
function isDenied(line: string): boolean {
  return kernelDenies.test(line) || (permissionDenied.test(line) && speaksOfFiles.test(line) && !ownRights.test(line));
}

function pathIn(line: string): string | undefined {
  return /(\/[\w./-]{1,200})/.exec(line)?.[1];
}

// What is refused under a mount is a matter of the volume, not of the container's own file system.
function mountOf({ record }: Suspect, line: string): string | undefined {
  return recordsAt(record, 'volumeMounts')
    .flatMap(({ record: mount }) => textAt(mount, 'mountPath') ?? [])
    .find((mountPath) => mountPath.length > 1 && line.includes(mountPath));
}

function draft(context: AnalysisContext, cases: readonly [Case, ...Case[]]): FindingDraft {
  const { view, now } = context;
  const [{ suspect, cause, isStated, said }] = cases;
  const { workload, status, pod } = suspect;
  const pods = cases.map(({ suspect: other }) => other);
  const restarts = Math.max(...pods.map((other) => other.status.restartCount));
  const text = settingsText(suspect.declared, workload.object === undefined ? undefined : podSpecOf(workload.object));
  const former = formerValue(
    view,
    workload,
    (podSpec) => settingsText(recordNamed(podSpec, status)?.record, podSpec),
    (value) => value === text,
  );
  const logs = isStated
    ? []
    : pods
        .flatMap((other) => {
          const log = view.logOf(other.pod, status.name, 'previous') ?? view.logOf(other.pod, status.name, 'current');
          return log === undefined ? [] : [fromLog(other.pod, log)];
        })
        .slice(0, 1);
  const starts = pods.flatMap((other) => parseTime(other.pod.metadata.creationTimestamp) ?? []);
  return {
    code: 'security-context-blocks',
    object: workload.ref,
    summary: `Container ${status.name} of ${sayRef(workload.ref)} cannot run: ${cause.says}. Seen in ${sayPods(pods)}.`,
    cause: { path: cause.path, observed: cause.observed, expected: cause.expected },
    recommendation: {
      text: `Set ${cause.path.replace(/^.*securityContext\./, '')} so: ${cause.expected}.`,
      values: { container: status.name },
    },
    support: [
      fromObject(
        pod,
        now,
        `container ${status.name}: ${isStated ? oneLine(said) : `ends with an error again, restarts ${status.restartCount}`}`,
      ),
      ...pods.slice(1, 3).map((other) => fromObject(other.pod, now, `container ${status.name} fails alike`)),
      ...pods.flatMap((other) => fromEvents(view, other.pod, eventReasons, 1)).slice(0, 2),
      ...(former === undefined
        ? []
        : [fromChange(former.object, now, `the security context was another in revision ${former.number}`)]),
      ...logs,
    ],
    grounds: {
      basis: isStated
        ? 'stated'
        : numberAt(suspect.declared, 'securityContext', 'runAsUser') === undefined &&
            booleanAt(suspect.declared, 'securityContext', 'readOnlyRootFilesystem') !== true
          ? 'inferred'
          : 'likely',
      current: true,
      repeated: cases.length > 1 || restarts > 1 || isOlderThan(pod, 60_000, now),
    },
    pods: pods.map((other) => podKey(other.pod)),
    since: starts.length === 0 ? undefined : Math.min(...starts),
  };
}

function settingsText(container: unknown, podSpec: unknown): string | undefined {
  return container === undefined
    ? undefined
    : JSON.stringify([at(container, 'securityContext') ?? {}, at(podSpec, 'securityContext') ?? {}]);
}
