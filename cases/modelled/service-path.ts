import { corefile } from './base-cluster.ts';
import { coded, family, type Scene } from './case.ts';
import { type App, alerts, app, crashes, crashing, serving, stamped } from './recipes.ts';
import type { Wire } from './wire.ts';

function pair(s: Scene): {
  readonly namespace: string;
  readonly server: App;
  readonly caller: App;
  readonly address: string;
} {
  const { w } = s;
  const namespace = w.names.namespace();
  const server = app(w, { namespace, withService: false });
  w.service({
    namespace,
    name: server.name,
    selector: server.selector,
    ports: [{ name: 'http', port: server.port, targetPort: server.port }],
  });
  const address = `http://${server.name}:${server.port}`;
  const caller = app(w, { namespace, container: { env: [{ name: 'UPSTREAM', value: address }] } });
  w.call(`${namespace}/${caller.name}`, `${namespace}/${server.name}`);
  return { namespace, server, caller, address };
}

const clientErrors = (s: Scene, caller: App, line: string) => {
  for (const pod of caller.pods)
    s.w.log(pod, caller.container, stamped(s.w, [line, 'GET /items 502', line, 'GET /items 502'], 0.1));
};

const policies = coded(
  'network-policy-blocks',
  {
    'deny-all': (s, well) => {
      const { w } = s;
      const { namespace, server, caller } = pair(s);
      const name = w.random.pick(['default-deny', 'deny-all-ingress', 'baseline']);
      w.add(
        'networking.k8s.io/v1',
        'NetworkPolicy',
        { name, namespace, generation: 1, ...(well ? {} : { createdMinutesAgo: 35 }) },
        {
          spec: {
            podSelector: {},
            policyTypes: ['Ingress'],
            ...(well ? { ingress: [{ from: [{ podSelector: {} }] }] } : {}),
          },
        },
      );
      if (!well) clientErrors(s, caller, `dial tcp ${server.pod.ip}:${server.port}: i/o timeout`);
      w.probe(
        `${namespace}/${caller.pod.name}`,
        `${server.name}.${namespace}.svc.cluster.local`,
        server.port,
        well,
        well ? undefined : 'i/o timeout',
      );
      return {
        about: 'A policy that denies all ingress stands between two workloads.',
        object: `NetworkPolicy ${namespace}/${name}`,
        alsoTrue: ['dependency-down', 'recent-change'],
        ask: { namespace },
      };
    },
    'wrong-label': (s, well) => {
      const { w } = s;
      const { namespace, server, caller } = pair(s);
      w.add(
        'networking.k8s.io/v1',
        'NetworkPolicy',
        { name: `${server.name}-clients`, namespace, generation: 2 },
        {
          spec: {
            podSelector: { matchLabels: server.selector },
            policyTypes: ['Ingress'],
            ingress: [
              {
                from: [{ podSelector: { matchLabels: well ? caller.selector : { access: 'granted' } } }],
                ports: [{ protocol: 'TCP', port: server.port }],
              },
            ],
          },
        },
      );
      if (!well) clientErrors(s, caller, `upstream request timeout: connect ETIMEDOUT ${server.pod.ip}:${server.port}`);
      w.probe(
        `${namespace}/${caller.name}`,
        `${server.name}.${namespace}`,
        server.port,
        well,
        well ? undefined : 'connection timed out',
      );
      return {
        about: 'A policy lets in only pods with a label that the caller does not have.',
        object: `NetworkPolicy ${namespace}/${server.name}-clients`,
        alsoTrue: ['dependency-down'],
        ask: { namespace },
      };
    },
    egress: (s, well) => {
      const { w } = s;
      const { namespace, server, caller } = pair(s);
      w.add(
        'networking.k8s.io/v1',
        'NetworkPolicy',
        { name: 'restrict-egress', namespace, generation: 1 },
        {
          spec: {
            podSelector: { matchLabels: caller.selector },
            policyTypes: ['Egress'],
            egress: [
              {
                to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } } }],
                ports: [
                  { protocol: 'UDP', port: 53 },
                  { protocol: 'TCP', port: 53 },
                ],
              },
              ...(well ? [{ to: [{ podSelector: { matchLabels: server.selector } }] }] : []),
            ],
          },
        },
      );
      if (!well)
        clientErrors(
          s,
          caller,
          `context deadline exceeded (Client.Timeout exceeded while awaiting headers) calling http://${server.name}:${server.port}`,
        );
      w.probe(`${namespace}/${caller.pod.name}`, server.name, server.port, well, well ? undefined : 'timed out');
      return {
        about: 'A policy lets a workload reach DNS and nothing else.',
        object: `NetworkPolicy ${namespace}/restrict-egress`,
        alsoTrue: ['dependency-down'],
        ask: { namespace },
      };
    },
  },
  {
    'nobody-listens': (s) => {
      const { w } = s;
      const namespace = w.names.namespace();
      const server = app(w, { namespace, withService: false });
      w.service({
        namespace,
        name: server.name,
        selector: server.selector,
        ports: [{ name: 'http', port: 80, targetPort: server.port + 100 }],
      });
      const caller = app(w, { namespace });
      w.add(
        'networking.k8s.io/v1',
        'NetworkPolicy',
        { name: 'same-namespace', namespace, generation: 1 },
        { spec: { podSelector: {}, policyTypes: ['Ingress'], ingress: [{ from: [{ podSelector: {} }] }] } },
      );
      clientErrors(s, caller, `dial tcp 10.96.3.4:80: connect: connection refused (${server.name})`);
      w.probe(
        `${namespace}/${caller.pod.name}`,
        `${server.name}.${namespace}.svc.cluster.local`,
        80,
        false,
        'connection refused',
      );
      return {
        about: 'Refused, not dropped: the Service forwards to a port where nobody listens.',
        code: 'service-port-mismatch',
        object: `Service ${namespace}/${server.name}`,
        says: [String(server.port + 100)],
        alsoTrue: ['dependency-down'],
        ask: { namespace },
      };
    },
  },
);

