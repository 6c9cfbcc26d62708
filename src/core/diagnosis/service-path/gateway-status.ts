import { refOf, sayRef, type WireObject } from '../../cluster/object.ts';
import { numberAt, recordsAt, textAt, timeAt } from '../../cluster/wire.ts';
import type { FindingDraft } from '../analysis.ts';
import type { FindingCode } from '../codes.ts';
import { fromObject } from '../support.ts';
import { type ServicePathContext, sufferedByCallers } from './service-path-context.ts';

const settledMs = 60_000;

/** A field of a Gateway or route, what it holds and what it should. */
export type Place = { readonly path: string; readonly observed: string; readonly expected: string };

/** A condition that says something bad. */
export type Said = {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly since: number | undefined;
};

/** Conditions of a status that are bad now and speak of the present spec. */
export function badConditions(
  object: WireObject,
  holder: unknown,
  bad: (type: string, status: string) => boolean,
): readonly Said[] {
  return recordsAt(holder, 'conditions').flatMap(({ record }) => {
    const [type, status] = [textAt(record, 'type'), textAt(record, 'status')];
    if (type === undefined || status === undefined || !bad(type, status)) return [];
    const observed = numberAt(record, 'observedGeneration');
    const { generation } = object.metadata;
    if (observed !== undefined && generation !== undefined && observed < generation) return [];
    return [
      {
        type,
        reason: textAt(record, 'reason') ?? 'no reason given',
        message: (textAt(record, 'message') ?? '').slice(0, 300),
        since: timeAt(record, 'lastTransitionTime'),
      },
    ];
  });
}

/** A finding about a Gateway or route. `agree`: objects and status say the same. */
export function gatewayFinding(
  { now, topology }: ServicePathContext,
  code: FindingCode,
  object: WireObject,
  given: {
    readonly place: Place;
    readonly says: string;
    readonly facts: readonly string[];
    readonly agree: boolean;
    readonly since: number | undefined;
  },
): FindingDraft {
  const ref = refOf(object);
  const facts = given.facts.length === 0 ? [`${given.place.path} is ${given.place.observed}`] : given.facts;
  const [first = '', ...more] = facts;
  const routes = topology.neededBy(ref).map(({ from }) => from);
  return {
    code,
    object: ref,
    summary: `${sayRef(ref)} does not lead anywhere: ${given.says}.`,
    cause: given.place,
    support: [fromObject(object, now, first), ...more.map((fact) => fromObject(object, now, fact))],
    // Controllers look again within seconds: what its status has said of this spec for a minute was said more than once.
    grounds: {
      basis: 'stated',
      current: true,
      repeated: given.agree || (given.since !== undefined && now - given.since >= settledMs),
    },
    pods: [],
    affects: [ref, ...routes],
    explains: sufferedByCallers,
    since: given.since,
  };
}
