import { controlPlaneNode } from '../base-system.ts';
import type { CaseContext, CaseDefinition } from '../case-context.ts';
import { object, workload } from '../manifests.ts';
import type { KubeObject } from '../wire.ts';

type Component = 'kube-scheduler' | 'kube-controller-manager';

/** How a component that is not there can be named: by its static pod, a workload, or what else stands for it. */
const named = (component: Component) => [
  `Pod kube-system/${component}-${controlPlaneNode}`,
  `Deployment kube-system/${component}`,
  `Lease kube-system/${component}`,
  `Pod kube-system/${component}`,
  `ComponentStatus ${component === 'kube-scheduler' ? 'scheduler' : 'controller-manager'}`,
];

export const controlPlane: readonly CaseDefinition[] = [
  {
    name: 'scheduler-not-running-unmanaged',
    system: true,
    about:
      'Nobody schedules: the pods have neither node nor condition nor event. The control plane itself cannot be seen.',
    run: async (c) => {
      await c.runs('Deployment', 'portal', { replicas: 2 });
      await c.past({ hours: 90 });
      await down(c, 'kube-scheduler');
      await c.apply(
        workload('Deployment', 'checkout', { replicas: 3 }),
        workload('StatefulSet', 'carts', { replicas: 1 }),
      );
      await c.podsOf('checkout', 3);
      await c.podsOf('carts', 1);
      return {
        code: 'scheduler-not-running',
        object: named('kube-scheduler'),
        alsoTrue: ['rollout-stuck', 'service-no-ready-endpoints'],
      };
    },
  },
  {
    name: 'scheduler-not-running-crashing',
    system: true,
    about: "The scheduler's static pod crashes; pods wait unseen.",
    run: async (c) => {
      await staticPods(c);
      await c.runs('Deployment', 'portal', { replicas: 1 });
      await c.past({ hours: 90 });
      await down(c, 'kube-scheduler');
      const pod = await c.get('Pod', `kube-scheduler-${controlPlaneNode}`, 'kube-system');
      await c.kubelet.crashes(pod, { container: 'kube-scheduler', exitCode: 1, restarts: 7 });
      await c.apply(workload('Deployment', 'checkout', { replicas: 2 }));
      await c.podsOf('checkout', 2);
      return {
        code: 'scheduler-not-running',
        object: named('kube-scheduler'),
        alsoTrue: ['rollout-stuck', 'container-crash-looping'],
      };
    },
  },
  {
    name: 'scheduler-not-running-healthy',
    system: true,
    about: 'Scheduler and controller-manager run, and so does all else.',
    run: async (c) => {
      await staticPods(c);
      await c.runs('Deployment', 'checkout', { replicas: 3 });
      return { status: 'healthy', notClaimed: ['scheduler-not-running', 'controller-manager-not-running'] };
    },
  },
  {
    name: 'scheduler-not-running-decoy',
    system: true,
    about: 'Pods wait, and the scheduler says why: there is no node with as much memory.',
    run: async (c) => {
      await staticPods(c);
      await c.past({ hours: 90 });
      await c.apply(
        workload('Deployment', 'checkout', { replicas: 3, container: { resources: { requests: { memory: '64Gi' } } } }),
      );
      await c.event('FailedScheduling');
      return {
        code: 'insufficient-memory',
        object: `Deployment ${c.ns}/checkout`,
        says: ['memory'],
        alsoTrue: ['rollout-stuck'],
        notClaimed: ['scheduler-not-running'],
      };
    },
  },
  {
    name: 'controller-manager-not-running-unobserved',
    system: true,
    about: 'Changes of workloads are seen by nobody: a new Deployment has no ReplicaSet, a scaled one keeps its pods.',
    run: async (c) => {
      await c.runs('Deployment', 'portal', { replicas: 2 });
      await c.runs('StatefulSet', 'carts', { replicas: 1 });
      await c.past({ hours: 90 });
      await down(c, 'kube-controller-manager');
      await c.patch('Deployment', 'portal', { spec: { replicas: 5 } }, { manager: 'kubectl-scale' });
      await c.patch('StatefulSet', 'carts', { spec: { replicas: 3 } }, { manager: 'kubectl-scale' });
      await c.apply(workload('Deployment', 'checkout', { replicas: 3 }));
      return {
        code: 'controller-manager-not-running',
        object: named('kube-controller-manager'),
        alsoTrue: ['rollout-stuck'],
      };
    },
  },
  {
    name: 'controller-manager-not-running-crashing',
    system: true,
    about: "The controller-manager's static pod crashes.",
    run: async (c) => {
      await staticPods(c);
      await c.runs('Deployment', 'portal', { replicas: 2 });
      await c.past({ hours: 90 });
      await down(c, 'kube-controller-manager');
      const pod = await c.get('Pod', `kube-controller-manager-${controlPlaneNode}`, 'kube-system');
      await c.kubelet.crashes(pod, { container: 'kube-controller-manager', exitCode: 1, restarts: 6 });
      await c.patch('Deployment', 'portal', { spec: { replicas: 4 } }, { manager: 'kubectl-scale' });
      return {
        code: 'controller-manager-not-running',
        object: named('kube-controller-manager'),
        alsoTrue: ['rollout-stuck', 'container-crash-looping'],
      };
    },
  },
  {
    name: 'controller-manager-not-running-decoy',
    system: true,
    about: 'The pods of a scaled Deployment do not come: the controller-manager tries, and a quota refuses.',
    run: async (c) => {
      await staticPods(c);
      await c.apply(object('v1', 'ResourceQuota', 'cap', { spec: { hard: { pods: '2' } } }));
      await c.runs('Deployment', 'portal', { replicas: 2 });
      await c.past({ hours: 90 });
      await c.patch('Deployment', 'portal', { spec: { replicas: 5 } }, { manager: 'kubectl-scale' });
      await c.event('FailedCreate', 'exceeded quota');
      return {
        code: 'quota-exceeded',
        object: `ResourceQuota ${c.ns}/cap`,
        says: ['pods'],
        alsoTrue: ['rollout-stuck'],
        notClaimed: ['controller-manager-not-running'],
      };
    },
  },
];