const ports = coded('service-port-mismatch', {
  refused: (s, well) => {
    const { w } = s;
    const namespace = w.names.namespace();
    const server = app(w, { namespace, withService: false });
    const wrong = server.port + w.random.int(1, 40);
    w.service({
      namespace,
      name: server.name,
      selector: server.selector,
      ports: [{ name: 'http', port: 80, targetPort: well ? server.port : wrong }],
    });
    for (const pod of server.pods)
      w.log(pod, server.container, stamped(w, [`INFO server started on port ${server.port}`]));
    const caller = app(w, { namespace, container: { env: [{ name: 'API_URL', value: `http://${server.name}` }] } });
    if (!well)
      clientErrors(s, caller, `Get "http://${server.name}/": dial tcp 10.96.7.7:80: connect: connection refused`);
    w.probe(
      `${namespace}/${caller.pod.name}`,
      `${server.name}.${namespace}.svc.cluster.local`,
      80,
      well,
      well ? undefined : 'connection refused',
    );
    return {
      about: 'The Service forwards to a port where nobody listens.',
      object: `Service ${namespace}/${server.name}`,
      says: [String(wrong)],
      alsoTrue: ['dependency-down', 'dependency-port-wrong'],
      ask: { namespace, object: `Service/${namespace}/${server.name}` },
    };
  },
});

