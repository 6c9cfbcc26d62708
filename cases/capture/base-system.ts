import { waitFor } from '../../test/real/wait-for.ts';
import { makeNodes } from './case-context.ts';
import type { Lab } from './lab.ts';
import { object } from './manifests.ts';
import type { KubeObject } from './wire.ts';

export const controlPlaneNode = 'control-plane-1';

/** What every cluster has before anybody uses it: a control-plane node and CoreDNS on it. Stays for all cases. */
export async function baseSystem({ admin, ...lab }: Lab): Promise<void> {
  const taints = [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }];
  await makeNodes(
    { admin, ...lab },
    [controlPlaneNode],
    [{ taints, labels: { 'node-role.kubernetes.io/control-plane': '' } }],
  );
  const labels = { 'k8s-app': 'kube-dns' };
  const post = (path: string, body: KubeObject) => admin.send('POST', `${path}?fieldManager=kubeadm`, body);
  await post('/api/v1/namespaces/kube-system/serviceaccounts', object('v1', 'ServiceAccount', 'coredns'));
  await post(
    '/api/v1/namespaces/kube-system/services',
    object(
      'v1',
      'Service',
      'kube-dns',
      {
        spec: {
          clusterIP: '10.96.0.10',
          selector: labels,
          ports: [
            { name: 'dns', port: 53, protocol: 'UDP' },
            { name: 'dns-tcp', port: 53, protocol: 'TCP' },
          ],
        },
      },
      { labels },
    ),
  );
  const container = {
    name: 'coredns',
    image: 'registry.k8s.io/coredns/coredns:v1.13.1',
    args: ['-conf', '/etc/coredns/Corefile'],
    ports: [
      { name: 'dns', containerPort: 53, protocol: 'UDP' },
      { name: 'dns-tcp', containerPort: 53, protocol: 'TCP' },
    ],
    resources: { requests: { cpu: '100m', memory: '70Mi' }, limits: { memory: '170Mi' } },
  };
  const spec = {
    serviceAccountName: 'coredns',
    priorityClassName: 'system-cluster-critical',
    tolerations: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }],
    nodeSelector: { 'kubernetes.io/os': 'linux', 'kubernetes.io/hostname': controlPlaneNode },
    containers: [container],
  };
  await post(
    '/apis/apps/v1/namespaces/kube-system/deployments',
    object(
      'apps/v1',
      'Deployment',
      'coredns',
      { spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } } },
      { labels },
    ),
  );
  await waitFor('CoreDNS to run', async () => {
    const { status } = await admin.get<KubeObject>('/apis/apps/v1/namespaces/kube-system/deployments/coredns');
    return status?.availableReplicas === 1;
  });
}
