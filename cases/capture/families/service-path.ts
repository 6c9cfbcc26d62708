import type { CaseContext, CaseDefinition, Expected } from '../case-context.ts';
import { type CustomKind, define } from '../custom-kinds.ts';
import { object, service, workload } from '../manifests.ts';
import { serveMetrics } from '../metrics-server.ts';
import type { Fields, KubeObject } from '../wire.ts';

const noEndpoints = ['service-no-ready-endpoints'];
const web = (name: string, port: Fields = { name: 'http', containerPort: 8080 }) => ({
  container: { ports: [port] },
  replicas: 2,
  name,
});

const ingress = (name: string, backend: string, port: Fields, spec: Fields = {}) =>
  object('networking.k8s.io/v1', 'Ingress', name, {
    spec: {
      ingressClassName: 'nginx',
      rules: [
        {
          host: `${name}.example.com`,
          http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: backend, port } } }] },
        },
      ],
      ...spec,
    },
  });
const ingressClass = (name: string) =>
  object('networking.k8s.io/v1', 'IngressClass', name, { spec: { controller: 'k8s.io/ingress-nginx' } });
const alertOn = (c: CaseContext, name: string) =>
  c.alert(
    'ServiceErrorRateHigh',
    { namespace: c.ns, service: name, severity: 'critical' },
    `Requests to ${name} fail.`,
  );

/** Something that was put right before services of a case: a workload that runs, and a day passes. */
function running(name: string, about: string, more: (c: CaseContext) => Promise<Expected>): CaseDefinition {
  return {
    name,
    about,
    run: async (c) => {
      await c.runs('Deployment', 'orders', web('orders'));
      await c.past({ hours: 24 });
      return more(c);
    },
  };
}

