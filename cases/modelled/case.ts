import { type BaseCluster, buildBaseCluster } from './base-cluster.ts';
import { addNoise } from './noise.ts';
import type { Wire } from './wire.ts';
import { type AlertPlan, createWorld, type World, type WorldSnapshot } from './world.ts';

export type Scene = { readonly w: World; readonly base: BaseCluster };

type Claim = string | { readonly code: string; readonly object?: string };

/** What a case expects, as expected.yaml says it, and how it may be asked. */
export type Outcome = {
  readonly about: string;
  readonly code?: string | readonly string[];
  readonly object?: string | readonly string[];
  readonly also?: readonly { readonly code: string | readonly string[]; readonly object: string | readonly string[] }[];
  readonly alsoTrue?: readonly string[];
  readonly notClaimed?: readonly Claim[];
  readonly says?: readonly string[];
  readonly status?: 'diagnosed' | 'inconclusive' | 'healthy';
  /** How it is always asked; without it the seed chooses among the ways of `ask`. */
  readonly question?: { readonly namespace?: string; readonly object?: string };
  /** Ways to ask besides asking nothing; the seed chooses. With `always`, the alert is part of the case. */
  readonly ask?: {
    readonly alert?: AlertPlan;
    readonly always?: boolean;
    readonly namespace?: string;
    readonly object?: string;
  };
};

export type ModelledCase = {
  readonly family: string;
  readonly name: string;
  readonly build: (scene: Scene) => Outcome;
  readonly managed: boolean | undefined;
  readonly noise: boolean;
  /** Takes away what whoever made the snapshot could not see. */
  readonly trim?: (snapshot: WorldSnapshot) => WorldSnapshot;
};

export type MadeCase = {
  readonly family: string;
  readonly name: string;
  readonly expected: Wire;
  readonly snapshot: WorldSnapshot;
};

type Build = (scene: Scene) => Outcome;

/** The cases of one family, by name: `<code>-<variant>`, where a variant ends in `healthy` or `decoy` for the twins. */
export function family(
  name: string,
  cases: Readonly<Record<string, Build>>,
  { managed, noise = true }: { readonly managed?: boolean; readonly noise?: boolean } = {},
): readonly ModelledCase[] {
  return Object.entries(cases).map(([own, build]) => ({ family: name, name: own, build, managed, noise }));
}

/** Builds one case from a seed: the same seed gives the same case. */
export function makeCase(
  { family: familyName, name, build, managed, noise, trim = (snapshot) => snapshot }: ModelledCase,
  seed: number,
): MadeCase {
  const w = createWorld({ seed, salt: `${familyName}/${name}` });
  const base = buildBaseCluster(w, { managed: managed ?? w.random.chance(0.3) });
  if (noise) addNoise(w);
  const { ask, ...outcome } = build({ w, base });
  const ways = [
    'nothing',
    'nothing',
    ...(ask?.alert === undefined ? [] : ['alert', 'alert']),
    ...(ask?.namespace === undefined ? [] : ['namespace']),
    ...(ask?.object === undefined ? [] : ['object']),
  ];
  const way = ask?.always === true ? 'alert' : w.random.pick(ways);
  if (way === 'alert' && ask?.alert !== undefined) w.alert(ask.alert);
  const question =
    way === 'namespace' ? { namespace: ask?.namespace } : way === 'object' ? { object: ask?.object } : undefined;
  return {
    family: familyName,
    name,
    expected: { family: familyName, ...outcome, ...(question === undefined ? {} : { question }) },
    snapshot: trim(w.finish()),
  };
}

/** A fault, and with `well` the same world done right. */
type Shape = (scene: Scene, well: boolean) => Outcome;

/**
 * The cases of one code: each shape as a fault, the first one (or each that `twins` names) done right as well, and decoys that look the same and are something else.
 */
export function coded(
  code: string,
  shapes: Readonly<Record<string, Shape>>,
  decoys: Readonly<Record<string, Build>> = {},
): Record<string, Build> {
  const entries: [string, Build][] = [];
  Object.entries(shapes).forEach(([name, shape], index) => {
    entries.push([`${code}-${name}`, (scene) => ({ code, ...shape(scene, false) })]);
    if (index > 0) return;
    entries.push([
      `${code}-healthy`,
      (scene) => {
        const { ask, about } = shape(scene, true);
        const kept = {
          ...(ask?.namespace === undefined ? {} : { namespace: ask.namespace }),
          ...(ask?.object === undefined ? {} : { object: ask.object }),
        };
        return {
          about: `Nothing is wrong; done right what the faulty twin does wrong: ${about}`,
          status: 'healthy',
          notClaimed: [code],
          ask: kept,
        };
      },
    ]);
  });
  for (const [name, build] of Object.entries(decoys))
    entries.push([
      `${code}-${name}-decoy`,
      (scene) => {
        const outcome = build(scene);
        // What may be told as a symptom is not refused.
        const isSymptom = outcome.alsoTrue?.includes(code) === true;
        return { ...outcome, notClaimed: [...(outcome.notClaimed ?? []), ...(isSymptom ? [] : [code])] };
      },
    ]);
  return Object.fromEntries(entries);
}

/** The same cases, with other names for the healthy twins of codes that have one already. */
export function withOtherTwins(cases: Readonly<Record<string, Build>>): Record<string, Build> {
  return Object.fromEntries(
    Object.entries(cases).map(([name, build]) => [name.replace(/-healthy$/, '-other-healthy'), build]),
  );
}