const names = coded(
  'dns-failing',
  {
    'coredns-crashes': (s, well) => {
      const { w, base } = s;
      for (const pod of well ? [] : base.coredns.pods) {
        pod.states.set('coredns', crashing(w, { exitCode: 1, ranSeconds: 1 }, 30));
        w.log(
          pod,
          'coredns',
          [
            '[FATAL] plugin/loop: Loop (127.0.0.1:41523 -> :53) detected for zone ".", see https://coredns.io/plugins/loop#troubleshooting. Query: "HINFO 4547991504243258144.3688648895315093531."',
          ],
          true,
        );
      }
      const made = app(w, {});
      if (!well)
        for (const pod of made.pods)
          w.log(
            pod,
            made.container,
            stamped(w, [
              'lookup api.internal on 10.96.0.10:53: read udp 10.244.2.3:41022->10.96.0.10:53: read: connection refused',
              'dial tcp: lookup cache on 10.96.0.10:53: i/o timeout',
            ]),
          );
      return {
        about: 'CoreDNS finds that it forwards to itself and ends.',
        object: ['Deployment kube-system/coredns', 'ConfigMap kube-system/coredns'],
        alsoTrue: crashes,
        ask: {
          alert: { name: 'CoreDNSDown', labels: { severity: 'critical', job: 'kube-dns' } },
          namespace: 'kube-system',
        },
      };
    },
    corefile: (s, well) => {
      const { w, base } = s;
      for (const pod of base.coredns.pods)
        w.log(
          pod,
          'coredns',
          well
            ? ['CoreDNS-1.11.3', 'linux/amd64, go1.21.11']
            : [
                '[ERROR] plugin/errors: 2 api.stripe.com. A: read udp 10.244.1.4:50211->10.99.99.99:53: i/o timeout',
                '[ERROR] plugin/errors: 2 api.stripe.com. AAAA: read udp 10.244.1.4:33121->10.99.99.99:53: i/o timeout',
              ],
        );
      if (!well) w.replaceConfigMap('kube-system', 'coredns', { Corefile: corefile('10.99.99.99') });
      w.metric('sum by (rcode) (rate(coredns_dns_responses_total[5m]))', [
        { labels: { rcode: 'NOERROR' }, value: 120 },
        { labels: { rcode: 'SERVFAIL' }, value: well ? 0.1 : 66 },
      ]);
      const made = app(w, {});
      if (!well)
        for (const pod of made.pods)
          w.log(
            pod,
            made.container,
            stamped(w, ['Error: getaddrinfo EAI_AGAIN api.stripe.com', 'Error: getaddrinfo EAI_AGAIN api.stripe.com']),
          );
      return {
        about: 'CoreDNS forwards to a server that does not answer.',
        object: ['ConfigMap kube-system/coredns', 'Deployment kube-system/coredns'],
        ask: { alert: { name: 'CoreDNSErrorsHigh', labels: { severity: 'critical', job: 'kube-dns' } } },
      };
    },
  },
  {
    'one-name': (s) => {
      const { w } = s;
      const namespace = w.names.namespace();
      const server = app(w, { namespace });
      const wrong = `${server.name}x`;
      const made = app(w, {
        namespace,
        container: { env: [{ name: 'PAYMENTS_URL', value: `http://${wrong}:${server.servicePort}` }] },
        before: { env: [{ name: 'PAYMENTS_URL', value: `http://${server.name}:${server.servicePort}` }] },
        changedMinutesAgo: 20,
        stuck: true,
        state: crashing(w, { exitCode: 1, ranSeconds: 2 }),
      });
      for (const pod of made.pods)
        w.log(pod, made.container, [`fatal: dial tcp: lookup ${wrong} on 10.96.0.10:53: no such host`], true);
      return {
        about: 'DNS answers; one name does not exist.',
        code: 'dependency-host-wrong',
        object: made.ref,
        says: [wrong],
        alsoTrue: crashes,
        ask: { namespace, alert: alerts.crashLooping(made, made.container) },
      };
    },
  },
);

function ingress(s: Scene, made: App, tls: readonly Wire[], annotations: Wire = {}): string {
  const { w } = s;
  const service = w.services.find(({ namespace, name }) => namespace === made.namespace && name === made.name);
  w.add('networking.k8s.io/v1', 'IngressClass', { name: 'nginx' }, { spec: { controller: 'k8s.io/ingress-nginx' } });
  w.add(
    'networking.k8s.io/v1',
    'Ingress',
    { name: made.name, namespace: made.namespace, generation: 1, annotations },
    {
      spec: {
        ingressClassName: 'nginx',
        tls,
        rules: [
          {
            host: `${made.name}.${w.names.domain}`,
            http: {
              paths: [
                {
                  path: '/',
                  pathType: 'Prefix',
                  backend: { service: { name: made.name, port: { number: service?.ports[0]?.port } } },
                },
              ],
            },
          },
        ],
      },
      status: { loadBalancer: { ingress: [{ ip: '203.0.113.20' }] } },
    },
  );
  return `Ingress ${made.namespace}/${made.name}`;
}

