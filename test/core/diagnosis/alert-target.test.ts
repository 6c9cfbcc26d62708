import { describe, expect, it } from 'vitest';
import { createClusterView } from '../../../src/core/cluster/cluster-view.ts';
import type { WireObject } from '../../../src/core/cluster/object.ts';
import { type AlertLabels, alertTargetOf, resolveAlertTarget } from '../../../src/core/diagnosis/alert-target.ts';
import { healthyShop, node, pod } from '../../support/shop-objects.ts';
import { ingress, service } from './service-path/service-objects.ts';

const scraper = {
  job: 'kube-state-metrics',
  instance: '10.0.0.9:8080',
  service: 'kube-state-metrics',
  endpoint: 'http',
};

describe('alertTargetOf', () => {
  it.each<[why: string, labels: AlertLabels, namespace: string | undefined, candidates: string[]]>([
    [
      'a workload of kube-state-metrics, honouring labels',
      {
        ...scraper,
        namespace: 'shop',
        deployment: 'checkout',
        pod: 'kube-state-metrics-abc',
        container: 'kube-state-metrics',
      },
      'shop',
      ['Deployment checkout', 'Pod kube-state-metrics-abc'],
    ],
    [
      'a pod of kube-state-metrics, honouring labels',
      { ...scraper, namespace: 'shop', pod: 'checkout-1-aaaaa', container: 'checkout' },
      'shop',
      ['Pod checkout-1-aaaaa'],
    ],
    [
      'a pod of kube-state-metrics, labels renamed',
      {
        ...scraper,
        namespace: 'monitoring',
        pod: 'kube-state-metrics-abc',
        exported_namespace: 'shop',
        exported_pod: 'checkout-1-aaaaa',
        exported_container: 'checkout',
      },
      'shop',
      ['Pod checkout-1-aaaaa'],
    ],
    [
      'a workload, labels renamed',
      {
        ...scraper,
        namespace: 'monitoring',
        pod: 'kube-state-metrics-abc',
        exported_namespace: 'shop',
        deployment: 'checkout',
      },
      'shop',
      ['Deployment checkout', 'Pod kube-state-metrics-abc'],
    ],
    [
      'a Job by job_name, not by the scrape job',
      { ...scraper, namespace: 'shop', job_name: 'nightly' },
      'shop',
      ['Job nightly'],
    ],
    ['a node, seen by kube-state-metrics', { ...scraper, namespace: 'monitoring', node: 'n1' }, undefined, ['Node n1']],
    [
      'a node, seen by node-exporter',
      { job: 'node-exporter', namespace: 'monitoring', pod: 'node-exporter-x', instance: 'n1:9100' },
      undefined,
      ['Node n1'],
    ],
    [
      'kube-state-metrics itself',
      { ...scraper, namespace: 'monitoring', pod: 'kube-state-metrics-abc', container: 'kube-state-metrics' },
      'monitoring',
      ['Pod kube-state-metrics-abc'],
    ],
    [
      'a pod seen by the kubelet, on a node',
      {
        job: 'kubelet',
        namespace: 'shop',
        pod: 'checkout-1-aaaaa',
        container: 'checkout',
        node: 'n1',
        instance: '10.0.0.1:10250',
      },
      'shop',
      ['Pod checkout-1-aaaaa'],
    ],
    [
      'an application by its own metrics',
      { job: 'checkout', service: 'checkout', namespace: 'shop', pod: 'checkout-1-aaaaa' },
      'shop',
      ['Pod checkout-1-aaaaa', 'Service checkout'],
    ],
    ['a namespace alone', { namespace: 'shop' }, 'shop', []],
    [
      'an autoscaler, whatever its exporter is called',
      {
        job: 'kube-state-metrics',
        namespace: 'shop',
        horizontalpodautoscaler: 'checkout',
        pod: 'ksm-1',
        service: 'ksm',
      },
      'shop',
      ['HorizontalPodAutoscaler checkout', 'Pod ksm-1'],
    ],
    [
      'a Certificate, which cert-manager calls by its name alone',
      { job: 'cert-manager', exported_namespace: 'shop', namespace: 'infra', name: 'shop-tls', pod: 'cert-manager-1' },
      'shop',
      ['Certificate shop-tls', 'Pod cert-manager-1'],
    ],
    ['a name that is nobody’s', { job: 'checkout', namespace: 'shop', name: 'shop-tls' }, 'shop', []],
    [
      'a taint of a node, whatever its exporter is called',
      { job: 'kube-state-metrics', namespace: 'monitoring', node: 'n1', key: 'k', effect: 'NoSchedule', pod: 'ksm-1' },
      'monitoring',
      ['Pod ksm-1', 'Node n1'],
    ],
    [
      'a pod beside its node',
      { job: 'kube-state-metrics', namespace: 'shop', node: 'n1', pod: 'checkout-1-aaaaa' },
      'shop',
      ['Pod checkout-1-aaaaa'],
    ],
    ['nothing', { alertname: 'X', job: 'checkout' }, undefined, []],
  ])('reads %s', (_why, labels, namespace, candidates) => {
    const target = alertTargetOf(labels);
    expect(target.namespace).toBe(namespace);
    expect(target.candidates.map(({ kind, name }) => `${kind} ${name}`)).toEqual(candidates);
  });
});

