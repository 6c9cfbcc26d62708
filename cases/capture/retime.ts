import type { KubeObject } from './wire.ts';

/** Everything up to `at` happened `byMs` earlier than it did here: a workload that was made a second ago stands for one of yesterday. */
export type Mark = { readonly at: number; readonly byMs: number };

const instant = /\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z/g;
const heartbeatWithinMs = 90_000;

/**
 * Rewrites the times of captured objects so that the capture lies `ageMs` after the fault: objects keep their times (shifted by the marks), the snapshot is dated later, and
 * whatever beats on by itself (leases that are renewed, nodes that report) beats on until then. Order and distances between marks are kept.
 */
export function retime(
  objects: readonly KubeObject[],
  clock: {
    readonly now: number;
    readonly ageMs: number;
    readonly marks: readonly Mark[] /** Names of leases that nobody renews. */;
    readonly dead: readonly string[];
  },
): { readonly objects: readonly KubeObject[]; readonly capturedAt: number } {
  const { now, ageMs, marks, dead } = clock;
  const shift = (ms: number) => ms - marks.reduce((sum, { at, byMs }) => (ms <= at ? sum + byMs : sum), 0);
  const capturedAt = now + ageMs;
  return {
    capturedAt,
    objects: objects.map((object) =>
      dead.includes(object.metadata.name)
        ? mapTimes(object, shift)
        : beatOn(mapTimes(object, shift), object, { now, ageMs, capturedAt }),
    ),
  };
}

/** Applies a function to every instant in an object, in whatever string it stands. Digits after the second are kept as many as they were. */
export function mapTimes<T>(value: T, shift: (ms: number) => number): T {
  const visit = (each: unknown): unknown => {
    if (typeof each === 'string') return each.replace(instant, (text) => printLike(text, shift(Date.parse(text))));
    if (Array.isArray(each)) return each.map(visit);
    if (typeof each !== 'object' || each === null) return each;
    return Object.fromEntries(Object.entries(each).map(([key, member]) => [key, visit(member)]));
  };
  return visit(value) as T; // the same shape: only strings change
}

function beatOn(
  object: KubeObject,
  original: KubeObject,
  { now, ageMs, capturedAt }: { now: number; ageMs: number; capturedAt: number },
): KubeObject {
  if (object.kind === 'Lease') {
    const renewed = original.spec?.renewTime;
    if (typeof renewed !== 'string' || now - Date.parse(renewed) > heartbeatWithinMs) return object;
    const renewTime = printLike(renewed, Date.parse(renewed) + ageMs);
    return {
      ...object,
      spec: { ...object.spec, renewTime },
      metadata: touched(object, () => true, Date.parse(renewTime)),
    };
  }
  if (object.kind === 'Node') {
    const conditions = (object.status?.conditions ?? []) as {
      type: string;
      status: string;
      lastHeartbeatTime?: string;
    }[];
    if (!conditions.some(({ type, status }) => type === 'Ready' && status === 'True')) return object;
    // A kubelet reports every five minutes while nothing changes.
    const reported = capturedAt - 1000 * (20 + ((object.metadata.name.length * 37) % 240));
    const lastHeartbeatTime = new Date(reported).toISOString().replace(/\.\d+Z$/, 'Z');
    return {
      ...object,
      metadata: touched(object, ({ subresource }) => subresource === 'status', reported),
      status: { ...object.status, conditions: conditions.map((condition) => ({ ...condition, lastHeartbeatTime })) },
    };
  }
  return object;
}

function touched(
  { metadata }: KubeObject,
  isMeant: (entry: { subresource?: string }) => boolean,
  at: number,
): KubeObject['metadata'] {
  const time = new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
  return {
    ...metadata,
    managedFields: (metadata.managedFields ?? []).map((entry) => (isMeant(entry) ? { ...entry, time } : entry)),
  };
}

function printLike(text: string, ms: number): string {
  const digits = /\.(\d+)Z$/.exec(text)?.[1]?.length ?? 0;
  const [seconds = '', fraction = ''] = new Date(ms).toISOString().slice(0, -1).split('.');
  // Below a millisecond the digits of the original stand: only whole milliseconds are ever added.
  const below = digits > 3 ? (/\.\d{3}(\d+)Z$/.exec(text)?.[1] ?? '') : '';
  return digits === 0 ? `${seconds}Z` : `${seconds}.${`${fraction}${below}`.slice(0, digits)}Z`;
}
