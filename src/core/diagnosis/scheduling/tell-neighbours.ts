import type { FieldPath } from '../../cluster/field-path.ts';
import { sayExpression } from '../../cluster/node-selector.ts';
import { refOf, sayRef } from '../../cluster/object.ts';
import { at, numberAt, recordsAt, stringsAt, textAt } from '../../cluster/wire.ts';
import { workloadOf } from '../../cluster/workload.ts';
import { nearestName } from '../nearest-name.ts';
import { fromObject } from '../support.ts';
import { requiredTerms } from './cluster-load.ts';
import { labelOf, partnersOf } from './neighbour-checks.ts';
import { hardSpreads } from './spread-checks.ts';
import { listed, nodeNames, share, shareDoes, type Telling, type Told } from './told.ts';

const required = 'requiredDuringSchedulingIgnoredDuringExecution';

function termAt({ pod }: Telling, kind: 'podAffinity' | 'podAntiAffinity', index: number | undefined) {
  const terms = requiredTerms(pod, kind);
  const found = terms.find((term) => term.index === index) ?? terms[0];
  return { record: found?.record ?? {}, index: found?.index ?? 0 };
}

/** `app=web, tier In [a, b]`: a label selector as people read it. */
function saySelector(selector: unknown): string {
  const parts = [
    ...Object.entries(stringsAt(selector, 'matchLabels')).map(([key, value]) => `${key}=${value}`),
    ...recordsAt(selector, 'matchExpressions').map(({ record }) => sayExpression(record)),
  ];
  return parts.length === 0 ? 'any pod' : parts.join(', ');
}

/** Pods it must stand beside are on no node that it could use, or nowhere. */
export function tellPodAffinity(telling: Telling): Told {
  const { cause, load, pod, now } = telling;
  const obstacle = cause.closed.flatMap((closed) =>
    closed.obstacle?.is === 'pod-affinity' ? [closed.obstacle] : [],
  )[0];
  const { record, index } = termAt(telling, 'podAffinity', obstacle?.term);
  const path: FieldPath = ['affinity', 'podAffinity', required, index];
  const topologyKey = textAt(record, 'topologyKey') ?? '';
  const selector = at(record, 'labelSelector');
  const wanted = saySelector(selector);
  const partners = partnersOf(load, record, pod).pods;
  const code = 'pod-affinity-unsatisfied' as const;
  if (load.nodes.length > 0 && !load.nodes.some((node) => labelOf(node, topologyKey) !== undefined))
    return { code, ...unknownTopologyKey(telling, path, topologyKey) };
  if (partners.length === 0) {
    const near = nearestLabel();
    return {
      code,
      path: [...path, 'labelSelector'],
      observed: wanted,
      expected: near ?? `a running pod with ${wanted} in a namespace that the term looks into`,
      why: `its affinity demands a place beside pods with ${wanted}, and no such pod runs${near === undefined ? '' : `; there are pods with ${near}`}`,
      advice: 'Correct the labels in the affinity, or start the pods that it is to stand beside first.',
    };
  }
  const at_ = partners.flatMap((partner) => textAt(partner, 'spec', 'nodeName') ?? []);
  return {
    code,
    path,
    observed: `${wanted} per ${topologyKey}`,
    expected: `a node that can take it beside ${wanted} (they run on ${listed([...new Set(at_)])})`,
    why: `its affinity demands a place beside pods with ${wanted} (by ${topologyKey}), and the nodes where they run are not free for it`,
    advice: 'Make room where its partners run, or ask for nearness as a preference.',
    support: partners
      .slice(0, 2)
      .map((partner) => fromObject(partner, now, `it runs on node ${textAt(partner, 'spec', 'nodeName')}`)),
  };

  function nearestLabel(): string | undefined {
    for (const [key, value] of Object.entries(stringsAt(selector, 'matchLabels'))) {
      const values = (load.placed.get(pod.metadata.namespace ?? '') ?? []).flatMap(
        (other) => other.metadata.labels?.[key] ?? [],
      );
      const near = nearestName(value, [...new Set(values)].toSorted());
      if (near !== undefined && near !== value) return `${key}=${near}`;
    }
    return undefined;
  }
}

function unknownTopologyKey({ load }: Telling, path: FieldPath, topologyKey: string): Omit<Told, 'code'> {
  const keys = [...new Set(load.nodes.flatMap(({ labels }) => Object.keys(labels)))].toSorted();
  const near = nearestName(topologyKey, keys);
  return {
    path: [...path, 'topologyKey'],
    observed: topologyKey,
    expected: near ?? 'a label that nodes have (kubernetes.io/hostname, topology.kubernetes.io/zone)',
    why: `its topology key ${topologyKey} is a label that no node has${near === undefined ? '' : `; nodes have ${near}`}`,
    advice: 'Use a topology key that nodes have as a label, or label the nodes.',
  };
}

