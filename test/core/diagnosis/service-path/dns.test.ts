import { describe, expect, it } from 'vitest';
import type { WireObject } from '../../../../src/core/cluster/object.ts';
import { app, codes, logOf, look, object, podOf, policy, service, slice } from './service-objects.ts';

const corefile = `.:53 {
    errors
    health {
       lameduck 5s
    }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30
    loop
    reload
    loadbalance
}
`;
const ports = [
  { name: 'dns', containerPort: 53, protocol: 'UDP' },
  { name: 'dns-tcp', containerPort: 53, protocol: 'TCP' },
];
const labels = { 'k8s-app': 'kube-dns' };
const coredns = (given: Partial<Parameters<typeof app>[0]> = {}) =>
  app({
    name: 'coredns',
    namespace: 'kube-system',
    labels,
    ports,
    podSpec: { volumes: [{ name: 'config-volume', configMap: { name: 'coredns' } }] },
    ...given,
  });
const config = (text = corefile) =>
  object('ConfigMap', 'v1', 'coredns', { data: { Corefile: text } }, { namespace: 'kube-system' });
const kubeDns = (selector: Record<string, string> = labels, targetPort: unknown = 53) =>
  service({
    name: 'kube-dns',
    namespace: 'kube-system',
    selector,
    ip: '10.96.0.10',
    labels,
    ports: [
      { name: 'dns', port: 53, protocol: 'UDP', targetPort },
      { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort },
    ],
  });
const shop = [...app({ name: 'web' }), ...app({ name: 'checkout' }), service({ name: 'checkout' })];
const timeout = (pod: WireObject) => logOf(pod, 'getaddrinfo EAI_AGAIN checkout.shop.svc.cluster.local\n');
const noSuchHost = (pod: WireObject) => logOf(pod, 'dial tcp: lookup checkout on 10.96.0.10:53: no such host\n');
const webPod = podOf(shop);

const textOf = (pod: WireObject) => (pod as unknown as { spec: { nodeName: string } }).spec.nodeName;