export const servicePath: readonly CaseDefinition[] = [
  running('service-selector-mismatch-label', 'The Service selects a label that the pods do not have.', async (c) => {
    await c.apply(service('orders', { selector: { app: 'orders', tier: 'backend' } }));
    return {
      code: 'service-selector-mismatch',
      object: `Service ${c.ns}/orders`,
      says: ['tier'],
      alsoTrue: noEndpoints,
    };
  }),
  {
    name: 'service-selector-mismatch-statefulset-typo',
    about: 'The headless Service of a StatefulSet selects a misspelt name. An alert tells of the Service.',
    run: async (c) => {
      await c.runs('StatefulSet', 'elastic', { replicas: 2 });
      await c.past({ hours: 3 });
      await c.apply(service('elastic', { clusterIP: 'None', selector: { app: 'elastics' } }));
      alertOn(c, 'elastic');
      return {
        code: 'service-selector-mismatch',
        object: `Service ${c.ns}/elastic`,
        says: ['elastics'],
        alsoTrue: noEndpoints,
      };
    },
  },
  running(
    'service-selector-mismatch-healthy',
    'The Service selects by two labels that all pods have; another has no selector, and endpoints of its own.',
    async (c) => {
      await c.apply(service('orders'));
      await c.apply(object('v1', 'Service', 'legacy-db', { spec: { ports: [{ port: 5432 }] } }));
      await c.apply(
        object(
          'discovery.k8s.io/v1',
          'EndpointSlice',
          'legacy-db-1',
          {
            addressType: 'IPv4',
            ports: [{ name: '', port: 5432, protocol: 'TCP' }],
            endpoints: [{ addresses: ['10.9.0.4'], conditions: { ready: true } }],
          },
          { labels: { 'kubernetes.io/service-name': 'legacy-db', 'endpointslice.kubernetes.io/managed-by': 'staff' } },
        ),
      );
      return { status: 'healthy', notClaimed: ['service-selector-mismatch', 'service-no-ready-endpoints'] };
    },
  ),
  {
    name: 'service-selector-mismatch-decoy',
    about: 'The Service selects the pods; they wait for a ConfigMap, so it has no ready endpoints.',
    run: async (c) => {
      await c.apply(
        service('orders'),
        workload('Deployment', 'orders', {
          replicas: 2,
          kubelet: 'absent',
          container: { envFrom: [{ configMapRef: { name: 'orders-env' } }] },
        }),
      );
      for (const pod of await c.podsOf('orders', 2, { bound: true }))
        await c.kubelet.cannotConfigure(pod, { container: 'orders', message: 'configmap "orders-env" not found' });
      alertOn(c, 'orders');
      return {
        code: 'config-map-missing',
        object: `Deployment ${c.ns}/orders`,
        says: ['orders-env'],
        alsoTrue: [...noEndpoints, 'rollout-stuck'],
        notClaimed: ['service-selector-mismatch'],
      };
    },
  },
  {
    name: 'service-port-mismatch-number',
    about: 'The Service sends to port 8000; the containers listen on 8080, as they declare.',
    run: async (c) => {
      await c.runs('Deployment', 'orders', web('orders'));
      await c.past({ hours: 7 });
      await c.apply(service('orders', { ports: [{ name: 'http', port: 80, targetPort: 8000 }] }));
      alertOn(c, 'orders');
      return { code: 'service-port-mismatch', object: `Service ${c.ns}/orders`, says: ['8000'] };
    },
  },
  {
    name: 'service-port-mismatch-container-changed',
    about: 'A new revision listens on another port; the Service still sends to the old one.',
    run: async (c) => {
      await c.runs('Deployment', 'orders', web('orders'));
      await c.apply(service('orders', { ports: [{ name: 'http', port: 80, targetPort: 8080 }] }));
      await c.past({ hours: 70 });
      await c.patch(
        'Deployment',
        'orders',
        [{ op: 'replace', path: '/spec/template/spec/containers/0/ports/0/containerPort', value: 9090 }],
        { type: 'json' },
      );
      await c.until('the rollout', async () => (await c.get('Deployment', 'orders')).status?.observedGeneration === 2);
      await c.podsOf('orders', 2);
      return {
        code: 'service-port-mismatch',
        object: `Service ${c.ns}/orders`,
        says: ['8080'],
        question: { object: `service/${c.ns}/orders` },
      };
    },
  },
  running(
    'service-port-mismatch-healthy',
    "The numbers differ from the Service to the container, as they may: port 80 to targetPort 8080, and a sidecar's port.",
    async (c) => {
      await c.apply(service('orders', { ports: [{ name: 'web', port: 80, targetPort: 8080 }] }));
      return { status: 'healthy', notClaimed: ['service-port-mismatch', 'service-named-port-missing'] };
    },
  ),
  running('service-port-mismatch-decoy', 'The Service sends to a port by a name that no container has.', async (c) => {
    await c.apply(service('orders', { ports: [{ name: 'http', port: 80, targetPort: 'web' }] }));
    alertOn(c, 'orders');
    return {
      code: 'service-named-port-missing',
      object: `Service ${c.ns}/orders`,
      says: ['web'],
      alsoTrue: noEndpoints,
      notClaimed: ['service-port-mismatch'],
    };
  }),
  {
    name: 'service-named-port-missing-statefulset',
    about: 'The Service sends to the port named client, which the containers of the StatefulSet call tcp-client.',
    run: async (c) => {
      await c.runs('StatefulSet', 'etcd', {
        replicas: 1,
        container: { ports: [{ name: 'tcp-client', containerPort: 2379 }] },
      });
      await c.past({ hours: 2 });
      await c.apply(service('etcd', { ports: [{ name: 'client', port: 2379, targetPort: 'client' }] }));
      return {
        code: 'service-named-port-missing',
        object: `Service ${c.ns}/etcd`,
        says: ['client'],
        alsoTrue: noEndpoints,
      };
    },
  },
  {
    name: 'service-named-port-missing-healthy',
    about: 'The named port is one of a sidecar.',
    run: async (c) => {
      await c.runs('Deployment', 'orders', {
        ...web('orders'),
        sidecars: [
          {
            name: 'metrics',
            image: 'registry.example.com/obs/exporter:1.0.0',
            ports: [{ name: 'metrics', containerPort: 9102 }],
          },
        ],
      });
      await c.apply(
        service('orders', {
          ports: [
            { name: 'http', port: 80, targetPort: 'http' },
            { name: 'metrics', port: 9102, targetPort: 'metrics' },
          ],
        }),
      );
      return { status: 'healthy', notClaimed: ['service-named-port-missing'] };
    },
  },
  {
    name: 'service-protocol-mismatch-udp',
    about: 'The pods speak UDP on port 5353; the Service forwards TCP.',
    run: async (c) => {
      await c.runs('Deployment', 'resolver', {
        container: { ports: [{ name: 'dns', containerPort: 5353, protocol: 'UDP' }] },
      });
      await c.past({ hours: 2 });
      await c.apply(service('resolver', { ports: [{ name: 'dns', port: 53, targetPort: 5353, protocol: 'TCP' }] }));
      alertOn(c, 'resolver');
      return { code: 'service-protocol-mismatch', object: `Service ${c.ns}/resolver`, says: ['UDP'] };
    },
  },
  {
    name: 'service-protocol-mismatch-healthy',
    about: 'Both protocols on the same port, on both sides.',
    run: async (c) => {
      const both = (port: Fields) => [
        { name: 'dns', protocol: 'UDP', ...port },
        { name: 'dns-tcp', protocol: 'TCP', ...port },
      ];
      await c.runs('Deployment', 'resolver', { container: { ports: both({ containerPort: 5353 }) } });
      await c.apply(service('resolver', { ports: both({ port: 53, targetPort: 5353 }) }));
      return { status: 'healthy', notClaimed: ['service-protocol-mismatch', 'service-port-mismatch'] };
    },
  },
  running('service-protocol-mismatch-decoy', 'Both sides speak TCP; the numbers differ.', async (c) => {
    await c.apply(service('orders', { ports: [{ name: 'http', port: 80, targetPort: 3000, protocol: 'TCP' }] }));
    alertOn(c, 'orders');
    return {
      code: 'service-port-mismatch',
      object: `Service ${c.ns}/orders`,
      says: ['3000'],
      notClaimed: ['service-protocol-mismatch'],
    };
  }),
  {
    name: 'service-no-ready-endpoints-unready',
    about: 'The pods run and never become ready; nothing says why. The Service has nobody to send to.',
    run: async (c) => {
      await c.apply(
        service('orders'),
        workload('Deployment', 'orders', {
          ...web('orders'),
          kubelet: 'absent',
          pod: { readinessGates: [{ conditionType: 'example.com/registered' }] },
        }),
      );
      for (const pod of await c.podsOf('orders', 2, { bound: true })) {
        await c.kubelet.isReady(pod);
        await c.kubelet.patch(pod, {
          conditions: [
            {
              type: 'Ready',
              status: 'False',
              reason: 'ReadinessGatesNotReady',
              message: 'corresponding condition of pod readiness gate "example.com/registered" does not exist.',
              lastTransitionTime: c.sinceCreation(pod, 2),
            },
          ],
        });
      }
      alertOn(c, 'orders');
      return {
        code: ['service-no-ready-endpoints', 'rollout-stuck', 'probe-failing'],
        object: [`Service ${c.ns}/orders`, `Deployment ${c.ns}/orders`],
        alsoTrue: [...noEndpoints, 'rollout-stuck', 'recent-change'],
        notClaimed: ['service-selector-mismatch', 'service-port-mismatch'],
      };
    },
  },
  running(
    'service-no-ready-endpoints-healthy',
    'One of two pods is being replaced; the Service has a ready endpoint.',
    async (c) => {
      await c.apply(service('orders'));
      await c.until('the endpoints', async () =>
        JSON.stringify(await c.list('EndpointSlice')).includes('"ready":true'),
      );
      return { status: 'healthy', notClaimed: ['service-no-ready-endpoints'] };
    },
  ),
  running(
    'workload-scaled-to-zero-service',
    'Somebody scaled the Deployment to zero; its Service still gets requests.',
    async (c) => {
      await c.apply(service('orders'));
      await c.patch('Deployment', 'orders', { spec: { replicas: 0 } }, { manager: 'kubectl-scale' });
      await c.until('it to be gone', async () => (await c.get('Deployment', 'orders')).status?.replicas === undefined);
      alertOn(c, 'orders');
      return { code: 'workload-scaled-to-zero', object: `Deployment ${c.ns}/orders`, alsoTrue: noEndpoints };
    },
  ),
  {
    name: 'workload-scaled-to-zero-statefulset',
    about: 'A StatefulSet was left at zero after maintenance. Nobody says so but the Service without endpoints.',
    run: async (c) => {
      await c.runs('StatefulSet', 'session-store', { replicas: 2 });
      await c.apply(service('session-store', { clusterIP: 'None' }));
      await c.past({ hours: 12 });
      await c.patch('StatefulSet', 'session-store', { spec: { replicas: 0 } }, { manager: 'kubectl-scale' });
      await c.until(
        'it to be gone',
        async () => ((await c.get('StatefulSet', 'session-store')).status?.replicas ?? 0) === 0,
      );
      return {
        code: 'workload-scaled-to-zero',
        object: `StatefulSet ${c.ns}/session-store`,
        alsoTrue: noEndpoints,
        question: { object: `service/${c.ns}/session-store` },
      };
    },
  },
  {
    name: 'workload-scaled-to-zero-healthy',
    about: 'A Deployment rests at zero and no Service sends to it; beside it all runs.',
    run: async (c) => {
      await c.runs('Deployment', 'orders', web('orders'));
      await c.apply(service('orders'));
      await c.apply(workload('Deployment', 'load-test', { replicas: 0 }));
      return { status: 'healthy', notClaimed: ['workload-scaled-to-zero'] };
    },
  },
  running(
    'workload-scaled-to-zero-decoy',
    'A Deployment of a like name is at zero, but the Service asks for another label than any of the pods has.',
    async (c) => {
      await c.apply(
        workload('Deployment', 'orders-canary', { replicas: 0 }),
        service('orders', { selector: { app: 'order' } }),
      );
      alertOn(c, 'orders');
      return {
        code: 'service-selector-mismatch',
        object: `Service ${c.ns}/orders`,
        says: ['order'],
        alsoTrue: noEndpoints,
        notClaimed: ['workload-scaled-to-zero'],
      };
    },
  ),
  // network policies: what a probe saw, beside real objects
  {
    name: 'network-policy-blocks-default-deny',
    about: 'A policy denies all traffic into the namespace; a dependency check from another pod fails.',
    run: async (c) => {
      await c.runs('Deployment', 'orders', web('orders'));
      await c.runs('Deployment', 'frontend', web('frontend'));
      await c.apply(service('orders'));
      await c.past({ hours: 30 });
      await c.apply(
        object('networking.k8s.io/v1', 'NetworkPolicy', 'default-deny', {
          spec: { podSelector: {}, policyTypes: ['Ingress'] },
        }),
      );
      c.probes([
        {
          from: `${c.ns}/frontend`,
          host: `orders.${c.ns}.svc.cluster.local`,
          port: 80,
          ok: false,
          error: 'i/o timeout',
        },
      ]);
      c.calls([{ from: `${c.ns}/frontend`, to: `${c.ns}/orders` }]);
      alertOn(c, 'orders');
      return { code: 'network-policy-blocks', object: `NetworkPolicy ${c.ns}/default-deny` };
    },
  },
  {
    name: 'network-policy-blocks-wrong-label',
    about: 'A policy lets the frontend in by a label that the frontend does not have.',
    run: async (c) => {
      await c.runs('Deployment', 'orders', web('orders'));
      await c.runs('Deployment', 'frontend', web('frontend'));
      await c.apply(service('orders'));
      await c.past({ hours: 30 });
      await c.apply(
        object('networking.k8s.io/v1', 'NetworkPolicy', 'orders-ingress', {
          spec: {
            podSelector: { matchLabels: { app: 'orders' } },
            policyTypes: ['Ingress'],
            ingress: [{ from: [{ podSelector: { matchLabels: { role: 'web' } } }], ports: [{ port: 8080 }] }],
          },
        }),
      );
      c.probes([
        {
          from: `${c.ns}/frontend`,
          host: `orders.${c.ns}.svc.cluster.local`,
          port: 80,
          ok: false,
          error: 'connection timed out',
        },
      ]);
      c.calls([{ from: `${c.ns}/frontend`, to: `${c.ns}/orders` }]);
      return {
        code: 'network-policy-blocks',
        object: `NetworkPolicy ${c.ns}/orders-ingress`,
        question: { namespace: c.ns },
      };
    },
  },
  {
    name: 'network-policy-blocks-healthy',
    about: 'Default deny, and a policy that lets in exactly who calls.',
    run: async (c) => {
      await c.runs('Deployment', 'orders', web('orders'));
      await c.runs('Deployment', 'frontend', web('frontend'));
      await c.apply(service('orders'));
      await c.apply(
        object('networking.k8s.io/v1', 'NetworkPolicy', 'default-deny', {
          spec: { podSelector: {}, policyTypes: ['Ingress'] },
        }),
      );
      await c.apply(
        object('networking.k8s.io/v1', 'NetworkPolicy', 'allow-frontend', {
          spec: {
            podSelector: { matchLabels: { app: 'orders' } },
            policyTypes: ['Ingress'],
            ingress: [{ from: [{ podSelector: { matchLabels: { app: 'frontend' } } }], ports: [{ port: 'http' }] }],
          },
        }),
      );
      c.probes([{ from: `${c.ns}/frontend`, host: `orders.${c.ns}.svc.cluster.local`, port: 80, ok: true }]);
      c.calls([{ from: `${c.ns}/frontend`, to: `${c.ns}/orders` }]);
      return { status: 'healthy', notClaimed: ['network-policy-blocks'] };
    },
  },
  {
    name: 'network-policy-blocks-decoy',
    about: 'Policies allow the call; it fails since the Service sends to a port that nobody listens on.',
    run: async (c) => {
      await c.runs('Deployment', 'orders', web('orders'));
      await c.runs('Deployment', 'frontend', web('frontend'));
      await c.apply(
        object('networking.k8s.io/v1', 'NetworkPolicy', 'allow-frontend', {
          spec: {
            podSelector: { matchLabels: { app: 'orders' } },
            policyTypes: ['Ingress'],
            ingress: [{ from: [{ podSelector: { matchLabels: { app: 'frontend' } } }] }],
          },
        }),
      );
      await c.apply(service('orders', { ports: [{ name: 'http', port: 80, targetPort: 8181 }] }));
      c.probes([
        {
          from: `${c.ns}/frontend`,
          host: `orders.${c.ns}.svc.cluster.local`,
          port: 80,
          ok: false,
          error: 'connection refused',
        },
      ]);
      c.calls([{ from: `${c.ns}/frontend`, to: `${c.ns}/orders` }]);
      return {
        code: 'service-port-mismatch',
        object: `Service ${c.ns}/orders`,
        says: ['8181'],
        notClaimed: ['network-policy-blocks'],
      };
    },
  },
  // ingress
  running('ingress-backend-missing-service', 'An Ingress sends to a Service that does not exist.', async (c) => {
    await c.apply(ingressClass('nginx'), service('orders'), ingress('shopfront', 'orders-web', { number: 80 }));
    return { code: 'ingress-backend-missing', object: `Ingress ${c.ns}/shopfront`, says: ['orders-web'] };
  }),
  running('ingress-backend-missing-healthy', 'The Ingress sends to a Service with endpoints.', async (c) => {
    await c.apply(ingressClass('nginx'), service('orders'), ingress('shopfront', 'orders', { number: 80 }));
    return {
      status: 'healthy',
      notClaimed: ['ingress-backend-missing', 'ingress-port-mismatch', 'ingress-class-missing'],
    };
  }),
  running(
    'ingress-backend-missing-decoy',
    'The Service is there; it has no port of the number that the Ingress asks for.',
    async (c) => {
      await c.apply(ingressClass('nginx'), service('orders'), ingress('shopfront', 'orders', { number: 8080 }));
      return {
        code: 'ingress-port-mismatch',
        object: `Ingress ${c.ns}/shopfront`,
        says: ['8080'],
        notClaimed: ['ingress-backend-missing'],
      };
    },
  ),
  running(
    'ingress-port-mismatch-name',
    'The Ingress asks for a port by a name that the Service gives to none.',
    async (c) => {
      await c.apply(
        ingressClass('nginx'),
        service('orders', { ports: [{ name: 'web', port: 80, targetPort: 8080 }] }),
        ingress('shopfront', 'orders', { name: 'http' }),
      );
      alertOn(c, 'orders');
      return {
        code: 'ingress-port-mismatch',
        object: `Ingress ${c.ns}/shopfront`,
        says: ['http'],
        question: { object: `ingress/${c.ns}/shopfront` },
      };
    },
  ),
  running('ingress-port-mismatch-healthy', 'The Ingress asks for the port by its name.', async (c) => {
    await c.apply(
      ingressClass('nginx'),
      service('orders', { ports: [{ name: 'web', port: 80, targetPort: 'http' }] }),
      ingress('shopfront', 'orders', { name: 'web' }),
    );
    return { status: 'healthy', notClaimed: ['ingress-port-mismatch'] };
  }),
  running(
    'ingress-port-mismatch-decoy',
    'The port is there; behind the Service nobody is: the Deployment is at zero.',
    async (c) => {
      await c.apply(ingressClass('nginx'), service('orders'), ingress('shopfront', 'orders', { number: 80 }));
      await c.patch('Deployment', 'orders', { spec: { replicas: 0 } }, { manager: 'kubectl-scale' });
      await c.until('it to be gone', async () => (await c.get('Deployment', 'orders')).status?.replicas === undefined);
      return {
        code: 'workload-scaled-to-zero',
        object: `Deployment ${c.ns}/orders`,
        alsoTrue: noEndpoints,
        notClaimed: ['ingress-port-mismatch', 'ingress-backend-missing'],
        question: { object: `ingress/${c.ns}/shopfront` },
      };
    },
  ),
  running('ingress-class-missing-name', 'The Ingress names a class that no controller serves.', async (c) => {
    await c.apply(
      ingressClass('nginx-internal'),
      service('orders'),
      ingress('shopfront', 'orders', { number: 80 }, { ingressClassName: 'nginx-public' }),
    );
    return { code: 'ingress-class-missing', object: `Ingress ${c.ns}/shopfront`, says: ['nginx-public'] };
  }),
  running('ingress-class-missing-healthy', 'No class is named, and one is the default.', async (c) => {
    const isDefault = { annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' } };
    await c.apply(
      object(
        'networking.k8s.io/v1',
        'IngressClass',
        'nginx',
        { spec: { controller: 'k8s.io/ingress-nginx' } },
        isDefault,
      ),
      service('orders'),
      ingress('shopfront', 'orders', { number: 80 }, { ingressClassName: undefined }),
    );
    return { status: 'healthy', notClaimed: ['ingress-class-missing'] };
  }),
  running('ingress-class-missing-decoy', 'The class is there; the Service is not.', async (c) => {
    await c.apply(
      ingressClass('nginx-public'),
      service('orders'),
      ingress('shopfront', 'orders-v2', { number: 80 }, { ingressClassName: 'nginx-public' }),
    );
    return {
      code: 'ingress-backend-missing',
      object: `Ingress ${c.ns}/shopfront`,
      says: ['orders-v2'],
      notClaimed: ['ingress-class-missing'],
    };
  }),
  {
    name: 'dns-failing-scaled-to-zero',
    system: true,
    about: 'CoreDNS was scaled to zero: no name resolves anywhere.',
    run: async (c) => {
      await c.runs('Deployment', 'orders', web('orders'));
      await c.past({ hours: 24 });
      await c.patch(
        'Deployment',
        'coredns',
        { spec: { replicas: 0 } },
        { namespace: 'kube-system', manager: 'kubectl-scale' },
      );
      c.afterwards(async () => {
        await c.patch('Deployment', 'coredns', { spec: { replicas: 1 } }, { namespace: 'kube-system' });
        await c.until(
          'CoreDNS to be back',
          async () => (await c.get('Deployment', 'coredns', 'kube-system')).status?.availableReplicas === 1,
        );
      });
      await c.until(
        'it to be gone',
        async () => (await c.get('Deployment', 'coredns', 'kube-system')).status?.replicas === undefined,
      );
      return {
        code: ['dns-failing', 'workload-scaled-to-zero'],
        object: ['Deployment kube-system/coredns', 'Service kube-system/kube-dns'],
        alsoTrue: ['workload-scaled-to-zero', 'service-no-ready-endpoints'],
      };
    },
  },
  {
    name: 'dns-failing-selector',
    system: true,
    about: 'The Service of CoreDNS was changed and selects none of its pods.',
    run: async (c) => {
      await c.runs('Deployment', 'orders', web('orders'));
      await c.past({ hours: 24 });
      await c.patch(
        'Service',
        'kube-dns',
        { spec: { selector: { 'k8s-app': 'core-dns' } } },
        { namespace: 'kube-system' },
      );
      c.afterwards(async () => {
        await c.patch(
          'Service',
          'kube-dns',
          { spec: { selector: { 'k8s-app': 'kube-dns' } } },
          { namespace: 'kube-system' },
        );
      });
      await c.until('it to have no endpoint', async () => {
        const slices = await c.list('EndpointSlice', 'kube-system');
        return slices
          .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === 'kube-dns')
          .every(({ endpoints }) => endpoints == null || (endpoints as unknown[]).length === 0);
      });
      return {
        code: ['dns-failing', 'service-selector-mismatch'],
        object: ['Service kube-system/kube-dns'],
        alsoTrue: ['service-selector-mismatch', 'service-no-ready-endpoints'],
      };
    },
  },
  // gateway API and cert-manager: their definitions are installed, their controllers are played
  gateway(
    'gateway-route-rejected-not-allowed',
    'The listener takes routes of its own namespace only; the route is in another.',
    { parentStatus: ['Accepted', 'False', 'NotAllowedByListeners', 'Namespace is not allowed by the listener'] },
    (c) => ({
      code: 'gateway-route-rejected',
      object: [`HTTPRoute ${c.ns}/orders`, `Gateway ${c.ns}/public`],
      alsoTrue: ['gateway-route-rejected'],
    }),
  ),
  gateway(
    'gateway-route-rejected-backend',
    'The route sends to a Service that does not exist.',
    { backend: 'orders-v9', resolved: ['False', 'BackendNotFound', 'Service "orders-v9" not found'] },
    (c) => ({ code: ['gateway-route-rejected'], object: `HTTPRoute ${c.ns}/orders`, says: ['orders-v9'] }),
  ),
  gateway('gateway-route-rejected-healthy', 'Gateway and route are accepted, the backend is there.', {}, () => ({
    status: 'healthy',
    notClaimed: ['gateway-route-rejected', 'tls-secret-missing'],
  })),
  gateway(
    'gateway-route-rejected-decoy',
    'The route is accepted; the listener has no certificate: its Secret does not exist.',
    { listener: ['False', 'InvalidCertificateRef', 'Secret "public-tls" not found'] },
    (c) => ({
      code: 'tls-secret-missing',
      object: `Gateway ${c.ns}/public`,
      says: ['public-tls'],
      notClaimed: [{ code: 'gateway-route-rejected', object: `HTTPRoute ${c.ns}/orders` }],
    }),
  ),
  certificate(
    'certificate-expiring-renewal-fails',
    'A certificate ends in three days, and cert-manager cannot renew it.',
    3,
    (c) => ({
      code: 'certificate-expiring',
      object: [`Certificate ${c.ns}/shop-tls`, `Ingress ${c.ns}/shopfront`],
      says: [],
    }),
    'ACME challenge failed: 403',
  ),
  certificate('certificate-expiring-healthy', 'The certificate is good for two months.', 61, () => ({
    status: 'healthy',
    notClaimed: ['certificate-expiring', 'certificate-expired'],
  })),
  certificate(
    'certificate-expiring-decoy',
    'The certificate ended yesterday.',
    -1,
    (c) => ({
      code: 'certificate-expired',
      object: [`Certificate ${c.ns}/shop-tls`, `Ingress ${c.ns}/shopfront`],
      notClaimed: ['certificate-expiring'],
    }),
    'ACME challenge failed: 403',
  ),
  // autoscalers
  {
    name: 'hpa-metrics-missing-no-api',
    about: 'No metrics API is installed: the autoscaler knows nothing of its pods.',
    run: async (c) => {
      await c.runs('Deployment', 'orders', web('orders'));
      await c.past({ hours: 20 });
      await c.apply(autoscaler('orders'));
      await hpaSays(c, 'orders', 'ScalingActive', 'FailedGetResourceMetric');
      return { code: 'hpa-metrics-missing', object: `HorizontalPodAutoscaler ${c.ns}/orders`, says: ['cpu'] };
    },
  },
  {
    name: 'hpa-metrics-missing-no-request',
    system: true,
    about: 'Metrics are there; a container has no CPU request, so its utilisation cannot be told.',
    run: async (c) => {
      const metrics = await serveMetrics(c, () => '60m');
      c.afterwards(metrics.close);
      await c.runs('Deployment', 'orders', { replicas: 2, container: { resources: { requests: { memory: '64Mi' } } } });
      await c.past({ hours: 20 });
      await c.apply(autoscaler('orders'));
      await hpaSays(c, 'orders', 'ScalingActive', 'FailedGetResourceMetric');
      return {
        code: 'hpa-metrics-missing',
        object: [`HorizontalPodAutoscaler ${c.ns}/orders`, `Deployment ${c.ns}/orders`],
        says: ['cpu'],
      };
    },
  },
  hpaCase(
    'hpa-metrics-missing-healthy',
    'The autoscaler has its metrics and is content.',
    '60m',
    { minReplicas: 2, maxReplicas: 6 },
    'ScalingActive',
    'ValidMetricFound',
    () => ({ status: 'healthy', notClaimed: ['hpa-metrics-missing', 'hpa-at-maximum'] }),
  ),
  {
    name: 'hpa-target-missing-renamed',
    about: 'The autoscaler targets a Deployment by a name that it no longer has.',
    run: async (c) => {
      await c.runs('Deployment', 'orders', web('orders'));
      await c.past({ hours: 20 });
      await c.apply(autoscaler('order-service'));
      await hpaSays(c, 'order-service', 'AbleToScale', 'FailedGetScale');
      return {
        code: 'hpa-target-missing',
        object: `HorizontalPodAutoscaler ${c.ns}/order-service`,
        says: ['order-service'],
        notClaimed: ['hpa-metrics-missing'],
      };
    },
  },
  hpaCase(
    'hpa-at-maximum-load',
    'The pods use far more than the target; the autoscaler has reached its maximum.',
    '300m',
    { minReplicas: 1, maxReplicas: 2 },
    'ScalingLimited',
    'TooManyReplicas',
    (c) => ({ code: 'hpa-at-maximum', object: `HorizontalPodAutoscaler ${c.ns}/orders`, says: ['2'] }),
  ),
  hpaCase(
    'hpa-at-maximum-healthy',
    'The autoscaler stands at its minimum, which limits it as well.',
    '5m',
    { minReplicas: 2, maxReplicas: 6 },
    'AbleToScale',
    'ScaleDownStabilized',
    () => ({ status: 'healthy', notClaimed: ['hpa-at-maximum'] }),
  ),
  {
    name: 'hpa-metrics-missing-decoy',
    about: 'The autoscaler has no metrics because the APIService of the metrics API has lost its Service.',
    run: async (c) => {
      await c.runs('Deployment', 'orders', web('orders'));
      await c.past({ hours: 20 });
      await c.apply(
        object('apiregistration.k8s.io/v1', 'APIService', 'v1beta1.metrics.k8s.io', {
          spec: {
            group: 'metrics.k8s.io',
            version: 'v1beta1',
            groupPriorityMinimum: 100,
            versionPriority: 100,
            insecureSkipTLSVerify: true,
            service: { name: 'metrics-server', namespace: 'kube-system', port: 443 },
          },
        }),
        autoscaler('orders'),
      );
      await hpaSays(c, 'orders', 'ScalingActive', 'FailedGetResourceMetric');
      return {
        code: ['api-service-unavailable', 'hpa-metrics-missing'],
        object: ['APIService v1beta1.metrics.k8s.io', `HorizontalPodAutoscaler ${c.ns}/orders`],
        alsoTrue: ['hpa-metrics-missing', 'api-service-unavailable'],
        notClaimed: ['hpa-target-missing'],
      };
    },
  },
  hpaCase(
    'hpa-target-missing-healthy',
    'The autoscaler finds its Deployment, and metrics for it.',
    '60m',
    { minReplicas: 2, maxReplicas: 4 },
    'AbleToScale',
    'ReadyForNewScale',
    () => ({ notClaimed: ['hpa-target-missing'], status: 'healthy' }),
  ),
  // disruption budgets
  {
    name: 'pdb-blocks-eviction-drain',
    about: 'A node is being drained; the budget of the only pod there allows no disruption at all.',
    run: async (c) => {
      await c.runs('StatefulSet', 'primary', { replicas: 1 });
      await c.apply(budget('primary', { minAvailable: 1 }));
      await c.until(
        'the budget to count',
        async () => (await c.get('PodDisruptionBudget', 'primary')).status?.currentHealthy === 1,
      );
      await c.past({ hours: 100 });
      const [pod] = await c.podsOf('primary', 1);
      const node = String(pod?.spec?.nodeName);
      await c.patch('Node', node, { spec: { unschedulable: true } }, { manager: 'kubectl-drain' });
      return {
        code: 'pdb-blocks-eviction',
        object: `PodDisruptionBudget ${c.ns}/primary`,
        alsoTrue: ['nodes-cordoned'],
      };
    },
  },
  {
    name: 'pdb-blocks-eviction-max-unavailable-zero',
    about: 'maxUnavailable is 0: no pod of the Deployment can ever be evicted. Asked about the budget.',
    run: async (c) => {
      await c.runs('Deployment', 'orders', { replicas: 3 });
      await c.apply(budget('orders', { maxUnavailable: 0 }));
      await c.until(
        'the budget to count',
        async () => (await c.get('PodDisruptionBudget', 'orders')).status?.currentHealthy === 3,
      );
      await c.past({ hours: 50 });
      for (const name of c.nodes.slice(0, 2))
        await c.patch('Node', name, { spec: { unschedulable: true } }, { manager: 'kubectl-drain' });
      return {
        code: 'pdb-blocks-eviction',
        object: `PodDisruptionBudget ${c.ns}/orders`,
        alsoTrue: ['nodes-cordoned'],
        question: { object: `pdb/${c.ns}/orders` },
      };
    },
  },
  {
    name: 'pdb-blocks-eviction-healthy',
    about: 'A budget that allows one disruption.',
    run: async (c) => {
      await c.runs('Deployment', 'orders', { replicas: 3 });
      await c.apply(budget('orders', { maxUnavailable: 1 }));
      await c.until(
        'the budget to count',
        async () => (await c.get('PodDisruptionBudget', 'orders')).status?.disruptionsAllowed === 1,
      );
      return { status: 'healthy', notClaimed: ['pdb-blocks-eviction'] };
    },
  },
  {
    name: 'pdb-blocks-eviction-decoy',
    about:
      'The budget allows nothing because its pods are not well: a Secret is missing. The budget itself is sensible.',
    run: async (c) => {
      await c.apply(
        workload('Deployment', 'orders', {
          replicas: 2,
          kubelet: 'absent',
          container: { envFrom: [{ secretRef: { name: 'orders-secrets' } }] },
        }),
        budget('orders', { maxUnavailable: 1 }),
      );
      for (const pod of await c.podsOf('orders', 2, { bound: true }))
        await c.kubelet.cannotConfigure(pod, { container: 'orders', message: 'secret "orders-secrets" not found' });
      await c.until(
        'the budget to count',
        async () => (await c.get('PodDisruptionBudget', 'orders')).status?.expectedPods === 2,
      );
      return {
        code: 'secret-missing',
        object: `Deployment ${c.ns}/orders`,
        says: ['orders-secrets'],
        alsoTrue: ['rollout-stuck'],
        notClaimed: ['pdb-blocks-eviction'],
      };
    },
  },
];

