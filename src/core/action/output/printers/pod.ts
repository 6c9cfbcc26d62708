import { count, ratio, since, words } from '../cell.ts';
import { listAt, textAt } from '../fields.ts';
import { summarisePod } from '../pod-summary.ts';
import { columns, type Printer } from './printer.ts';

export const podPrinter: Printer = {
  columns: columns('NAME', 'READY', 'STATUS', 'RESTARTS', 'AGE', 'IP+', 'NODE+', 'NOMINATED NODE+', 'READINESS GATES+'),
  row(pod, now) {
    const { ready, containers, status, restarts, lastRestartAt } = summarisePod(pod);
    const restartCell =
      restarts === 0 || lastRestartAt === undefined
        ? count(restarts)
        : { text: `${restarts} (${since(lastRestartAt, now).text} ago)`, value: restarts };
    return [
      words(pod.metadata.name),
      ratio(ready, containers),
      words(status),
      restartCell,
      since(pod.metadata.creationTimestamp ?? '', now),
      words(textAt(listAt(pod, 'status', 'podIPs')[0], 'ip') || textAt(pod, 'status', 'podIP')),
      words(textAt(pod, 'spec', 'nodeName')),
      words(textAt(pod, 'status', 'nominatedNodeName')),
      readinessGates(pod),
    ];
  },
};

function readinessGates(pod: unknown) {
  const gates = listAt(pod, 'spec', 'readinessGates').map((gate) => textAt(gate, 'conditionType'));
  if (gates.length === 0) return words('');
  const held = listAt(pod, 'status', 'conditions')
    .filter((condition) => textAt(condition, 'status') === 'True')
    .map((condition) => textAt(condition, 'type'));
  return ratio(gates.filter((gate) => held.includes(gate)).length, gates.length);
}
