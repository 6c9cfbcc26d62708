import type { ContainerState } from '../runtime/suffering.ts';
import type { Setting } from './settings.ts';

const waitsMs = 5 * 60_000;

/** An init container that has run for minutes: it does not come to its end, and the pod waits for it. */
export function isWaitingInit(
  { status, suffering }: Pick<ContainerState, 'status' | 'suffering'>,
  now: number,
): boolean {
  const { state, list } = status;
  const isLong = state.is === 'running' && state.startedAt !== undefined && now - state.startedAt > waitsMs;
  return list === 'initContainers' && suffering === 'not-ready' && isLong;
}

/** Whether the script of an init container that has run for minutes asks for the very host of a setting. That it still runs is a second word for it. */
export function isWaitedFor(
  speaker: Pick<ContainerState, 'status' | 'suffering'>,
  { path }: Pick<Setting, 'path'>,
  now: number,
): boolean {
  return isWaitingInit(speaker, now) && /\.(?:command|args)\[\d{1,4}\]$/.test(path);
}