function autoscaler(name: string, spec: Fields = {}): KubeObject {
  return object('autoscaling/v2', 'HorizontalPodAutoscaler', name, {
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      minReplicas: 2,
      maxReplicas: 6,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } },
      ],
      ...spec,
    },
  });
}

function hpaSays(c: CaseContext, name: string, type: string, reason: string): Promise<unknown> {
  return c.until(
    `the autoscaler to say ${reason}`,
    async () => {
      const { status } = await c.get('HorizontalPodAutoscaler', name);
      return ((status?.conditions ?? []) as { type: string; reason: string }[]).some(
        (one) => one.type === type && one.reason === reason,
      );
    },
    60_000,
  );
}

function hpaCase(
  name: string,
  about: string,
  cpu: string,
  spec: Fields,
  type: string,
  reason: string,
  result: (c: CaseContext) => Expected,
): CaseDefinition {
  return {
    name,
    about,
    system: true,
    run: async (c) => {
      const metrics = await serveMetrics(c, () => cpu);
      c.afterwards(metrics.close);
      await c.runs('Deployment', 'orders', web('orders'));
      await c.past({ hours: 20 });
      await c.apply(autoscaler('orders', spec));
      await hpaSays(c, 'orders', type, reason);
      return result(c);
    },
  };
}

