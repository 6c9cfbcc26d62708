import { recordsAt } from '../../cluster/wire.ts';
import type { AnalysisContext } from '../analysis.ts';
import { answersAbout, type MetricSeries } from '../observations.ts';
import { type Reading, readingsOf } from './series.ts';

/** A node that uses more has nothing left to give. */
export const saturatedShare = 0.95;

const recordedUse =
  /^(?:instance:node_cpu_utilisation:rate\d{1,3}[smh]|node:node_cpu_utilization:ratio_rate\d{1,3}[smh]|instance:node_cpu:ratio)$/;

/** How much of its CPU each node uses, as a share, by the node's name: from recording rules of kubernetes-mixin, or from node_cpu_seconds_total of the idle mode. */
export function nodeCpuOf(context: AnalysisContext): ReadonlyMap<string, Reading> {
  const { observations } = context;
  const idle = answersAbout(observations, 'node_cpu_seconds_total').filter(({ query }) => /mode="idle"/.test(query));
  const readings = [
    ...readingsOf(observations, recordedUse, 'gauge'),
    ...readingsOf({ ...observations, metrics: idle }, 'node_cpu_seconds_total', 'counter').map((reading): Reading => {
      const percent = reading.query.includes('100') ? 100 : 1;
      const isUse = /\b1\s*-|\b100\s*-/.test(reading.query);
      return { ...reading, value: isUse ? reading.value / percent : 1 - reading.value / percent };
    }),
  ];
  const found = new Map<string, Reading>();
  for (const reading of readings) {
    const name = nodeOfSeries(context, reading.labels);
    if (name !== undefined && reading.value >= 0 && reading.value <= 1.05) found.set(name, reading);
  }
  return found;
}

/** The node a series of node-exporter speaks of: by name, or by the address it is scraped at. */
function nodeOfSeries({ view }: AnalysisContext, labels: MetricSeries['labels']): string | undefined {
  const said = labels.node ?? labels.nodename ?? labels.instance?.replace(/:\d{1,5}$/, '');
  if (said === undefined) return undefined;
  return view
    .list('Node')
    .find(
      (node) =>
        node.metadata.name === said ||
        recordsAt(node, 'status', 'addresses').some(({ record }) => record.address === said),
    )?.metadata.name;
}
