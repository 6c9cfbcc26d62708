import type { Suspect } from '../core/detection/event-trail.ts';
import type { Look, Sighting } from '../core/detection/sighting.ts';
import type { Problem } from '../core/result.ts';

/** What one look saw. Where `covers` says no, the look could not read, and absence means nothing there; `problem` says why. */
export type LookOutcome = {
  readonly sightings: readonly Sighting[];
  readonly covers: (namespace: string | undefined) => boolean;
  readonly problem: Problem | undefined;
};

/** A detection that was seen before, and what it was then. */
export type Held = { readonly fingerprint: string; readonly sighting: Sighting };

/** What reading single objects saw: the sightings, the fingerprints of held detections that are known not to be so any more, and the first thing that could not be read. */
export type Examined = {
  readonly sightings: readonly Sighting[];
  readonly gone: readonly string[];
  readonly problem: Problem | undefined;
};

export type LookContext = { readonly brokenNodes: ReadonlySet<string> };

/** Reads the cluster for what is wrong in it. Never throws for what a server does; a call ends when `signal` is aborted. */
export interface ClusterLooks {
  /** Whether objects of a namespace (undefined: cluster-wide) are watched at all. */
  isWatched(namespace: string | undefined): boolean;
  look(look: Exclude<Look, 'events'>, context: LookContext, signal: AbortSignal): Promise<LookOutcome>;
  /** Reads each object that events spoke of. One that is gone, or is another object of the same name by now, is nothing. */
  examine(suspects: readonly Suspect[], context: LookContext, signal: AbortSignal): Promise<Examined>;
  /** Reads again what only events had shown. */
  examineAgain(held: readonly Held[], signal: AbortSignal): Promise<Examined>;
}