function budget(name: string, spec: Fields): KubeObject {
  return object('policy/v1', 'PodDisruptionBudget', name, {
    spec: { selector: { matchLabels: { app: name } }, ...spec },
  });
}

type GatewayFault = {
  readonly parentStatus?: readonly string[];
  readonly resolved?: readonly string[];
  readonly listener?: readonly string[];
  readonly backend?: string;
};

function gateway(
  name: string,
  about: string,
  fault: GatewayFault,
  result: (c: CaseContext) => Expected,
): CaseDefinition {
  return {
    name,
    about,
    run: async (c) => {
      await define(c, ['GatewayClass', 'Gateway', 'HTTPRoute']);
      await c.runs('Deployment', 'orders', web('orders'));
      await c.apply(service('orders'));
      await c.past({ hours: 40 });
      const api = 'gateway.networking.k8s.io/v1';
      const controllerName = 'gateway.example.com/controller';
      const when = () => c.at(-300);
      const condition = (type: string, [status = 'True', reason = type, message = '']: readonly string[] = []) => ({
        type,
        status,
        reason,
        message,
        observedGeneration: 1,
        lastTransitionTime: when(),
      });
      await c.apply(
        object(api, 'GatewayClass', 'example', { spec: { controllerName } }),
        object(api, 'Gateway', 'public', {
          spec: {
            gatewayClassName: 'example',
            listeners: [
              {
                name: 'https',
                port: 443,
                protocol: 'HTTPS',
                hostname: '*.example.com',
                tls: { mode: 'Terminate', certificateRefs: [{ kind: 'Secret', name: 'public-tls' }] },
                allowedRoutes: { namespaces: { from: 'Same' } },
              },
            ],
          },
        }),
        object(api, 'HTTPRoute', 'orders', {
          spec: {
            parentRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'public' }],
            hostnames: ['orders.example.com'],
            rules: [{ backendRefs: [{ kind: 'Service', name: fault.backend ?? 'orders', port: 80 }] }],
          },
        }),
      );
      const patched: [CustomKind, string, Fields][] = [
        ['GatewayClass', 'example', { conditions: [condition('Accepted')] }],
        [
          'Gateway',
          'public',
          {
            conditions: [
              condition('Accepted'),
              condition(
                'Programmed',
                fault.listener === undefined ? [] : ['False', 'Invalid', 'a listener is not valid'],
              ),
            ],
            listeners: [
              {
                name: 'https',
                attachedRoutes: fault.parentStatus === undefined ? 1 : 0,
                supportedKinds: [],
                conditions: [
                  condition('Accepted'),
                  condition('ResolvedRefs', fault.listener),
                  condition('Programmed', fault.listener === undefined ? [] : ['False', 'Invalid', '']),
                ],
              },
            ],
          },
        ],
        [
          'HTTPRoute',
          'orders',
          {
            parents: [
              {
                parentRef: { name: 'public' },
                controllerName,
                conditions: [
                  fault.parentStatus === undefined
                    ? condition('Accepted')
                    : condition('Accepted', fault.parentStatus.slice(1)),
                  condition('ResolvedRefs', fault.resolved),
                ],
              },
            ],
          },
        ],
      ];
      for (const [kind, own, status] of patched)
        await c.patch(kind, own, { status }, { subresource: 'status', manager: 'gateway-controller' });
      return result(c);
    },
  };
}