/** Kills a component and has it back after the capture. */
async function down(c: CaseContext, component: Component): Promise<void> {
  await c.lab.stop(component);
  c.afterwards(async () => {
    await c.lab.start(component);
  });
}

/** The static pods of the control plane as the kubelet mirrors them. They stand for the servers that really run here. */
async function staticPods(c: CaseContext): Promise<void> {
  const node = await c.get('Node', controlPlaneNode);
  for (const name of ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'etcd']) {
    const pod: KubeObject = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: `${name}-${controlPlaneNode}`,
        namespace: 'kube-system',
        labels: { component: name, tier: 'control-plane' },
        annotations: {
          'kubernetes.io/config.mirror': `${name.length}f3c`.padEnd(32, 'a'),
          'kubernetes.io/config.source': 'file',
          'capture.sre-copilot.dev/kubelet': 'absent',
        },
        ownerReferences: [
          {
            apiVersion: 'v1',
            kind: 'Node',
            name: controlPlaneNode,
            uid: node.metadata.uid ?? '',
            controller: true,
          } as never,
        ],
      },
      spec: {
        nodeName: controlPlaneNode,
        hostNetwork: true,
        priorityClassName: 'system-node-critical',
        tolerations: [{ operator: 'Exists', effect: 'NoExecute' }],
        containers: [{ name, image: `registry.k8s.io/${name}:v1.35.4`, command: [name] }],
      },
    };
    await c.apply(pod);
    await c.kubelet.isReady(await c.get('Pod', pod.metadata.name, 'kube-system'));
    c.afterwards(async () => {
      await c.lab.admin.request(
        'DELETE',
        `/api/v1/namespaces/kube-system/pods/${pod.metadata.name}?gracePeriodSeconds=0`,
      );
    });
  }
}
