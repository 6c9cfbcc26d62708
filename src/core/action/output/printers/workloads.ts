import { type Cell, count, ratio, since, words } from '../cell.ts';
import { conditionOf, field, fieldsAt, listAt, numberAt, textAt } from '../fields.ts';
import { humanDuration } from '../human-duration.ts';
import { labelsText, selectorText } from '../selector-text.ts';
import { columns, type Printer } from './printer.ts';

const wideColumns = ['CONTAINERS+', 'IMAGES+', 'SELECTOR+'];

function containerCells(podSpec: unknown): Cell[] {
  const containers = listAt(podSpec, 'containers');
  const join = (key: string) => words(containers.map((container) => textAt(container, key)).join(','), '');
  return [join('name'), join('image')];
}

function templateCells(object: unknown): Cell[] {
  return [
    ...containerCells(field(object, 'spec', 'template', 'spec')),
    words(selectorText(field(object, 'spec', 'selector'))),
  ];
}

export const deploymentPrinter: Printer = {
  columns: columns('NAME', 'READY', 'UP-TO-DATE', 'AVAILABLE', 'AGE', ...wideColumns),
  row: (object, now) => [
    words(object.metadata.name),
    ratio(numberAt(object, 'status', 'readyReplicas'), numberAt(object, 'spec', 'replicas') ?? 1),
    count(numberAt(object, 'status', 'updatedReplicas')),
    count(numberAt(object, 'status', 'availableReplicas')),
    since(object.metadata.creationTimestamp ?? '', now),
    ...templateCells(object),
  ],
};

export const replicaSetPrinter: Printer = {
  columns: columns('NAME', 'DESIRED', 'CURRENT', 'READY', 'AGE', ...wideColumns),
  row: (object, now) => [
    words(object.metadata.name),
    count(numberAt(object, 'spec', 'replicas') ?? 1),
    count(numberAt(object, 'status', 'replicas')),
    count(numberAt(object, 'status', 'readyReplicas')),
    since(object.metadata.creationTimestamp ?? '', now),
    ...templateCells(object),
  ],
};

export const statefulSetPrinter: Printer = {
  columns: columns('NAME', 'READY', 'AGE', 'CONTAINERS+', 'IMAGES+'),
  row: (object, now) => [
    words(object.metadata.name),
    ratio(numberAt(object, 'status', 'readyReplicas'), numberAt(object, 'spec', 'replicas') ?? 1),
    since(object.metadata.creationTimestamp ?? '', now),
    ...containerCells(field(object, 'spec', 'template', 'spec')),
  ],
};

export const daemonSetPrinter: Printer = {
  columns: columns(
    ...['NAME', 'DESIRED', 'CURRENT', 'READY', 'UP-TO-DATE', 'AVAILABLE', 'NODE SELECTOR', 'AGE'],
    ...wideColumns,
  ),
  row: (object, now) => [
    words(object.metadata.name),
    count(numberAt(object, 'status', 'desiredNumberScheduled')),
    count(numberAt(object, 'status', 'currentNumberScheduled')),
    count(numberAt(object, 'status', 'numberReady')),
    count(numberAt(object, 'status', 'updatedNumberScheduled')),
    count(numberAt(object, 'status', 'numberAvailable')),
    words(labelsText(fieldsAt(object, 'spec', 'template', 'spec', 'nodeSelector'))),
    since(object.metadata.creationTimestamp ?? '', now),
    ...templateCells(object),
  ],
};

const jobStates = [
  ['Complete', 'Complete'],
  ['Failed', 'Failed'],
  ['Suspended', 'Suspended'],
  ['FailureTarget', 'FailureTarget'],
  ['SuccessCriteriaMet', 'SuccessCriteriaMet'],
] as const;

export const jobPrinter: Printer = {
  columns: columns('NAME', 'STATUS', 'COMPLETIONS', 'DURATION', 'AGE', ...wideColumns),
  row: (object, now) => [
    words(object.metadata.name),
    words(jobStatus(object)),
    completions(object),
    jobDuration(object, now),
    since(object.metadata.creationTimestamp ?? '', now),
    ...templateCells(object),
  ],
};

function jobStatus(job: unknown): string {
  const holds = (type: string) => textAt(conditionOf(job, type), 'status') === 'True';
  const finished = holds('Complete') || holds('Failed');
  if (!finished && field(job, 'metadata', 'deletionTimestamp') !== undefined) return 'Terminating';
  return jobStates.find(([type]) => holds(type))?.[1] ?? 'Running';
}

function completions(job: unknown): Cell {
  const succeeded = numberAt(job, 'status', 'succeeded') ?? 0;
  const wanted = numberAt(job, 'spec', 'completions');
  if (wanted !== undefined) return ratio(succeeded, wanted);
  const parallelism = numberAt(job, 'spec', 'parallelism') ?? 0;
  return words(parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`);
}

function jobDuration(job: unknown, now: Date): Cell {
  const startedAt = Date.parse(textAt(job, 'status', 'startTime'));
  if (Number.isNaN(startedAt)) return words('', '');
  const completedAt = Date.parse(textAt(job, 'status', 'completionTime'));
  const ms = (Number.isNaN(completedAt) ? now.getTime() : completedAt) - startedAt;
  return { text: humanDuration(ms), value: Math.max(0, Math.trunc(ms / 1000)) };
}

export const cronJobPrinter: Printer = {
  columns: columns(
    ...['NAME', 'SCHEDULE', 'TIMEZONE', 'SUSPEND', 'ACTIVE', 'LAST SCHEDULE', 'AGE'],
    ...['CONTAINERS+', 'IMAGES+'],
  ),
  row: (object, now) => [
    words(object.metadata.name),
    words(textAt(object, 'spec', 'schedule')),
    words(textAt(object, 'spec', 'timeZone')),
    words(field(object, 'spec', 'suspend') === true ? 'True' : 'False'),
    count(listAt(object, 'status', 'active').length),
    field(object, 'status', 'lastScheduleTime') === undefined
      ? words('')
      : since(textAt(object, 'status', 'lastScheduleTime'), now),
    since(object.metadata.creationTimestamp ?? '', now),
    ...containerCells(field(object, 'spec', 'jobTemplate', 'spec', 'template', 'spec')),
  ],
};

export const hpaPrinter: Printer = {
  columns: columns('NAME', 'REFERENCE', 'MINPODS', 'MAXPODS', 'REPLICAS', 'AGE'),
  row: (object, now) => [
    words(object.metadata.name),
    words(`${textAt(object, 'spec', 'scaleTargetRef', 'kind')}/${textAt(object, 'spec', 'scaleTargetRef', 'name')}`),
    count(numberAt(object, 'spec', 'minReplicas') ?? 1),
    count(numberAt(object, 'spec', 'maxReplicas')),
    count(numberAt(object, 'status', 'currentReplicas')),
    since(object.metadata.creationTimestamp ?? '', now),
  ],
};