const tlsSecrets = coded('tls-secret-missing', {
  controller: (s, well) => {
    const { w } = s;
    const made = app(w, {});
    const secret = `${made.name}-tls`;
    const object = ingress(s, made, [{ hosts: [`${made.name}.${w.names.domain}`], secretName: secret }]);
    const controller = app(w, {
      namespace: 'ingress-nginx',
      name: 'ingress-nginx-controller',
      port: 8080,
      withService: false,
    });
    for (const pod of controller.pods)
      w.log(
        pod,
        controller.container,
        well
          ? ['I0901 controller.go:190] "Backend successfully reloaded"']
          : [
              `W0901 10:11:02.123456 7 controller.go:1486] Error getting SSL certificate "${made.namespace}/${secret}": local SSL certificate ${made.namespace}/${secret} was not found. Using default certificate`,
              `W0901 10:11:05.456789 7 backend_ssl.go:47] Error obtaining X.509 certificate: no object matching key "${made.namespace}/${secret}" in local store`,
            ],
      );
    return {
      about: 'An Ingress names a TLS Secret that its controller cannot find.',
      object,
      says: [secret],
      ask: { namespace: made.namespace, object: `Ingress/${made.namespace}/${made.name}` },
    };
  },
  'never-issued': (s, well) => {
    const { w } = s;
    const made = app(w, {});
    const secret = `${made.name}-cert`;
    const object = ingress(s, made, [{ hosts: [`${made.name}.${w.names.domain}`], secretName: secret }], {
      'cert-manager.io/cluster-issuer': 'letsencrypt',
    });
    w.add(
      'cert-manager.io/v1',
      'Certificate',
      { name: secret, namespace: made.namespace, generation: 1, createdMinutesAgo: well ? 9000 : 90 },
      {
        spec: {
          secretName: secret,
          dnsNames: [`${made.name}.${w.names.domain}`],
          issuerRef: { name: 'letsencrypt', kind: 'ClusterIssuer' },
        },
        status: {
          ...(well
            ? { notBefore: w.iso(9000), notAfter: w.iso(-60 * 24 * 80), renewalTime: w.iso(-60 * 24 * 50), revision: 1 }
            : {}),
          conditions: well
            ? [
                {
                  type: 'Ready',
                  status: 'True',
                  reason: 'Ready',
                  message: 'Certificate is up to date and has not expired',
                  lastTransitionTime: w.iso(8999),
                },
              ]
            : [
                {
                  type: 'Ready',
                  status: 'False',
                  reason: 'DoesNotExist',
                  message: 'Issuing certificate as Secret does not exist',
                  lastTransitionTime: w.iso(90),
                },
                {
                  type: 'Issuing',
                  status: 'True',
                  reason: 'DoesNotExist',
                  message: 'Issuing certificate as Secret does not exist',
                  lastTransitionTime: w.iso(90),
                },
              ],
        },
      },
    );
    return {
      about: 'The certificate of an Ingress was never issued: its Secret does not exist.',
      object: [object, `Certificate ${made.namespace}/${secret}`],
      says: [secret],
      ask: { namespace: made.namespace },
    };
  },
});