/** Pods it must not stand beside are on every node that it could use. */
export function tellAntiAffinity(telling: Telling): Told {
  const { cause, load, workload, now } = telling;
  const held = cause.closed.flatMap(({ node, obstacle }) =>
    obstacle?.is === 'pod-anti-affinity' ? [{ node, ...obstacle }] : [],
  );
  const { record, index } = termAt(telling, 'podAntiAffinity', held[0]?.term);
  const wanted = saySelector(at(record, 'labelSelector'));
  const topologyKey = textAt(record, 'topologyKey') ?? '';
  const isOwn = held.every(({ holder }) => sayRef(workloadOf(load.view, holder).ref) === sayRef(workload.ref));
  const holders = [...new Set(held.map(({ holder }) => sayRef(refOf(holder))))];
  return {
    code: 'pod-anti-affinity-conflict',
    path: ['affinity', 'podAntiAffinity', required, index],
    observed: `not beside ${wanted} per ${topologyKey}`,
    expected: isOwn
      ? `no more pods than there are usable values of ${topologyKey} (${cause.among}), or the rule as a preference`
      : `a node without ${wanted}`,
    why: `its anti-affinity forbids a place beside ${isOwn ? 'its own other pods' : 'pods'} with ${wanted} (by ${topologyKey}), and ${shareDoes(cause, 'has', 'have')} one: ${listed(holders)}`,
    advice: isOwn
      ? 'Run no more replicas than there are nodes for them, add a node, or prefer in place of require.'
      : 'Correct the anti-affinity, move the other pods, or prefer in place of require.',
    support: held
      .slice(0, 3)
      .map(({ holder, node }) =>
        fromObject(holder, now, `it stands on node ${node.metadata.name} and matches ${wanted}`),
      ),
  };
}

/** Placed pods refuse this one as a neighbour. */
export function tellForeignAntiAffinity({ cause, workload, now }: Telling): Told {
  const held = cause.closed.flatMap(({ node, obstacle }) =>
    obstacle?.is === 'foreign-anti-affinity' ? [{ node, holder: obstacle.holder }] : [],
  );
  const holders = [...new Set(held.map(({ holder }) => sayRef(refOf(holder))))];
  const [first] = held;
  const rule =
    first === undefined
      ? ''
      : saySelector(at(requiredTerms(first.holder, 'podAntiAffinity')[0]?.record, 'labelSelector'));
  return {
    code: 'pod-anti-affinity-conflict',
    object: workload.ref,
    path: workload.ref.kind === 'Pod' ? ['metadata', 'labels'] : ['spec', 'template', 'metadata', 'labels'],
    observed: `labels that the anti-affinity of ${listed(holders)} matches (${rule})`,
    expected: `labels outside ${rule}, or another anti-affinity there`,
    why: `pods on ${share(cause)} keep others with ${rule} away by their own anti-affinity: ${listed(holders)}`,
    advice: 'Change the anti-affinity of those pods, or the labels of this workload.',
    support: held
      .slice(0, 3)
      .map(({ holder, node }) =>
        fromObject(
          holder,
          now,
          `its required anti-affinity keeps pods with ${rule} away from node ${node.metadata.name}`,
        ),
      ),
  };
}

/** Its pods would be spread more unevenly than it allows. */
export function tellSpread(telling: Telling): Told {
  const { cause, podSpec, load } = telling;
  const obstacle = cause.closed.flatMap((closed) =>
    closed.obstacle?.is === 'topology-spread' ? [closed.obstacle] : [],
  );
  const constraints = hardSpreads(podSpec);
  const found = constraints.find(({ index }) => index === obstacle[0]?.constraint) ?? constraints[0];
  const path: FieldPath = ['topologySpreadConstraints', found?.index ?? 0];
  const topologyKey = textAt(found?.record, 'topologyKey') ?? '';
  const maxSkew = numberAt(found?.record, 'maxSkew') ?? 1;
  const code = 'topology-spread-unsatisfiable' as const;
  if (load.nodes.length > 0 && !load.nodes.some((node) => labelOf(node, topologyKey) !== undefined))
    return { code, ...unknownTopologyKey(telling, path, topologyKey) };
  const counts = obstacle[0]?.counts ?? [];
  const spread = counts
    .slice(0, 6)
    .map(({ domain, count }) => `${domain}=${count}`)
    .join(', ');
  const minDomains = numberAt(found?.record, 'minDomains');
  const tooFew = minDomains !== undefined && counts.length < minDomains;
  return {
    code,
    path: tooFew ? [...path, 'minDomains'] : path,
    observed: tooFew
      ? `${minDomains} (nodes make up ${counts.length}: ${spread})`
      : `maxSkew ${maxSkew} per ${topologyKey}: ${spread}`,
    expected: tooFew
      ? `at most ${counts.length}, or more values of ${topologyKey} among the nodes`
      : `a node in the emptiest place (${counts[0]?.domain ?? 'none'}) that can take the pod, a larger maxSkew, or ScheduleAnyway`,
    why: `its spread over ${topologyKey} (maxSkew ${maxSkew}${tooFew ? `, minDomains ${minDomains}` : ''}; now ${spread}) allows none of the nodes with room (${nodeNames(cause.closed)})`,
    advice: tooFew
      ? 'Lower minDomains, or add nodes with other values of the key.'
      : 'Make room in the emptiest place, raise maxSkew, or use ScheduleAnyway.',
    values: { topologyKey, maxSkew },
  };
}
