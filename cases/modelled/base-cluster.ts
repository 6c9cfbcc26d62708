import type { PodModel } from './pod-model.ts';
import { completePodSpec } from './pod-wire.ts';
import type { Wire } from './wire.ts';
import type { Workload, World } from './world.ts';

export type BaseCluster = {
  readonly coredns: Workload;
  readonly proxy: Workload;
  readonly cni: Workload;
  /** Static pods of the control plane by component; empty where the control plane is a provider's. */
  readonly control: ReadonlyMap<string, PodModel>;
};

const everywhere: readonly Wire[] = [{ operator: 'Exists' }];

/** Nodes and kube-system as kubeadm leaves them, or as a provider shows them (`managed`: no control plane pods). */
export function buildBaseCluster(w: World, { managed }: { readonly managed: boolean }): BaseCluster {
  const { random, minor } = w;
  const version = `v1.${minor}.2`;
  const masters = managed ? [] : [w.addNode(0, true)];
  for (let index = 1; index <= random.int(3, 5); index++) w.addNode(index);
  for (const name of ['default', 'kube-system', 'kube-public', 'kube-node-lease']) w.addNamespace(name);
  for (const [name, value] of [
    ['system-cluster-critical', 2_000_000_000],
    ['system-node-critical', 2_000_001_000],
  ] as const)
    w.add(
      'scheduling.k8s.io/v1',
      'PriorityClass',
      { name },
      { value, description: 'Used for system critical pods.', preemptionPolicy: 'PreemptLowerPriority' },
    );
  w.add(
    'v1',
    'Service',
    { name: 'kubernetes', namespace: 'default', labels: { component: 'apiserver', provider: 'kubernetes' } },
    {
      spec: {
        clusterIP: '10.96.0.1',
        clusterIPs: ['10.96.0.1'],
        ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: 6443 }],
        sessionAffinity: 'None',
        type: 'ClusterIP',
      },
      status: { loadBalancer: {} },
    },
  );
  w.add(
    'discovery.k8s.io/v1',
    'EndpointSlice',
    { name: 'kubernetes', namespace: 'default', labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    {
      addressType: 'IPv4',
      endpoints: [{ addresses: [masters[0]?.ip ?? '172.16.0.2'], conditions: { ready: true } }],
      ports: [{ name: 'https', port: 6443, protocol: 'TCP' }],
    },
  );
  w.add(
    'v1',
    'ConfigMap',
    { name: 'coredns', namespace: 'kube-system' },
    { data: { Corefile: corefile('/etc/resolv.conf') } },
  );
  w.add(
    'v1',
    'ConfigMap',
    { name: 'kube-proxy', namespace: 'kube-system' },
    {
      data: {
        'config.conf': 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: iptables\n',
      },
    },
  );

  const coredns = w.workload({
    namespace: 'kube-system',
    name: 'coredns',
    replicas: 2,
    selector: { 'k8s-app': 'kube-dns' },
    manager: 'kubeadm',
    createdMinutesAgo: random.int(90_000, 150_000),
    containers: [
      {
        name: 'coredns',
        image: 'registry.k8s.io/coredns/coredns:v1.11.3',
        args: ['-conf', '/etc/coredns/Corefile'],
        ports: [
          { containerPort: 53, name: 'dns', protocol: 'UDP' },
          { containerPort: 53, name: 'dns-tcp', protocol: 'TCP' },
          { containerPort: 9153, name: 'metrics', protocol: 'TCP' },
        ],
        resources: { limits: { memory: '170Mi' }, requests: { cpu: '100m', memory: '70Mi' } },
        livenessProbe: {
          httpGet: { path: '/health', port: 8080 },
          initialDelaySeconds: 60,
          timeoutSeconds: 5,
          failureThreshold: 5,
        },
        readinessProbe: { httpGet: { path: '/ready', port: 8181 } },
        volumeMounts: [{ name: 'config-volume', mountPath: '/etc/coredns', readOnly: true }],
      },
    ],
    pod: {
      dnsPolicy: 'Default',
      priorityClassName: 'system-cluster-critical',
      priority: 2_000_000_000,
      volumes: [
        {
          name: 'config-volume',
          configMap: { name: 'coredns', items: [{ key: 'Corefile', path: 'Corefile' }], defaultMode: 420 },
        },
      ],
      tolerations: [
        { key: 'CriticalAddonsOnly', operator: 'Exists' },
        { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' },
      ],
    },
  });
  w.service({
    namespace: 'kube-system',
    name: 'kube-dns',
    selector: { 'k8s-app': 'kube-dns' },
    clusterIP: '10.96.0.10',
    ports: [
      { name: 'dns', port: 53, protocol: 'UDP' },
      { name: 'dns-tcp', port: 53 },
      { name: 'metrics', port: 9153 },
    ],
  });
  const daemon = (name: string, label: string, image: string, extra: Wire = {}) =>
    w.workload({
      kind: 'DaemonSet',
      namespace: 'kube-system',
      name,
      selector: { 'k8s-app': label },
      manager: 'kubeadm',
      createdMinutesAgo: random.int(90_000, 150_000),
      containers: [
        { name, image, securityContext: { privileged: true }, resources: { requests: { cpu: '50m', memory: '50Mi' } } },
      ],
      pod: {
        hostNetwork: true,
        priorityClassName: 'system-node-critical',
        priority: 2_000_001_000,
        tolerations: everywhere,
        ...extra,
      },
    });
  const proxy = daemon('kube-proxy', 'kube-proxy', `registry.k8s.io/kube-proxy:${version}`);
  const plugins: Record<string, readonly [string, string]> = {
    calico: ['calico-node', 'docker.io/calico/node:v3.28.1'],
    cilium: ['cilium', 'quay.io/cilium/cilium:v1.16.3'],
    flannel: ['kube-flannel-ds', 'docker.io/flannel/flannel:v0.25.6'],
    kindnet: ['kindnet', 'docker.io/kindest/kindnetd:v20240813'],
  };
  const [plugin, image] = plugins[w.cni] ?? ['cni', 'example.com/cni:v1'];
  const cni = daemon(plugin, plugin, image);

  const control = new Map<string, PodModel>();
  for (const master of masters) {
    for (const component of ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler']) {
      const name = `${component}-${master.name}`;
      const port =
        { etcd: 2381, 'kube-apiserver': 6443, 'kube-controller-manager': 10257, 'kube-scheduler': 10259 }[component] ??
        443;
      const pod = w.addPod({
        namespace: 'kube-system',
        name,
        owner: { apiVersion: 'v1', kind: 'Node', name: master.name, uid: master.uid },
        labels: { component, tier: 'control-plane' },
        annotations: {
          'kubernetes.io/config.hash': random.hex(32),
          'kubernetes.io/config.mirror': random.hex(32),
          'kubernetes.io/config.seen': w.iso(90_000),
          'kubernetes.io/config.source': 'file',
        },
        spec: completePodSpec(
          {
            hostNetwork: true,
            priorityClassName: 'system-node-critical',
            priority: 2_000_001_000,
            tolerations: [{ effect: 'NoExecute', operator: 'Exists' }],
            containers: [
              {
                name: component,
                image:
                  component === 'etcd' ? 'registry.k8s.io/etcd:3.5.15-0' : `registry.k8s.io/${component}:${version}`,
                command: [component],
                resources: { requests: { cpu: '100m' } },
                livenessProbe: {
                  httpGet: {
                    host: '127.0.0.1',
                    path: component === 'kube-apiserver' ? '/livez' : '/healthz',
                    port,
                    scheme: component === 'etcd' ? 'HTTP' : 'HTTPS',
                  },
                  initialDelaySeconds: 10,
                  timeoutSeconds: 15,
                  failureThreshold: 8,
                },
              },
            ],
          },
          '',
        ),
        node: master.name,
        createdMinutesAgo: 80_000,
      });
      control.set(component, pod);
    }
  }
  return { coredns, proxy, cni, control };
}

export function corefile(upstream: string): string {
  return `.:53 {\n    errors\n    health {\n       lameduck 5s\n    }\n    ready\n    kubernetes cluster.local in-addr.arpa ip6.arpa {\n       pods insecure\n       fallthrough in-addr.arpa ip6.arpa\n       ttl 30\n    }\n    prometheus :9153\n    forward . ${upstream} {\n       max_concurrent 1000\n    }\n    cache 30\n    loop\n    reload\n    loadbalance\n}\n`;
}
