import { refOf, type WireObject } from '../../cluster/object.ts';
import { recordsAt, textAt, timeAt } from '../../cluster/wire.ts';
import type { EvidenceDraft } from '../../evidence/draft.ts';
import type { AnalysisContext, FindingDraft } from '../analysis.ts';
import { groupBy } from '../group-by.ts';
import { answersAbout, newestOf } from '../observations.ts';
import { fromMetric, fromObject } from '../support.ts';
import { nodeOfSeries } from './node-of-series.ts';

/** What kube-prometheus calls skewed: 50 ms (rule NodeClockSkewDetected of the node-exporter mixin). */
const skewedSeconds = 0.05;
/** The API server writes whole seconds, and a request may wait: only more than this between two clocks is told from objects alone. */
const leaseSkewMs = 5_000;

type Skew = {
  readonly node: WireObject;
  readonly observed: string;
  readonly seconds: number | undefined;
  readonly evidence: EvidenceDraft;
};

/**
 * Nodes whose clock is off: by node-exporter's offset, by its "not synchronised", or by a lease that the kubelet stamped with another time than the API server, which
 * noted its own in managedFields of the same write.
 */
export function skewedNodes(context: AnalysisContext): readonly FindingDraft[] {
  const found = [...byOffset(context), ...byTimeOfDay(context), ...bySync(context), ...byLease(context)];
  return groupBy(found, ({ node }) => node.metadata.name).map(([first, ...more]) => draft(context, first, more));
}

function byOffset(context: AnalysisContext): readonly Skew[] {
  return answersAbout(
    context.observations,
    /^(?:node_timex_offset_seconds|node_ntp_offset_seconds|chrony_tracking_(?:last_offset|system_time)_seconds)$/,
  ).flatMap(({ query, series }) =>
    series.flatMap((one): Skew[] => {
      const node = nodeOfSeries(context.view, one.labels);
      const value = newestOf(one);
      // A comparison or a count of nodes is no offset.
      if (node === undefined || value === undefined || Math.abs(value) <= skewedSeconds || Math.abs(value) > 1e7)
        return [];
      const observed = `${value > 0 ? '+' : ''}${round(value)} s`;
      return [
        { node, observed, seconds: value, evidence: metric(context, node, query, `clock offset ${observed}`, one) },
      ];
    }),
  );
}

/** `node_time_seconds` beside the time of the scrape: a scrape takes a moment, so only seconds count. */
function byTimeOfDay(context: AnalysisContext): readonly Skew[] {
  return answersAbout(context.observations, 'node_time_seconds').flatMap(({ query, series }) =>
    /time(?:stamp)?\s*\(/.test(query.replaceAll('node_time_seconds', ''))
      ? series.flatMap((one): Skew[] => {
          const node = nodeOfSeries(context.view, one.labels);
          const value = newestOf(one);
          if (
            node === undefined ||
            value === undefined ||
            Math.abs(value) <= leaseSkewMs / 1000 ||
            Math.abs(value) > 1e8
          )
            return [];
          const observed = `${round(Math.abs(value))} s away from the time of the scrape`;
          return [
            { node, observed, seconds: value, evidence: metric(context, node, query, `time of day ${observed}`, one) },
          ];
        })
      : [],
  );
}

function bySync(context: AnalysisContext): readonly Skew[] {
  return answersAbout(context.observations, 'node_timex_sync_status').flatMap(({ query, series }) =>
    series.flatMap((one): Skew[] => {
      const node = nodeOfSeries(context.view, one.labels);
      if (node === undefined || newestOf(one) !== 0 || !isPlain(query)) return [];
      return [
        {
          node,
          observed: 'not synchronised',
          seconds: undefined,
          evidence: metric(context, node, query, 'its clock is not synchronised (node_timex_sync_status 0)', one),
        },
      ];
    }),
  );
}

function byLease({ view, scope, now }: AnalysisContext): readonly Skew[] {
  const leases = new Map(view.list('Lease', 'kube-node-lease').map((lease) => [lease.metadata.name, lease]));
  return scope.list('Node').flatMap((node): Skew[] => {
    const lease = leases.get(node.metadata.name);
    const byKubelet = timeAt(lease, 'spec', 'renewTime');
    const byServer = recordsAt(lease, 'metadata', 'managedFields')
      .filter(({ record }) => /^kubelet/.test(textAt(record, 'manager') ?? ''))
      .flatMap(({ record }) => timeAt(record, 'time') ?? []);
    if (lease === undefined || byKubelet === undefined || byServer.length !== 1) return [];
    const skewMs = byKubelet - (byServer[0] ?? byKubelet);
    if (Math.abs(skewMs) <= leaseSkewMs) return [];
    const observed = `${skewMs > 0 ? '+' : ''}${Math.round(skewMs / 1000)} s against the API server`;
    return [
      {
        node,
        observed,
        seconds: skewMs / 1000,
        evidence: fromObject(lease, now, `the kubelet wrote ${new Date(byKubelet).toISOString()}, ${observed}`),
      },
    ];
  });
}

function draft(context: AnalysisContext, first: Skew, more: readonly Skew[]): FindingDraft {
  const { node, observed } = first;
  const { name } = node.metadata;
  const isLarge = [first, ...more].some(({ seconds }) => seconds !== undefined && Math.abs(seconds) > 1);
  return {
    code: 'node-clock-skewed',
    object: refOf(node),
    summary: `The clock of node ${name} is off: ${observed}. Certificates, tokens, leases and time series of this node are judged by the wrong time.`,
    cause: { path: 'clock of the host', observed, expected: `less than ${skewedSeconds} s, synchronised` },
    recommendation: {
      text: 'Look at the time service of the host (chrony, systemd-timesyncd, ntpd) and at its way to the time servers.',
      values: { node: name },
    },
    support: [
      first.evidence,
      ...more.map(({ evidence }) => evidence),
      fromObject(node, context.now, 'is the node whose clock was measured'),
    ],
    grounds: { basis: 'stated', current: true, repeated: isLarge || more.length > 0 },
    pods: [],
    affects: [refOf(node)],
  };
}

function metric(context: AnalysisContext, node: WireObject, query: string, fact: string, from: unknown): EvidenceDraft {
  return fromMetric(refOf(node), context.now, query, `Node ${node.metadata.name}: ${fact}`, from);
}

function isPlain(query: string): boolean {
  return !/[<>=!]=?\s*\d|\bcount\b|\bsum\b/.test(query);
}

function round(value: number): number {
  return Math.abs(value) >= 10 ? Math.round(value) : Math.round(value * 1000) / 1000;
}