describe('resolveAlertTarget', () => {
  const view = createClusterView(healthyShop());
  it.each<[labels: AlertLabels, kind: string, name: string]>([
    [{ namespace: 'shop', deployment: 'checkout' }, 'Deployment', 'checkout'],
    [{ namespace: 'shop', pod: 'checkout-1-aaaaa' }, 'Pod', 'checkout-1-aaaaa'],
    [{ namespace: 'shop', pod: 'checkout-1-gone9' }, 'Deployment', 'checkout'],
    [{ namespace: 'shop', pod: 'checkout-77fd9-gone9' }, 'Deployment', 'checkout'],
  ])('finds %j among what was read', (labels, kind, name) => {
    expect(resolveAlertTarget(view, alertTargetOf(labels))).toMatchObject({ kind, name });
  });

  const blackbox = {
    job: 'blackbox',
    namespace: 'monitoring',
    pod: 'blackbox-exporter-1',
    service: 'blackbox-exporter',
  };
  const addressed: WireObject = {
    ...node('n7'),
    ...{ status: { addresses: [{ type: 'InternalIP', address: '10.9.0.7' }] } },
  };
  const reachable = createClusterView([
    ...healthyShop(),
    addressed,
    service({ name: 'checkout' }),
    ingress({ name: 'front', backend: 'checkout', host: 'shop.example' }),
    ingress({ name: 'wild', backend: 'checkout', host: '*.apps.example' }),
    pod({ name: 'blackbox-exporter-1', namespace: 'monitoring', owner: null }),
  ]);
  it.each<[labels: AlertLabels, kind: string, name: string]>([
    [{ ...blackbox, instance: 'https://shop.example/cart' }, 'Ingress', 'front'],
    [{ ...blackbox, instance: 'https://a.apps.example' }, 'Ingress', 'wild'],
    [{ ...blackbox, target: 'shop.example:443', instance: '10.0.0.9:9115' }, 'Ingress', 'front'],
    [{ ...blackbox, instance: 'http://checkout.shop.svc:80/health' }, 'Service', 'checkout'],
    [{ job: 'node-exporter', namespace: 'monitoring', pod: 'ne-x2k', instance: '10.9.0.7:9100' }, 'Node', 'n7'],
    [{ ...blackbox, instance: 'https://elsewhere.example' }, 'Pod', 'blackbox-exporter-1'],
  ])('finds what answers at %j', (labels, kind, name) => {
    expect(resolveAlertTarget(reachable, alertTargetOf(labels))).toMatchObject({ kind, name });
  });

  it('takes no address from those who only say where they run', () => {
    expect(alertTargetOf({ job: 'checkout', namespace: 'shop', instance: 'shop.example:8080' }).host).toBeUndefined();
  });

  it('finds nothing for what was never there', () => {
    expect(resolveAlertTarget(view, alertTargetOf({ namespace: 'shop', deployment: 'gone' }))).toBeUndefined();
    expect(
      resolveAlertTarget(createClusterView([pod({ name: 'x' })]), alertTargetOf({ namespace: 'other', pod: 'x' })),
    ).toBeUndefined();
  });
});
