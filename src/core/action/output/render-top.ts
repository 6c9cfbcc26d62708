import type { WireObject } from '../../cluster/object.ts';
import { parseQuantity } from '../../cluster/quantity.ts';
import { type Cell, words } from './cell.ts';
import { field, listAt, textAt } from './fields.ts';
import type { ReadOutput } from './read-output.ts';
import { tableOutput } from './table.ts';

type Usage = { readonly cpu: number | undefined; readonly memory: number | undefined };

/** `kubectl top pods` from PodMetrics of `metrics.k8s.io/v1beta1`: the sum over a pod's containers. Rows: cores and bytes. */
export function renderTopPods(
  metrics: readonly WireObject[],
  options: { readonly showNamespace: boolean },
): ReadOutput {
  const headings = ['NAME', 'CPU(cores)', 'MEMORY(bytes)'];
  const rows = metrics.map((pod) => {
    const usages = listAt(pod, 'containers').map((container) => usageOf(field(container, 'usage')));
    const total = { cpu: sum(usages.map(({ cpu }) => cpu)), memory: sum(usages.map(({ memory }) => memory)) };
    const cells = [words(pod.metadata.name), cpuCell(total.cpu), memoryCell(total.memory)];
    return options.showNamespace ? [words(pod.metadata.namespace ?? ''), ...cells] : cells;
  });
  return named(tableOutput(options.showNamespace ? ['NAMESPACE', ...headings] : headings, rows));
}

/** `kubectl top nodes` from NodeMetrics; the shares are of what a node has to allocate, so they need the Node objects too. */
export function renderTopNodes(metrics: readonly WireObject[], nodes: readonly WireObject[]): ReadOutput {
  const rows = metrics.map((metric) => {
    const usage = usageOf(field(metric, 'usage'));
    const node = nodes.find((each) => each.metadata.name === metric.metadata.name);
    const allocatable = usageOf(field(node, 'status', 'allocatable'));
    return [
      words(metric.metadata.name),
      cpuCell(usage.cpu),
      shareCell(usage.cpu, allocatable.cpu),
      memoryCell(usage.memory),
      shareCell(usage.memory, allocatable.memory),
    ];
  });
  return named(tableOutput(['NAME', 'CPU(cores)', 'CPU(%)', 'MEMORY(bytes)', 'MEMORY(%)'], rows));
}

const conditionNames: ReadonlyMap<string, string> = new Map([
  ['cpucores', 'cpu'],
  ['cpu%', 'cpu%'],
  ['memorybytes', 'memory'],
  ['memory%', 'memory%'],
]);

// People ask for `memory > 500Mi`, not for `memorybytes`.
function named(output: ReadOutput): ReadOutput {
  const rename = (column: string) => conditionNames.get(column) ?? column;
  return {
    ...output,
    columns: output.columns.map(rename),
    rows: output.rows.map((row) => Object.fromEntries(Object.entries(row).map(([key, value]) => [rename(key), value]))),
  };
}

function usageOf(resources: unknown): Usage {
  return { cpu: parseQuantity(textAt(resources, 'cpu')), memory: parseQuantity(textAt(resources, 'memory')) };
}

function sum(values: readonly (number | undefined)[]): number | undefined {
  return values.reduce<number | undefined>(
    (total, value) => (total === undefined || value === undefined ? undefined : total + value),
    values.length === 0 ? undefined : 0,
  );
}

function cpuCell(cores: number | undefined): Cell {
  return cores === undefined ? words('', '<unknown>') : { text: `${Math.round(cores * 1000)}m`, value: cores };
}

function memoryCell(bytes: number | undefined): Cell {
  return bytes === undefined ? words('', '<unknown>') : { text: `${Math.floor(bytes / 2 ** 20)}Mi`, value: bytes };
}

function shareCell(part: number | undefined, whole: number | undefined): Cell {
  if (part === undefined || whole === undefined || whole === 0) return words('', '<unknown>');
  const percent = Math.floor((part / whole) * 100);
  return { text: `${percent}%`, value: percent };
}
