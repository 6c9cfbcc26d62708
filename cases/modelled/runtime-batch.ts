import { coded } from './case.ts';
import { cronJob, job } from './jobs.ts';
import type { ContainerWire } from './pod-model.ts';
import { type App, alerts, app, stamped } from './recipes.ts';

const _asked = (made: App, alert = alerts.crashLooping(made, made.container)) => ({
  alert,
  namespace: made.namespace,
  object: `${made.kind}/${made.namespace}/${made.name}`,
});

/** Jobs and CronJobs. */
export const batch = {
  ...coded(
    'job-backoff-exceeded',
    {
      fails: (s, well) => {
        const { w } = s;
        const namespace = w.names.namespace();
        const name = w.names.workload();
        const container: ContainerWire = { name: 'run', image: w.names.image(name), resources: {} };
        const made = well
          ? job(w, {
              namespace,
              name,
              startedMinutesAgo: 30,
              container,
              status: { succeeded: 1, completionTime: w.iso(26) },
              conditions: [
                {
                  type: 'Complete',
                  status: 'True',
                  reason: 'CompletionsReached',
                  message: 'Reached expected number of succeeded pods',
                },
              ],
              pods: [
                {
                  minutesAgo: 30,
                  state: { is: 'terminated', end: { exitCode: 0, ranSeconds: 200, endedMinutesAgo: 26 } },
                },
              ],
            })
          : job(w, {
              namespace,
              name,
              startedMinutesAgo: 30,
              container,
              spec: { backoffLimit: 3 },
              status: { failed: 4 },
              conditions: [
                {
                  type: 'FailureTarget',
                  status: 'True',
                  reason: 'BackoffLimitExceeded',
                  message: 'Job has reached the specified backoff limit',
                },
                {
                  type: 'Failed',
                  status: 'True',
                  reason: 'BackoffLimitExceeded',
                  message: 'Job has reached the specified backoff limit',
                },
              ],
              pods: [29, 26, 22, 15].map((minutesAgo) => ({
                minutesAgo,
                state: {
                  is: 'terminated' as const,
                  end: { exitCode: 1, ranSeconds: 20, endedMinutesAgo: minutesAgo - 0.5 },
                },
              })),
              event: {
                reason: 'BackoffLimitExceeded',
                message: 'Job has reached the specified backoff limit',
                minutesAgo: 13,
              },
            });
        for (const pod of well ? [] : made.pods)
          w.log(pod, 'run', stamped(w, ['reading input', 'ValueError: row 1182 has 7 columns, expected 8'], 15));
        return {
          about: 'A Job gives up after its retries.',
          object: made.ref,
          alsoTrue: ['container-crash-looping'],
          ask: {
            alert: {
              name: 'KubeJobFailed',
              labels: { namespace, job_name: name, job: 'kube-state-metrics' },
              summary: 'Job failed to complete.',
            },
            namespace,
            object: `Job/${namespace}/${name}`,
          },
        };
      },
      'cron-job': (s, well) => {
        const { w } = s;
        const namespace = w.names.namespace();
        const name = w.names.workload();
        const container: ContainerWire = { name: 'task', image: w.names.image(name), resources: {} };
        const owner = cronJob(w, {
          namespace,
          name,
          schedule: '*/15 * * * *',
          container,
          status: { lastScheduleTime: w.iso(9), lastSuccessfulTime: w.iso(well ? 8 : 2000) },
        });
        const run = `${name}-${29_000_000 + w.random.int(1, 900_000)}`;
        job(w, {
          namespace,
          name: run,
          cronJob: owner,
          startedMinutesAgo: 9,
          container,
          spec: { backoffLimit: 1 },
          ...(well
            ? {
                status: { succeeded: 1, completionTime: w.iso(8) },
                conditions: [{ type: 'Complete', status: 'True', reason: 'CompletionsReached', message: '' }],
                pods: [
                  { minutesAgo: 9, state: { is: 'terminated' as const, end: { exitCode: 0, endedMinutesAgo: 8 } } },
                ],
              }
            : {
                status: { failed: 2 },
                conditions: [
                  {
                    type: 'Failed',
                    status: 'True',
                    reason: 'BackoffLimitExceeded',
                    message: 'Job has reached the specified backoff limit',
                  },
                ],
                pods: [9, 7].map((minutesAgo) => ({
                  minutesAgo,
                  state: {
                    is: 'terminated' as const,
                    end: { exitCode: 3, ranSeconds: 4, endedMinutesAgo: minutesAgo - 0.3 },
                  },
                })),
                event: {
                  reason: 'BackoffLimitExceeded',
                  message: 'Job has reached the specified backoff limit',
                  minutesAgo: 5,
                },
              }),
        });
        return {
          about: 'Every run of a CronJob fails.',
          object: [owner.ref, `Job ${namespace}/${run}`],
          alsoTrue: ['container-crash-looping'],
          ask: {
            alert: { name: 'KubeJobFailed', labels: { namespace, job_name: run, job: 'kube-state-metrics' } },
            namespace,
          },
        };
      },
    },
    {
      image: (s) => {
        const { w } = s;
        const namespace = w.names.namespace();
        const name = w.names.workload();
        const image = w.names.image(name);
        const error = `rpc error: code = NotFound desc = failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${image}: not found`;
        const made = job(w, {
          namespace,
          name,
          startedMinutesAgo: 30,
          container: { name: 'run', image, resources: {} },
          status: { active: 1 },
          pods: [
            {
              minutesAgo: 30,
              state: {
                is: 'waiting',
                reason: 'ImagePullBackOff',
                message: `Back-off pulling image "${image}": ErrImagePull: ${error}`,
              },
            },
          ],
        });
        return {
          about: 'A Job does not finish: its image does not exist.',
          code: 'image-pull-failed',
          object: made.ref,
          says: [image.split(':').at(-1) ?? ''],
          ask: { alert: { name: 'KubeJobNotCompleted', labels: { namespace, job_name: name } }, namespace },
        };
      },
    },
  ),
  ...coded(
    'job-deadline-exceeded',
    {
      slow: (s, well) => {
        const { w } = s;
        const namespace = w.names.namespace();
        const name = w.names.workload();
        const seconds = w.random.pick([300, 600, 900]);
        const made = well
          ? job(w, {
              namespace,
              name,
              startedMinutesAgo: 70,
              container: { name: 'run', image: w.names.image(name) },
              spec: { activeDeadlineSeconds: 7200 },
              status: { succeeded: 1, completionTime: w.iso(20) },
              conditions: [{ type: 'Complete', status: 'True', reason: 'CompletionsReached', message: '' }],
              pods: [{ minutesAgo: 70, state: { is: 'terminated', end: { exitCode: 0, endedMinutesAgo: 20 } } }],
            })
          : job(w, {
              namespace,
              name,
              startedMinutesAgo: seconds / 60 + 8,
              container: { name: 'run', image: w.names.image(name) },
              spec: { activeDeadlineSeconds: seconds },
              status: { failed: 1 },
              conditions: [
                {
                  type: 'FailureTarget',
                  status: 'True',
                  reason: 'DeadlineExceeded',
                  message: 'Job was active longer than specified deadline',
                },
                {
                  type: 'Failed',
                  status: 'True',
                  reason: 'DeadlineExceeded',
                  message: 'Job was active longer than specified deadline',
                },
              ],
              pods: [],
              event: {
                reason: 'DeadlineExceeded',
                message: 'Job was active longer than specified deadline',
                minutesAgo: 8,
              },
            });
        return {
          about: 'A Job that needs longer than its deadline.',
          object: made.ref,
          says: [String(seconds)],
          ask: {
            alert: { name: 'KubeJobFailed', labels: { namespace, job_name: name } },
            namespace,
            object: `Job/${namespace}/${name}`,
          },
        };
      },
    },
    {
      retries: (s) => {
        const { w } = s;
        const namespace = w.names.namespace();
        const name = w.names.workload();
        const made = job(w, {
          namespace,
          name,
          startedMinutesAgo: 20,
          container: { name: 'run', image: w.names.image(name) },
          spec: { activeDeadlineSeconds: 3600, backoffLimit: 0 },
          status: { failed: 1 },
          conditions: [
            {
              type: 'Failed',
              status: 'True',
              reason: 'BackoffLimitExceeded',
              message: 'Job has reached the specified backoff limit',
            },
          ],
          pods: [
            { minutesAgo: 20, state: { is: 'terminated', end: { exitCode: 1, ranSeconds: 30, endedMinutesAgo: 19 } } },
          ],
          event: {
            reason: 'BackoffLimitExceeded',
            message: 'Job has reached the specified backoff limit',
            minutesAgo: 19,
          },
        });
        return {
          about: 'It has a deadline, and failed long before it.',
          code: 'job-backoff-exceeded',
          object: made.ref,
          alsoTrue: ['container-crash-looping'],
          ask: { namespace },
        };
      },
    },
  ),
  ...coded(
    'cron-job-suspended',
    {
      forgotten: (s, well) => {
        const { w } = s;
        const namespace = w.names.namespace();
        const name = w.names.workload();
        app(w, { namespace });
        const made = cronJob(w, {
          namespace,
          name,
          schedule: '0 * * * *',
          spec: { suspend: !well },
          container: { name: 'task', image: w.names.image(name) },
          status: {
            lastScheduleTime: w.iso(well ? new Date(w.nowMs).getUTCMinutes() : 60 * 24 * 5),
            lastSuccessfulTime: w.iso(well ? Math.max(0, new Date(w.nowMs).getUTCMinutes() - 2) : 60 * 24 * 5 - 2),
          },
        });
        return {
          about: 'An hourly CronJob was suspended five days ago and nobody resumed it; an alert misses its runs.',
          object: made.ref,
          alsoTrue: ['cron-job-missed', 'recent-change'],
          ask: {
            always: true,
            alert: {
              name: 'CronJobLastSuccessTooOld',
              labels: { namespace, cronjob: name, job: 'kube-state-metrics' },
              summary: 'CronJob had no successful run for a day.',
            },
            namespace,
            object: `CronJob/${namespace}/${name}`,
          },
        };
      },
    },
    {
      missed: (s) => {
        const { w } = s;
        const namespace = w.names.namespace();
        const name = w.names.workload();
        const made = cronJob(w, {
          namespace,
          name,
          schedule: '*/5 * * * *',
          spec: { startingDeadlineSeconds: 10 },
          container: { name: 'task', image: w.names.image(name) },
          status: { lastScheduleTime: w.iso(60 * 9) },
        });
        w.event({
          object: { apiVersion: 'batch/v1', kind: 'CronJob', namespace, name, uid: made.uid },
          type: 'Warning',
          reason: 'MissSchedule',
          message: `Missed scheduled time to start a job: ${new Date(w.nowMs - 300_000).toUTCString()}`,
          component: 'cronjob-controller',
          count: 100,
          fromMinutesAgo: 59,
          toMinutesAgo: 4,
        });
        return {
          about: 'Not suspended: its runs are missed.',
          code: 'cron-job-missed',
          object: made.ref,
          ask: { namespace, object: `CronJob/${namespace}/${name}` },
        };
      },
    },
  ),
  ...coded('cron-job-missed', {
    'too-many': (s, well) => {
      const { w } = s;
      const namespace = w.names.namespace();
      const name = w.names.workload();
      app(w, { namespace });
      const made = cronJob(w, {
        namespace,
        name,
        schedule: '*/2 * * * *',
        container: { name: 'task', image: w.names.image(name) },
        status: {
          lastScheduleTime: w.iso(well ? (new Date(w.nowMs).getUTCMinutes() % 2) + 0.01 : 60 * 20),
          lastSuccessfulTime: w.iso(well ? 0.9 : 60 * 20),
        },
      });
      if (!well)
        w.event({
          object: { apiVersion: 'batch/v1', kind: 'CronJob', namespace, name, uid: made.uid },
          type: 'Warning',
          reason: 'TooManyMissedTimes',
          message: 'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew',
          component: 'cronjob-controller',
          count: 60,
          fromMinutesAgo: 59,
          toMinutesAgo: 0.4,
        });
      return {
        about: 'More than a hundred starts were missed.',
        object: made.ref,
        ask: { namespace, object: `CronJob/${namespace}/${name}` },
      };
    },
    'forbid-stuck': (s, well) => {
      const { w } = s;
      const namespace = w.names.namespace();
      const name = w.names.workload();
      const container: ContainerWire = { name: 'task', image: w.names.image(name), resources: {} };
      const run = `${name}-${29_000_000 + w.random.int(1, 900_000)}`;
      const made = cronJob(w, {
        namespace,
        name,
        schedule: '*/10 * * * *',
        spec: { concurrencyPolicy: 'Forbid' },
        container,
        status: {
          active: [{ apiVersion: 'batch/v1', kind: 'Job', namespace, name: run }],
          lastScheduleTime: w.iso(well ? 4 : 400),
        },
      });
      job(w, {
        namespace,
        name: run,
        cronJob: made,
        startedMinutesAgo: well ? 4 : 400,
        container,
        status: { active: 1, ready: 1 },
        pods: [{ minutesAgo: well ? 4 : 400, state: { is: 'running', sinceMinutesAgo: well ? 3.9 : 399 } }],
      });
      if (!well)
        w.event({
          object: { apiVersion: 'batch/v1', kind: 'CronJob', namespace, name, uid: made.uid },
          type: 'Normal',
          reason: 'JobAlreadyActive',
          message: 'Not starting job because prior execution is running and concurrency policy is Forbid',
          component: 'cronjob-controller',
          count: 39,
          fromMinutesAgo: 59,
          toMinutesAgo: 3,
        });
      return {
        about: 'A run that hangs keeps all later ones from starting.',
        object: [made.ref, `Job ${namespace}/${run}`],
        ask: { namespace },
      };
    },
  }),
};
