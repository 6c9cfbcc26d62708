import type { CaseContext } from './case-context.ts';
import { object } from './manifests.ts';

/** Once a day, at this very minute: a CronJob made now is not due before the capture. */
export function dailyNow(): string {
  const now = new Date();
  return `${now.getUTCMinutes()} ${now.getUTCHours()} * * *`;
}

/** A run of a CronJob as its controller makes it at its time: the Job with its owner, and the time in the status. Returns the Job's name. */
export async function runOnSchedule(c: CaseContext, cronJob: string): Promise<string> {
  const { metadata, spec = {} } = await c.get('CronJob', cronJob);
  const { spec: jobSpec } = spec.jobTemplate as { spec: object };
  const name = `${cronJob}-${Math.floor(Date.now() / 60_000)}`;
  const taken = await c.lab.admin.request('GET', `/apis/batch/v1/namespaces/${c.ns}/jobs/${name}`);
  const own = taken.status === 200 ? `${name}1` : name;
  const scheduled = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  const owner = {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    name: cronJob,
    uid: metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
  await c.apply(
    object(
      'batch/v1',
      'Job',
      own,
      { spec: jobSpec },
      { annotations: { 'batch.kubernetes.io/cronjob-scheduled-timestamp': scheduled }, ownerReferences: [owner] },
    ),
  );
  await c.patch(
    'CronJob',
    cronJob,
    { status: { lastScheduleTime: scheduled } },
    { subresource: 'status', manager: 'kube-controller-manager' },
  );
  return own;
}
