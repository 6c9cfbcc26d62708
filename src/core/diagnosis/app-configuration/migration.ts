import { refOf, sayRef, type WireObject } from '../../cluster/object.ts';
import { conditionOf } from '../../cluster/pod.ts';
import { podSpecOf } from '../../cluster/pod-spec.ts';
import { booleanAt, listAt, parseTime, recordsAt, textAt, timeAt } from '../../cluster/wire.ts';
import { templateContainersOf } from '../../cluster/workload.ts';
import { differingPart } from '../image-name.ts';
import { oneLine } from '../present-events.ts';
import { fromObject } from '../support.ts';
import type { Complaint, ConfigurationContext } from './complaints.ts';
import type { Conclusion } from './grounds.ts';

const migrationWords =
  /migrat|flyway|liquibase|alembic|(?:^|[-_])(?:schema|db-?(?:init|setup|upgrade|update)|init-?db)(?:[-_]|$)|prisma|sqitch|goose/i;

/** How the Job that changes the schema fared. */
type Migration = {
  readonly job: WireObject;
  readonly is: 'failed' | 'suspended' | 'running' | 'done' | 'older-version';
};

/** `migration-missing`: a process misses a table or column of its own schema. Surer when the Job that would make it failed, or ran for another version. */
export function migrationsThatAreMissing(
  context: ConfigurationContext,
  complaints: readonly Complaint[],
): readonly Conclusion[] {
  return complaints.flatMap((complaint): Conclusion[] => {
    if (
      complaint.kind !== 'schema-missing' ||
      (complaint.speaker.settings.addresses.length === 0 && complaint.speaker.settings.secrets.length === 0)
    )
      return [];
    const { speaker, lines } = complaint;
    const line = lines.at(-1) ?? lines[0];
    const { table, column, plain } = line.sign.named;
    const what =
      table !== undefined
        ? `table ${oneLine(table, 80)}`
        : column !== undefined || plain !== undefined
          ? `column ${oneLine(column ?? plain ?? '', 80)}`
          : 'a migration';
    const migration = migrationOf(context, speaker.workload.ref.namespace, complaint);
    const { text, basis } = judge(migration);
    return [
      {
        code: 'migration-missing',
        object: speaker.workload.ref,
        summary: `Container ${speaker.status.name} of ${sayRef(speaker.workload.ref)} misses ${what} in its database${text}.`,
        cause: {
          path: `${speaker.declared.path}.image`,
          observed: `${what} does not exist`,
          expected:
            migration === undefined
              ? 'a schema that this version was made for'
              : `${sayRef(refOf(migration.job))} succeeds for this version first`,
        },
        recommendation: {
          text:
            migration === undefined
              ? 'Run the migrations of this version, or go back to the version that fits the schema.'
              : `Get ${sayRef(refOf(migration.job))} to succeed for this version.`,
        },
        speaker,
        complaint,
        line: line.text,
        times: lines.length,
        basis,
        facts: migration === undefined ? [] : [fromObject(migration.job, context.now, `it is ${migration.is}`)],
      },
    ];
  });
}

function judge(migration: Migration | undefined): { text: string; basis: Conclusion['basis'] } {
  if (migration === undefined) return { text: '', basis: 'likely' };
  const name = sayRef(refOf(migration.job));
  switch (migration.is) {
    case 'failed':
      return { text: `: ${name} failed`, basis: 'stated' };
    case 'suspended':
      return { text: `: ${name} is suspended`, basis: 'stated' };
    case 'older-version':
      return { text: `: ${name} ran for another version`, basis: 'stated' };
    case 'running':
      return { text: `: ${name} has not ended yet`, basis: 'likely' };
    case 'done':
      // It ended well, and the table is missing nonetheless: perhaps another database.
      return { text: `, although ${name} succeeded`, basis: 'inferred' };
    default:
      return migration.is satisfies never;
  }
}

function migrationOf(
  { view }: ConfigurationContext,
  namespace: string | undefined,
  { speaker }: Complaint,
): Migration | undefined {
  const jobs = view
    .list('Job', namespace)
    .filter(isMigration)
    .toSorted((a, b) => startOf(b) - startOf(a) || (a.metadata.name < b.metadata.name ? -1 : 1));
  const image = textAt(speaker.declared.record, 'image');
  const related = jobs.filter(
    (job) => image !== undefined && imagesOf(job).some((one) => differingPart(one, image) === 'tag' || one === image),
  );
  const workload = speaker.workload.ref.name;
  const [job] =
    related.length > 0 ? related : jobs.filter(({ metadata }) => jobs.length === 1 || metadata.name.includes(workload));
  if (job === undefined) return undefined;
  if (conditionOf(job, 'Failed')?.status === 'True') return { job, is: 'failed' };
  if (booleanAt(job, 'spec', 'suspend') === true) return { job, is: 'suspended' };
  if (conditionOf(job, 'Complete')?.status !== 'True') return { job, is: 'running' };
  return {
    job,
    is: related.includes(job) && image !== undefined && !imagesOf(job).includes(image) ? 'older-version' : 'done',
  };
}

function isMigration(job: WireObject): boolean {
  if (migrationWords.test(job.metadata.name)) return true;
  return recordsAt(podSpecOf(job), 'containers').some(({ record }) =>
    [...listAt(record, 'command'), ...listAt(record, 'args')].some(
      (word) => typeof word === 'string' && migrationWords.test(word.slice(0, 500)),
    ),
  );
}

function startOf(job: WireObject): number {
  return timeAt(job, 'status', 'startTime') ?? parseTime(job.metadata.creationTimestamp) ?? 0;
}

function imagesOf(job: WireObject): readonly string[] {
  return templateContainersOf(job).flatMap(({ image }) => image ?? []);
}
