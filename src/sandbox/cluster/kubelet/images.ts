import { createHash } from 'node:crypto';

/** What a container image does when it runs. An image that is not in the table does not exist in the registry. */
export type ImageBehaviour = {
  readonly sizeBytes?: number;
  /** Resident memory once it is warm. Above the container's limit, the process is killed while it warms up. */
  readonly memoryMi?: number;
  readonly startLog?: readonly string[];
  /** Written while memory grows beyond the limit. `{workingSetMi}`, `{limitMi}` and `{memoryMi}` stand for the numbers of the moment. */
  readonly outOfMemoryLog?: readonly string[];
  /** The process ends by itself. */
  readonly exits?: { readonly code: number; readonly afterMs?: number; readonly log?: readonly string[] };
  readonly readiness?: 'passes' | 'fails';
};

/** By `repository:tag`. Plain data, so that a snapshot can carry it to another process. */
export type Images = Readonly<Record<string, ImageBehaviour>>;

/** How fast the sandbox's kubelets and controllers live. Nominal times in messages stay those of a real kubelet. */
export type Pace = {
  /** How often due work is looked for. */
  readonly tickMs: number;
  readonly pullMs: number;
  readonly failedPullMs: number;
  /** ErrImagePull is shown this long after each failed pull. */
  readonly imageErrorMs: number;
  /** The first ImagePullBackOff; doubled at each attempt. */
  readonly imageBackOffMs: number;
  readonly startMs: number;
  readonly readyAfterMs: number;
  readonly outOfMemoryAfterMs: number;
  /** A container that ended is seen as `terminated` this long. */
  readonly exitedMs: number;
  /** The first back-off of a crashing container; doubled at each crash up to the maximum. */
  readonly crashBackOffMs: number;
  readonly maxCrashBackOffMs: number;
  readonly terminateMs: number;
};

export const defaultPace: Pace = {
  tickMs: 20,
  pullMs: 120,
  failedPullMs: 100,
  imageErrorMs: 100,
  imageBackOffMs: 800,
  startMs: 60,
  readyAfterMs: 120,
  outOfMemoryAfterMs: 600,
  exitedMs: 60,
  crashBackOffMs: 500,
  maxCrashBackOffMs: 4000,
  terminateMs: 120,
};

export function imageIdOf(image: string): string {
  const repository = image.replace(/:[^:/]*$/, '');
  return `${repository}@sha256:${createHash('sha256').update(image).digest('hex')}`;
}

/** The error containerd gives a kubelet for a tag that the registry lacks. */
export function pullError(image: string): string {
  const [first = ''] = image.split('/');
  const isQualified = image.includes('/') && /[.:]|^localhost$/.test(first);
  const reference = isQualified ? image : `docker.io/${image.includes('/') ? '' : 'library/'}${image}`;
  return `rpc error: code = NotFound desc = failed to pull and unpack image "${reference}": failed to resolve reference "${reference}": ${reference}: not found`;
}
