import { refOf, type WireObject } from '../../cluster/object.ts';
import type { EvidenceDraft } from '../../evidence/draft.ts';
import type { AnalysisContext, FindingDraft } from '../analysis.ts';
import { groupBy } from '../group-by.ts';
import { answersAbout, type MetricSeries, newestOf, type Probe } from '../observations.ts';
import { fromMetric, fromObject } from '../support.ts';
import { nodeOfSeries } from './node-of-series.ts';
import { unwellPodsOn } from './pods-of-node.ts';

/** One packet in a hundred lost is felt by every TCP connection (the rules of the node-exporter mixin, NodeNetworkReceiveErrs, use the same share). */
const lossShare = 0.01;
/** A node is slow when its round trips take both this long and several times those of the other nodes. */
const slowSeconds = 0.05;
const slowTimes = 5;

const lossMetrics =
  /(?:packet|probe|ping|icmp|network|net)_?.*(?:loss|lost)|(?:loss|lost)_(?:ratio|percent|packets)|^node_network_(?:receive|transmit)_(?:errs|drop)_total$|tcp_retrans|TcpExt?_RetransSegs|Tcp_RetransSegs/i;
const delayMetrics =
  /(?:rtt|round_?trip|ping|icmp|probe|network|tcp_connect|peer).*(?:seconds|latency|duration|delay|rtt|ms|milliseconds)/i;
const unrelated = /^(?:apiserver|etcd_disk|probe_ssl|prober|kubelet|scheduler|workqueue|rest_client)_/;

type Sign = {
  readonly node: WireObject;
  readonly observed: string;
  readonly expected: string;
  readonly evidence: EvidenceDraft;
};

/** Nodes whose network loses or delays packets, by metrics and connectivity checks that name the node, compared with the other nodes. */
export function networkDegradedNodes(context: AnalysisContext): readonly FindingDraft[] {
  const signs = [...lossSigns(context), ...delaySigns(context), ...probeSigns(context)];
  return groupBy(signs, ({ node }) => node.metadata.name).map(([first, ...more]) => draft(context, first, more));
}