function certificate(
  name: string,
  about: string,
  days: number,
  result: (c: CaseContext) => Expected,
  failure?: string,
): CaseDefinition {
  return {
    name,
    about,
    run: async (c) => {
      await define(c, ['Certificate']);
      await c.runs('Deployment', 'orders', web('orders'));
      const tls = [{ hosts: ['shopfront.example.com'], secretName: 'shop-tls' }];
      await c.apply(ingressClass('nginx'), service('orders'), ingress('shopfront', 'orders', { number: 80 }, { tls }));
      await c.apply(
        object('cert-manager.io/v1', 'Certificate', 'shop-tls', {
          spec: {
            secretName: 'shop-tls',
            dnsNames: ['shopfront.example.com'],
            issuerRef: { name: 'letsencrypt', kind: 'ClusterIssuer' },
          },
        }),
      );
      await c.past({ hours: 24 * 80 });
      const day = 86_400;
      const ready = days >= 0;
      const conditions = [
        {
          type: 'Ready',
          status: ready ? 'True' : 'False',
          reason: ready ? 'Ready' : 'Expired',
          message: ready ? 'Certificate is up to date and has not expired' : 'Certificate has expired',
          lastTransitionTime: c.at(-day),
          observedGeneration: 1,
        },
        ...(failure === undefined
          ? []
          : [
              {
                type: 'Issuing',
                status: 'False',
                reason: 'Failed',
                message: `The certificate request has failed to complete and will be retried: ${failure}`,
                lastTransitionTime: c.at(-3600),
                observedGeneration: 1,
              },
            ]),
      ];
      await c.patch(
        'Certificate',
        'shop-tls',
        {
          status: {
            conditions,
            notBefore: c.at(days * day - 90 * day),
            notAfter: c.at(days * day),
            renewalTime: c.at(days * day - 30 * day),
            revision: 1,
            ...(failure === undefined ? {} : { failedIssuanceAttempts: 5, lastFailureTime: c.at(-3600) }),
          },
        },
        { subresource: 'status', manager: 'cert-manager-certificates-readiness' },
      );
      return result(c);
    },
  };
}