describe('dns-failing', () => {
  it.each<[why: string, objects: WireObject[], kind: string, path: string, observed: string, expected: string]>([
    [
      'CoreDNS that is scaled to zero',
      [...coredns({ replicas: 0 }), kubeDns(), config()],
      'Deployment',
      'spec.replicas',
      '0',
      'at least 1 (2 by default)',
    ],
    [
      'a Service that selects others',
      [...coredns(), kubeDns({ 'k8s-app': 'core-dns' }), config()],
      'Service',
      'spec.selector.k8s-app',
      'core-dns',
      'kube-dns',
    ],
    [
      'a Service that sends to a port that is not there',
      [...coredns(), kubeDns(labels, 'domain'), config()],
      'Service',
      'spec.ports[0].targetPort',
      'domain',
      'the DNS port of the pods (53)',
    ],
    [
      'a plugin that is misspelt',
      [...coredns({ ready: false }), kubeDns(), config(corefile.replace('forward', 'foward'))],
      'ConfigMap',
      'data.Corefile',
      'line 13: foward',
      'forward',
    ],
    [
      'a brace that is not closed',
      [...coredns({ ready: false }), kubeDns(), config(corefile.replace(/\}\n$/, ''))],
      'ConfigMap',
      'data.Corefile',
      'line 1: a { that is not closed',
      'braces in pairs',
    ],
    [
      'pods of which none is ready',
      [...coredns({ ready: false }), kubeDns(), config()],
      'Deployment',
      'status.readyReplicas',
      '0 of 2',
      'at least 1',
    ],
  ])('finds %s', (_why, objects, kind, path, observed, expected) => {
    expect(look([...shop, ...objects])).toMatchObject([
      {
        code: 'dns-failing',
        object: { kind, namespace: 'kube-system' },
        cause: { path, observed, expected },
        confidence: 'high',
      },
    ]);
  });

  it('believes the log of CoreDNS while it does not start', () => {
    const down = coredns({ ready: false });
    const logs = [
      logOf(podOf(down), "/etc/coredns/Corefile:3 - Error during parsing: Unknown directive 'healthz'\n", {
        previous: true,
      }),
    ];
    expect(
      look([...shop, ...down, kubeDns(), config(corefile.replace('health', 'healthz99'))], { logs }),
    ).toMatchObject([
      {
        object: { kind: 'ConfigMap', name: 'coredns' },
        cause: { path: 'data.Corefile', observed: expect.stringContaining('Unknown directive') },
        confidence: 'high',
      },
    ]);
    const loop = [
      logOf(
        podOf(down),
        '[FATAL] plugin/loop: Loop (127.0.0.1:38083 -> :53) detected for zone ".", see https://coredns.io/plugins/loop#troubleshooting. Query: "HINFO 1."\n',
      ),
    ];
    expect(look([...shop, ...down, kubeDns(), config()], { logs: loop })).toMatchObject([
      { object: { kind: 'ConfigMap' }, cause: { observed: 'forward . /etc/resolv.conf' } },
    ]);
    expect(codes([...shop, ...coredns(), kubeDns(), config()], { logs })).toEqual([]);
  });

  it('sees that CoreDNS answers for another domain', () => {
    const wrong = config(corefile.replace('cluster.local', 'cluster.locl'));
    expect(look([...shop, ...coredns(), kubeDns(), wrong], { logs: [noSuchHost(webPod)] })).toMatchObject([
      {
        object: { kind: 'ConfigMap' },
        cause: { path: 'data.Corefile', observed: 'kubernetes cluster.locl in-addr.arpa ip6.arpa' },
      },
    ]);
  });

  it('names CoreDNS when several workloads cannot look up what exists', () => {
    const others = app({ name: 'cart' });
    const objects = [...shop, ...others, ...coredns(), kubeDns(), config()];
    expect(look(objects, { logs: [timeout(webPod), timeout(podOf(others))] })).toMatchObject([
      {
        code: 'dns-failing',
        object: { kind: 'Deployment', name: 'coredns' },
        confidence: 'low',
        affects: expect.arrayContaining([expect.objectContaining({ name: 'web' })]),
      },
    ]);
    expect(codes(objects, { logs: [timeout(webPod)] })).toEqual([]);
  });

  it('names the workload whose pods ask somebody else', () => {
    const web = app({ name: 'web', podSpec: { dnsPolicy: 'None', dnsConfig: { nameservers: ['192.0.2.53'] } } });
    const objects = [
      ...web,
      ...app({ name: 'checkout' }),
      service({ name: 'checkout' }),
      ...coredns(),
      kubeDns(),
      config(),
    ];
    expect(look(objects, { logs: [noSuchHost(podOf(web))] })).toMatchObject([
      {
        code: 'dns-failing',
        object: { kind: 'Deployment', name: 'web' },
        cause: { path: 'spec.template.spec.dnsPolicy', observed: 'None' },
        confidence: 'high',
      },
    ]);
    expect(codes(objects)).toEqual([]);
  });

  it('says which server CoreDNS cannot reach', () => {
    const running = coredns();
    const line = '[ERROR] plugin/errors: 2 api.pay.example. A: read udp 10.244.0.3:41000->10.0.0.2:53: i/o timeout\n';
    const logs = [
      logOf(podOf(running), line.repeat(5)),
      logOf(webPod, 'Error: getaddrinfo EAI_AGAIN api.pay.example\n'),
    ];
    expect(look([...shop, ...running, kubeDns(), config()], { logs })).toMatchObject([
      { object: { kind: 'ConfigMap' }, summary: expect.stringContaining('10.0.0.2:53') },
    ]);
  });

  it('is sure where the Corefile names the silent server and a caller lacks the very name', () => {
    const running = coredns();
    const named = config(corefile.replace('/etc/resolv.conf', '10.0.0.2'));
    const line = (server: string) =>
      `[ERROR] plugin/errors: 2 api.pay.example. A: read udp 10.244.0.3:41000->${server}:53: i/o timeout\n`;
    const caller = logOf(webPod, 'Error: getaddrinfo EAI_AGAIN api.pay.example\n');
    const objects = [...shop, ...running, kubeDns(), named];
    const said = (server: string, times: number) => logOf(podOf(running), line(server).repeat(times));
    expect(look(objects, { logs: [said('10.0.0.2', 4), caller] })).toMatchObject([
      { code: 'dns-failing', object: { kind: 'ConfigMap' }, cause: { observed: 'forward . 10.0.0.2' } },
    ]);
    // Nobody feels it; it is seldom; the lines are from before the Corefile was changed.
    expect(codes(objects, { logs: [said('10.0.0.2', 4)] })).toEqual([]);
    expect(codes(objects, { logs: [said('10.0.0.2', 2), caller] })).toEqual([]);
    expect(codes(objects, { logs: [said('10.0.0.9', 4), caller] })).toEqual([]);
  });

  it('takes the share of failures that CoreDNS counts for a witness', () => {
    const running = coredns();
    const line = '[ERROR] plugin/errors: 2 api.pay.example. A: read udp 10.244.0.3:41000->10.0.0.2:53: i/o timeout\n';
    const counted = (failures: number) => ({
      metrics: [
        {
          query: 'sum by (rcode) (rate(coredns_dns_responses_total[5m]))',
          series: [
            { labels: { rcode: 'NOERROR' }, points: [{ at: 0, value: 90 }] },
            { labels: { rcode: 'SERVFAIL' }, points: [{ at: 0, value: failures }] },
          ],
        },
      ],
    });
    const objects = [...shop, ...running, kubeDns(), config()];
    const logs = [logOf(podOf(running), line.repeat(5))];
    expect(codes(objects, { logs, observations: counted(40) })).toEqual(['dns-failing']);
    expect(codes(objects, { logs, observations: counted(1) })).toEqual([]);
  });

  it('names the cache of a node when it is down and a pod of that node resolves nothing', () => {
    const cache = (ready: boolean) => [
      object('DaemonSet', 'apps/v1', 'node-local-dns', { spec: { template: {} } }, { namespace: 'kube-system' }),
      object(
        'Pod',
        'v1',
        'node-local-dns-a',
        {
          spec: { nodeName: textOf(webPod), containers: [{ name: 'node-cache' }] },
          status: {
            phase: 'Running',
            conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
            containerStatuses: [
              { name: 'node-cache', ready, restartCount: 4, state: { waiting: { reason: 'CrashLoopBackOff' } } },
            ],
          },
        },
        {
          namespace: 'kube-system',
          ownerReferences: [
            {
              apiVersion: 'apps/v1',
              kind: 'DaemonSet',
              name: 'node-local-dns',
              uid: 'uid-daemonset-node-local-dns',
              controller: true,
            },
          ],
        },
      ),
    ];
    const objects = (ready: boolean) => [...shop, ...coredns(), kubeDns(), config(), ...cache(ready)];
    expect(look(objects(false), { logs: [timeout(webPod)] })).toMatchObject([
      { code: 'dns-failing', object: { kind: 'DaemonSet', name: 'node-local-dns' } },
    ]);
    expect(codes(objects(false))).toEqual([]);
    expect(codes(objects(true), { logs: [timeout(webPod)] })).toEqual([]);
  });

  it.each<[why: string, objects: WireObject[]]>([
    ['all is well', [...shop, ...coredns(), kubeDns(), config()]],
    [
      'its autoscaler is at zero',
      [
        ...shop,
        ...coredns(),
        kubeDns(),
        ...app({
          name: 'coredns-autoscaler',
          namespace: 'kube-system',
          replicas: 0,
          labels: { 'k8s-app': 'coredns-autoscaler' },
        }),
      ],
    ],
    [
      'the Service has ready endpoints from elsewhere',
      [...shop, ...coredns({ replicas: 0 }), kubeDns(), slice(kubeDns(), 2)],
    ],
    ['CoreDNS was not read', [...shop, kubeDns()]],
  ])('is silent when %s', (_why, objects) => {
    expect(codes(objects)).toEqual([]);
  });

  it('leaves a lookup that a policy stops to the policy', () => {
    const deny = policy('egress', {
      podSelector: {},
      policyTypes: ['Egress'],
      egress: [{ to: [{ podSelector: {} }] }],
    });
    const [first] = look([...shop, ...coredns(), kubeDns(), config(), deny], { logs: [timeout(webPod)] });
    expect(first).toMatchObject({ code: 'network-policy-blocks', cause: { path: 'spec.egress' } });
  });

  it('does not mistake a name that does not exist for a failure', () => {
    const others = app({ name: 'cart' });
    const nowhere = (pod: WireObject) => logOf(pod, 'lookup nowhere.shop on 10.96.0.10:53: no such host\n');
    expect(
      codes([...shop, ...others, ...coredns(), kubeDns(), config()], {
        logs: [nowhere(webPod), nowhere(podOf(others))],
      }),
    ).toEqual([]);
  });
});
