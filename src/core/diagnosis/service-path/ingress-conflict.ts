import { type ObjectRef, refOf, sayRef, type WireObject } from '../../cluster/object.ts';
import { isTerminating } from '../../cluster/pod.ts';
import { parseTime, recordsAt, textAt } from '../../cluster/wire.ts';
import type { FindingDraft } from '../analysis.ts';
import { fromObject } from '../support.ts';
import { type IngressBackend, ingressBackendsOf, ingressClassOf } from './ingress-backends.ts';
import { firingAbout, type ServicePathContext } from './service-path-context.ts';

type Claim = { readonly ingress: WireObject; readonly backend: IngressBackend; readonly created: number };

/**
 * `ingress-path-conflict`: two Ingresses of one class claim the same host and path for different Services. Controllers serve the older one, so the newer is without effect. Canaries
 * and Ingresses that are merged on purpose are not meant.
 */
export function findIngressConflicts(context: ServicePathContext): readonly FindingDraft[] {
  const claims = new Map<string, Claim[]>();
  for (const ingress of context.view.list('Ingress')) {
    if (isTerminating(ingress) || isShared(ingress)) continue;
    for (const backend of ingressBackendsOf(ingress)) {
      if (backend.host === undefined || backend.urlPath === undefined) continue;
      const key = JSON.stringify([
        ingressClassOf(ingress)?.name ?? '',
        backend.host,
        backend.urlPath,
        backend.pathType ?? '',
      ]);
      const claim = {
        ingress,
        backend,
        created: parseTime(ingress.metadata.creationTimestamp) ?? Number.POSITIVE_INFINITY,
      };
      const others = claims.get(key);
      if (others === undefined) claims.set(key, [claim]);
      else others.push(claim);
    }
  }
  const told = new Set<string>();
  return [...claims.values()].flatMap((all) => {
    const [first, ...later] = all.toSorted(
      (a, b) => a.created - b.created || (sayRef(refOf(a.ingress)) < sayRef(refOf(b.ingress)) ? -1 : 1),
    );
    if (first === undefined) return [];
    return later.flatMap((claim) => {
      const ref = refOf(claim.ingress);
      if (
        claim.ingress === first.ingress ||
        leadsTo(claim) === leadsTo(first) ||
        told.has(sayRef(ref)) ||
        !context.scope.has(ref)
      )
        return [];
      told.add(sayRef(ref));
      return [draft(context, ref, first, claim)];
    });
  });
}

/** Whether one controller serves both now: their status says the same address. */
function isAdmitted(one: WireObject, other: WireObject): boolean {
  const addresses = (object: WireObject) =>
    recordsAt(object, 'status', 'loadBalancer', 'ingress').flatMap(
      ({ record }) => textAt(record, 'ip') ?? textAt(record, 'hostname') ?? [],
    );
  const own = new Set(addresses(one));
  return addresses(other).some((address) => own.has(address));
}

const sharing =
  /(?:^|[./-])(?:canary|mergeable-ingress-type|group\.name|acme|router\.priority|affinity-canary-behavior)/;

function isShared({ metadata: { annotations = {}, labels = {} } }: WireObject): boolean {
  return [...Object.keys(annotations), ...Object.keys(labels)].some((key) => sharing.test(key));
}

function leadsTo({ ingress, backend }: Claim): string {
  return `${ingress.metadata.namespace ?? ''}/${backend.service}:${backend.port ?? ''}`;
}

function draft(context: ServicePathContext, ref: ObjectRef, first: Claim, claim: Claim): FindingDraft {
  const { now } = context;
  const { backend, ingress } = claim;
  const place = `${backend.host ?? ''}${backend.urlPath ?? ''}`;
  return {
    code: 'ingress-path-conflict',
    object: ref,
    summary: `${sayRef(ref)} claims ${place}, which ${sayRef(refOf(first.ingress))} already sends to Service ${first.backend.service}: the older one is served.`,
    cause: {
      path: backend.path.replace(/\.backend\.service$/, '.path'),
      observed: `${place} to Service ${backend.service}`,
      expected: `a host or path that ${sayRef(refOf(first.ingress))} does not have`,
    },
    support: [
      fromObject(ingress, now, `${place} goes to Service ${backend.service}`),
      fromObject(first.ingress, now, `${place} goes to Service ${first.backend.service}`),
    ],
    grounds: {
      basis: isAdmitted(ingress, first.ingress) ? 'stated' : 'likely',
      current: true,
      repeated: firingAbout(context, ref).length > 0 || isAdmitted(ingress, first.ingress),
    },
    pods: [],
    affects: [ref],
    explains: [],
  };
}