function lossSigns(context: AnalysisContext): readonly Sign[] {
  return answersAbout(context.observations, lossMetrics).flatMap((answer) => {
    const isCounter = /_total|_RetransSegs|OutSegs/i.test(answer.query);
    // A bare counter says nothing of now; a rate of errors needs its rate of packets: only shares are compared.
    if (isCounter && !(/rate\(|increase\(/.test(answer.query) && /\//.test(answer.query))) return [];
    const isPercent = /percent|\*\s*100/.test(answer.query);
    return answer.series.flatMap((series): Sign[] => {
      const node = nodeOfSeries(context.view, series.labels);
      const value = newestOf(series);
      const share = value === undefined ? undefined : isPercent ? value / 100 : value;
      if (node === undefined || share === undefined || share < lossShare || share > 1) return [];
      const observed = `${Math.round(share * 1000) / 10} % of packets lost`;
      return [
        {
          node,
          observed,
          expected: `less than ${lossShare * 100} % lost`,
          evidence: metric(context, node, answer.query, observed, series),
        },
      ];
    });
  });
}

function delaySigns(context: AnalysisContext): readonly Sign[] {
  return answersAbout(context.observations, delayMetrics).flatMap((answer) => {
    if (unrelated.test(answer.query.replace(/^\W*(?:[a-z_]+\s*\(\s*)*/, '')) || /_total\b(?!.*rate)/.test(answer.query))
      return [];
    const unit = /milliseconds|_ms\b/.test(answer.query) ? 1000 : 1;
    const values = answer.series.flatMap((series) => {
      const node = nodeOfSeries(context.view, series.labels);
      const value = newestOf(series);
      return node === undefined || value === undefined ? [] : [{ node, series, seconds: value / unit }];
    });
    const pairs = pairsOf(context, answer.series, unit);
    if (pairs.length > 0) return slowByPairs(context, answer.query, pairs);
    return values.flatMap(({ node, series, seconds }): Sign[] => {
      const others = values
        .filter((other) => other.node !== node)
        .map((other) => other.seconds)
        .toSorted((a, b) => a - b);
      const median = others[Math.floor(others.length / 2)];
      if (median === undefined || seconds < slowSeconds || seconds < slowTimes * median) return [];
      const observed = `round trips of ${Math.round(seconds * 1000)} ms, other nodes ${Math.round(median * 10_000) / 10} ms`;
      return [
        {
          node,
          observed,
          expected: `about ${Math.round(median * 10_000) / 10} ms`,
          evidence: metric(context, node, answer.query, observed, series),
        },
      ];
    });
  });
}

type Pair = {
  readonly from: WireObject;
  readonly to: WireObject;
  readonly seconds: number;
  readonly series: MetricSeries;
};

const peerLabels = [
  'target',
  'peer',
  'destination',
  'dest',
  'remote',
  'to',
  'target_node',
  'destination_node',
] as const;

/** Round trips that name the node at either end. */
function pairsOf({ view }: AnalysisContext, all: readonly MetricSeries[], unit: number): readonly Pair[] {
  return all.flatMap((series): Pair[] => {
    const from = nodeOfSeries(view, series.labels);
    const value = newestOf(series);
    if (from === undefined || value === undefined) return [];
    return peerLabels.flatMap((label): Pair[] => {
      const named = Object.hasOwn(series.labels, label) ? series.labels[label] : undefined;
      const to = named === undefined ? undefined : nodeOfSeries(view, { node: named });
      return to === undefined || to === from ? [] : [{ from, to, seconds: value / unit, series }];
    });
  });
}

/** A way is as slow as the slower of its ends: the node is the one whose ways are all slow, while those that do not touch it are not. */
function slowByPairs(context: AnalysisContext, query: string, pairs: readonly Pair[]): readonly Sign[] {
  const nodes = new Map(pairs.flatMap(({ from, to }) => [from, to]).map((node) => [node.metadata.name, node]));
  return [...nodes.values()].flatMap((node): Sign[] => {
    const own = pairs.filter(({ from, to }) => from === node || to === node);
    const others = pairs
      .filter((pair) => !own.includes(pair))
      .map(({ seconds }) => seconds)
      .toSorted((a, b) => a - b);
    const median = others[Math.floor(others.length / 2)];
    const [slowest] = own.toSorted((a, b) => b.seconds - a.seconds);
    const isSlow = ({ seconds }: Pair) =>
      median !== undefined && seconds >= slowSeconds && seconds >= slowTimes * median;
    if (median === undefined || slowest === undefined || own.length < 2 || !own.every(isSlow)) return [];
    const observed = `round trips of up to ${Math.round(slowest.seconds * 1000)} ms from and to it, ${Math.round(median * 10_000) / 10} ms between other nodes`;
    return [
      {
        node,
        observed,
        expected: `about ${Math.round(median * 10_000) / 10} ms`,
        evidence: metric(context, node, query, observed, slowest.series),
      },
    ];
  });
}

/** Checks from or to a node's own name of which most fail, while those between other nodes succeed. */
function probeSigns(context: AnalysisContext): readonly Sign[] {
  const nodes = new Map(context.scope.list('Node').map((node) => [node.metadata.name, node]));
  const concerns = (probe: Probe, name: string) => probe.from === name || probe.host === name;
  const told = context.observations.probes.filter(
    ({ ok, from, host }) => ok !== null && (nodes.has(from) || nodes.has(host)),
  );
  return [...nodes].flatMap(([name, node]): Sign[] => {
    const own = told.filter((probe) => concerns(probe, name));
    const failed = own.filter(({ ok }) => ok === false);
    const others = told.filter((probe) => !concerns(probe, name));
    if (
      failed.length < 2 ||
      failed.length < own.length / 2 ||
      others.length === 0 ||
      others.some(({ ok }) => ok === false)
    )
      return [];
    const observed = `${failed.length} of ${own.length} connectivity checks from or to it fail`;
    return [
      {
        node,
        observed,
        expected: 'checks that succeed, as between the other nodes',
        evidence: {
          kind: 'metric',
          source: 'connectivity checks',
          object: refOf(node),
          at: context.now,
          summary: `Node ${name}: ${observed}`,
          from: failed,
        },
      },
    ];
  });
}

function draft(context: AnalysisContext, first: Sign, more: readonly Sign[]): FindingDraft {
  const { node, observed, expected } = first;
  const { name } = node.metadata;
  return {
    code: 'node-network-degraded',
    object: refOf(node),
    summary: `The network of node ${name} is degraded: ${[first, ...more.slice(0, 2)].map((sign) => sign.observed).join('; ')}.`,
    cause: { path: 'network of the host', observed, expected },
    recommendation: {
      text: 'Look at the network interface, its driver and queue disciplines (tc), and the switch or virtual network of this host; move what must not wait to other nodes meanwhile.',
      values: { node: name },
    },
    support: [
      first.evidence,
      ...more.slice(0, 3).map(({ evidence }) => evidence),
      fromObject(node, context.now, 'is the node whose network was measured'),
    ],
    grounds: { basis: 'stated', current: true, repeated: more.length > 0 },
    pods: unwellPodsOn(context, name),
    affects: [refOf(node)],
  };
}

function metric(context: AnalysisContext, node: WireObject, query: string, fact: string, from: unknown): EvidenceDraft {
  return fromMetric(refOf(node), context.now, query, `Node ${node.metadata.name}: ${fact}`, from);
}
