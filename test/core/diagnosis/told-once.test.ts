import { describe, expect, it } from 'vitest';
import { createClusterView } from '../../../src/core/cluster/cluster-view.ts';
import type { WireObject } from '../../../src/core/cluster/object.ts';
import { diagnose } from '../../../src/core/diagnosis/diagnose.ts';
import { createRedactor } from '../../../src/core/evidence/redaction.ts';
import { ago, hour, now } from '../../support/shop-objects.ts';
import { api, database, logOf, theNode, wholeLists } from './app-configuration/api-shop.ts';

const redactor = createRedactor({ key: 'test' });
const refusal =
  'Get "https://vault.shop.svc:8200/v1": tls: failed to verify certificate: x509: certificate has expired or is not yet valid';

function certificate(name: string, host: string): WireObject {
  return {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata: { name, namespace: 'shop', uid: `uid-cert-${name}`, creationTimestamp: ago(2000 * hour) },
    spec: { secretName: name, dnsNames: [host], issuerRef: { name: 'ca' } },
    status: {
      notAfter: ago(3 * hour),
      conditions: [{ type: 'Ready', status: 'False', reason: 'Expired', lastTransitionTime: ago(3 * hour) }],
    },
  } as unknown as WireObject;
}

function look(certificates: readonly WireObject[]) {
  const env = [{ name: 'VAULT_ADDR', value: 'https://vault.shop.svc:8200' }];
  const objects = [theNode, ...api({ env }), ...database({ name: 'vault', port: 8200 }), ...certificates];
  const view = createClusterView(objects, [logOf(refusal)], wholeLists);
  return diagnose(view, { namespace: 'shop' }, { now, missing: [], redactor });
}

describe('what two families find of one place', () => {
  it('is one finding with the evidence of both and a recommendation', () => {
    const { findings, evidence } = look([certificate('vault-tls', 'vault.shop.svc')]);
    const expired = findings.filter(({ code }) => code === 'certificate-expired');
    expect(expired).toHaveLength(1);
    expect(expired[0]?.recommendation?.text).toContain('renewal');
    const told = evidence.filter(({ id }) => expired[0]?.evidence.includes(id));
    expect(new Set(told.map(({ kind }) => kind))).toEqual(new Set(['object', 'event', 'log']));
  });

  it('stays two where the objects are two', () => {
    const { findings } = look([certificate('vault-tls', 'vault.shop.svc'), certificate('other-tls', 'other.shop.svc')]);
    expect(
      findings
        .filter(({ code }) => code === 'certificate-expired')
        .map(({ object }) => object.name)
        .toSorted(),
    ).toEqual(['other-tls', 'vault-tls']);
  });
});
