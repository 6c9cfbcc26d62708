import { eventPrinter } from './event.ts';
import {
  claimPrinter,
  configMapPrinter,
  genericPrinter,
  namespacePrinter,
  nodePrinter,
  servicePrinter,
} from './infrastructure.ts';
import { podPrinter } from './pod.ts';
import type { Printer } from './printer.ts';
import {
  cronJobPrinter,
  daemonSetPrinter,
  deploymentPrinter,
  hpaPrinter,
  jobPrinter,
  replicaSetPrinter,
  statefulSetPrinter,
} from './workloads.ts';

const printers: ReadonlyMap<string, Printer> = new Map([
  ['Pod', podPrinter],
  ['Deployment', deploymentPrinter],
  ['ReplicaSet', replicaSetPrinter],
  ['StatefulSet', statefulSetPrinter],
  ['DaemonSet', daemonSetPrinter],
  ['Job', jobPrinter],
  ['CronJob', cronJobPrinter],
  ['HorizontalPodAutoscaler', hpaPrinter],
  ['Node', nodePrinter],
  ['Service', servicePrinter],
  ['Namespace', namespacePrinter],
  ['PersistentVolumeClaim', claimPrinter],
  ['ConfigMap', configMapPrinter],
  ['Event', eventPrinter],
]);

/** The printer of a kind; name and age for every kind that has none of its own. */
export function printerOf(kind: string): Printer {
  return printers.get(kind) ?? genericPrinter;
}