const expiring = coded(
  'certificate-expiring',
  {
    certificate: (s, well) => {
      const { w } = s;
      const made = app(w, {});
      const name = `${made.name}-tls`;
      ingress(s, made, [{ hosts: [`${made.name}.${w.names.domain}`], secretName: name }]);
      const days = w.random.int(1, 6);
      w.add(
        'cert-manager.io/v1',
        'Certificate',
        { name, namespace: made.namespace, generation: 1 },
        {
          spec: {
            secretName: name,
            dnsNames: [`${made.name}.${w.names.domain}`],
            issuerRef: { name: 'letsencrypt', kind: 'ClusterIssuer' },
          },
          status: {
            notBefore: w.iso(60 * 24 * (90 - days)),
            notAfter: w.iso(-60 * 24 * (well ? 70 : days)),
            renewalTime: w.iso(well ? -60 * 24 * 40 : 60 * 24 * (30 - days)),
            revision: 3,
            conditions: [
              {
                type: 'Ready',
                status: 'True',
                reason: 'Ready',
                message: 'Certificate is up to date and has not expired',
                lastTransitionTime: w.iso(60 * 24 * 60),
              },
              ...(well
                ? []
                : [
                    {
                      type: 'Issuing',
                      status: 'False',
                      reason: 'Failed',
                      message:
                        'The certificate request has failed to complete and will be retried: Failed to wait for order resource "x" to become ready: order is in "errored" state',
                      lastTransitionTime: w.iso(60 * 20),
                    },
                  ]),
            ],
          },
        },
      );
      return {
        about: 'A certificate ends in days and its renewal fails.',
        object: [`Certificate ${made.namespace}/${name}`, `Ingress ${made.namespace}/${made.name}`],
        ask: {
          alert: {
            name: 'CertManagerCertExpirySoon',
            labels: { exported_namespace: made.namespace, name, namespace: 'cert-manager', job: 'cert-manager' },
          },
          namespace: made.namespace,
        },
      };
    },
    probe: (s, well) => {
      const { w } = s;
      const made = app(w, {});
      const object = ingress(s, made, [{ hosts: [`${made.name}.${w.names.domain}`], secretName: 'wildcard-tls' }]);
      w.metric('probe_ssl_earliest_cert_expiry - time()', [
        {
          labels: {
            job: 'blackbox',
            instance: `https://${made.name}.${w.names.domain}/`,
            target: `https://${made.name}.${w.names.domain}/`,
          },
          value: well ? 60 * 86_400 : 4 * 86_400,
        },
      ]);
      return {
        about: 'A probe sees a certificate that ends in four days.',
        object,
        ask: {
          alert: {
            name: 'SSLCertExpiringSoon',
            labels: {
              job: 'blackbox',
              instance: `https://${made.name}.${w.names.domain}/`,
              target: `https://${made.name}.${w.names.domain}/`,
            },
          },
          namespace: made.namespace,
        },
      };
    },
  },
  {
    expired: (s) => {
      const { w } = s;
      const made = app(w, {});
      const name = `${made.name}-tls`;
      ingress(s, made, [{ hosts: [`${made.name}.${w.names.domain}`], secretName: name }]);
      w.add(
        'cert-manager.io/v1',
        'Certificate',
        { name, namespace: made.namespace, generation: 1 },
        {
          spec: {
            secretName: name,
            dnsNames: [`${made.name}.${w.names.domain}`],
            issuerRef: { name: 'letsencrypt', kind: 'ClusterIssuer' },
          },
          status: {
            notBefore: w.iso(60 * 24 * 91),
            notAfter: w.iso(60 * 24),
            renewalTime: w.iso(60 * 24 * 31),
            conditions: [
              {
                type: 'Ready',
                status: 'False',
                reason: 'Expired',
                message: `Certificate expired on ${w.iso(60 * 24)}`,
                lastTransitionTime: w.iso(60 * 24),
              },
            ],
          },
        },
      );
      return {
        about: 'Not soon: yesterday.',
        code: 'certificate-expired',
        object: [`Certificate ${made.namespace}/${name}`, `Ingress ${made.namespace}/${made.name}`],
        ask: { namespace: made.namespace },
      };
    },
  },
);

const endpoints = coded('service-no-ready-endpoints', {
  'all-unready': (s, well) => {
    const { w } = s;
    const made = app(w, { ...(well ? {} : { state: { is: 'running', ready: false, sinceMinutesAgo: 20 } }) });
    for (const pod of well ? [] : made.pods)
      pod.events.push({
        type: 'Warning',
        reason: 'Unhealthy',
        message: 'Readiness probe failed: HTTP probe failed with statuscode: 503',
        count: 120,
        fromMinutesAgo: 20,
        toMinutesAgo: 0.1,
        container: made.container,
      });
    return {
      about: 'No pod behind a Service is ready: the application says so of itself.',
      code: ['probe-failing', 'service-no-ready-endpoints'],
      object: [made.ref, made.service],
      also: [],
      alsoTrue: [...serving, 'probe-failing'],
      ask: { namespace: made.namespace, object: made.service.replace(' ', '/') },
    };
  },
});

/** Policies, ports, names and certificates between workloads: what probes and logs tell. */
export const servicePath = family('service-path', {
  ...policies,
  ...ports,
  ...names,
  ...tlsSecrets,
  ...expiring,
  ...endpoints,
});
