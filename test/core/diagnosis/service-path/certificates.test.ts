import { describe, expect, it } from 'vitest';
import type { MetricAnswer, Observations } from '../../../../src/core/diagnosis/observations.ts';
import { ago, hour, now } from '../../../support/shop-objects.ts';
import { app, codes, ingress, ingressClass, look, object, service } from './service-objects.ts';

const day = 24 * hour;
const certificate = (status: object, conditions: object[] = [{ type: 'Ready', status: 'True', reason: 'Ready' }]) =>
  object('Certificate', 'cert-manager.io/v1', 'shop', {
    spec: { secretName: 'shop-tls', dnsNames: ['shop.example'], issuerRef: { name: 'letsencrypt' } },
    status: { ...status, conditions },
  });
const failed = [
  { type: 'Ready', status: 'True', reason: 'Ready' },
  {
    type: 'Issuing',
    status: 'False',
    reason: 'Failed',
    message: 'The certificate request has failed to complete and will be retried: Failed to wait for order resource',
  },
];
const measured = (
  query: string,
  value: number,
  labels: Record<string, string> = { instance: 'https://shop.example/' },
): Partial<Observations> => ({
  metrics: [{ query, series: [{ labels, points: [{ at: now, value }] }] } satisfies MetricAnswer],
});
const seconds = (ms: number) => Math.round((now + ms) / 1000);

describe('certificate-expired', () => {
  it('is stated by the Certificate', () => {
    const expired = certificate({ notAfter: ago(hour), renewalTime: ago(30 * day) }, [
      { type: 'Ready', status: 'False', reason: 'Expired' },
    ]);
    expect(look([expired])).toMatchObject([
      {
        code: 'certificate-expired',
        object: { kind: 'Certificate', name: 'shop' },
        cause: { path: 'status.notAfter', observed: `expired at ${ago(hour)}` },
        confidence: 'high',
        since: now - hour,
      },
    ]);
  });

  it('is measured where no Certificate says, and names the Ingress', () => {
    const objects = [
      ...app({ name: 'checkout' }),
      service({ name: 'checkout' }),
      ingressClass('nginx'),
      ingress({
        name: 'shop',
        backend: 'checkout',
        spec: { tls: [{ hosts: ['shop.example'], secretName: 'by-hand' }], ingressClassName: 'nginx' },
      }),
    ];
    expect(look(objects, { observations: measured('probe_ssl_earliest_cert_expiry', seconds(-hour)) })).toMatchObject([
      {
        code: 'certificate-expired',
        object: { kind: 'Ingress', name: 'shop' },
        cause: { path: 'spec.tls[0].secretName' },
      },
    ]);
    expect(codes(objects, { observations: measured('probe_ssl_earliest_cert_expiry', seconds(60 * day)) })).toEqual([]);
    expect(
      codes(objects, {
        observations: measured('probe_ssl_earliest_cert_expiry', seconds(-hour), { instance: 'https://other.example' }),
      }),
    ).toEqual([]);
  });
});

describe('certificate-expiring', () => {
  it('is a renewal that is overdue', () => {
    expect(
      look([certificate({ notAfter: ago(-5 * day), renewalTime: ago(2 * day), lastFailureTime: ago(hour) }, failed)]),
    ).toMatchObject([
      {
        code: 'certificate-expiring',
        object: { kind: 'Certificate' },
        cause: { path: 'status.renewalTime', observed: expect.stringContaining(ago(-5 * day)) },
        confidence: 'high',
        summary: expect.stringContaining('Failed to wait for order'),
      },
    ]);
  });

  it.each<[query: string, value: number, labels: Record<string, string>]>([
    [
      'certmanager_certificate_expiration_timestamp_seconds',
      seconds(3 * day),
      { name: 'shop', exported_namespace: 'shop', namespace: 'cert-manager' },
    ],
    ['probe_ssl_earliest_cert_expiry{job="blackbox"} - time()', (3 * day) / 1000, { instance: 'shop.example:443' }],
    ['(probe_ssl_earliest_cert_expiry - time()) / 86400', 3, { target: 'https://shop.example' }],
    ['(probe_ssl_earliest_cert_expiry - time()) / 3600 < 24 * 14', 72, { target: 'https://shop.example/health' }],
  ])('reads %s', (query, value, labels) => {
    expect(look([certificate({})], { observations: measured(query, value, labels) })).toMatchObject([
      { code: 'certificate-expiring', cause: { observed: `expires at ${ago(-3 * day)}` } },
    ]);
  });

  it.each<[why: string, status: object]>([
    ['the renewal is not due', { notAfter: ago(-60 * day), renewalTime: ago(-30 * day) }],
    ['the certificate is a short one', { notAfter: ago(-6 * hour), renewalTime: ago(-2 * hour) }],
    ['the renewal fell due a moment ago', { notAfter: ago(-30 * day), renewalTime: ago(10 * 60_000) }],
    ['nothing was issued yet', {}],
  ])('is silent when %s', (_why, status) => {
    expect(codes([certificate(status)])).toEqual([]);
  });
});
