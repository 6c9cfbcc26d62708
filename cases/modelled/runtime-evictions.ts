import { coded } from './case.ts';
import { type App, alerts, app, serving } from './recipes.ts';

const asked = (made: App, alert = alerts.crashLooping(made, made.container)) => ({
  alert,
  namespace: made.namespace,
  object: `${made.kind}/${made.namespace}/${made.name}`,
});

/** Evictions. */
export const evictions = coded(
  'pod-evicted',
  {
    'own-usage': (s, well) => {
      const { w } = s;
      const made = app(w, {
        pod: { volumes: [{ name: 'cache', emptyDir: { sizeLimit: '500Mi' } }] },
        container: { volumeMounts: [{ name: 'cache', mountPath: '/cache' }] },
      });
      if (!well && made.model !== undefined) {
        const revision = made.model.revisions.at(-1);
        for (let index = 0; index < 3 && revision !== undefined; index++) {
          const gone = w.addPod({
            namespace: made.namespace,
            name: `${revision.owner.name}-${w.random.suffix(5)}`,
            owner: revision.owner,
            labels: made.pod.labels,
            spec: made.pod.spec,
            createdMinutesAgo: 40 - index * 12,
          });
          gone.phase = 'Failed';
          gone.reason = 'Evicted';
          gone.message = 'Usage of EmptyDir volume "cache" exceeds the limit "500Mi". ';
          gone.events.push({
            type: 'Warning',
            reason: 'Evicted',
            message: 'Usage of EmptyDir volume "cache" exceeds the limit "500Mi". ',
            fromMinutesAgo: 30 - index * 12,
            toMinutesAgo: 30 - index * 12,
          });
          revision.pods.push(gone);
        }
      }
      return {
        about: 'Evicted again and again: its scratch volume outgrows its limit.',
        object: made.ref,
        says: ['cache'],
        alsoTrue: serving,
        ask: asked(made, alerts.mismatch(made)),
      };
    },
  },
  {
    'node-disk': (s) => {
      const { w } = s;
      const node = w.workers[1];
      if (node === undefined) throw new RangeError('no worker');
      const message =
        'The node was low on resource: ephemeral-storage. Threshold quantity: 15351245056, available: 9806456Ki. ';
      node.conditions.set('DiskPressure', {
        status: 'True',
        reason: 'KubeletHasDiskPressure',
        message: 'kubelet has disk pressure',
        minutesAgo: 14,
      });
      node.taints.push({ key: 'node.kubernetes.io/disk-pressure', effect: 'NoSchedule', timeAdded: w.iso(14) });
      const made = app(w, {});
      const revision = made.model?.revisions.at(-1);
      for (let index = 0; index < 2 && revision !== undefined; index++) {
        const gone = w.addPod({
          namespace: made.namespace,
          name: `${revision.owner.name}-${w.random.suffix(5)}`,
          owner: revision.owner,
          labels: made.pod.labels,
          spec: made.pod.spec,
          node: node.name,
          createdMinutesAgo: 900,
        });
        gone.phase = 'Failed';
        gone.reason = 'Evicted';
        gone.message = message;
        gone.events.push({ type: 'Warning', reason: 'Evicted', message, fromMinutesAgo: 12, toMinutesAgo: 12 });
        revision.pods.push(gone);
      }
      w.event({
        object: { apiVersion: 'v1', kind: 'Node', name: node.name, uid: node.name },
        type: 'Warning',
        reason: 'EvictionThresholdMet',
        message: 'Attempting to reclaim ephemeral-storage',
        component: 'kubelet',
        host: node.name,
        count: 30,
        fromMinutesAgo: 14,
        toMinutesAgo: 0.5,
      });
      return {
        about: 'The node is short of disk; the pods are its victims.',
        code: 'node-disk-pressure',
        object: `Node ${node.name}`,
        alsoTrue: ['pod-evicted', ...serving],
        ask: { object: `Node/${node.name}` },
      };
    },
  },
);
