import { describe, expect, it } from 'vitest';
import type { WireObject } from '../../../src/core/cluster/object.ts';
import { analyzeImagePull } from '../../../src/core/diagnosis/analyzers/image-pull.ts';
import { analyzeServicePath } from '../../../src/core/diagnosis/analyzers/service-path.ts';
import { analyzeStartUp } from '../../../src/core/diagnosis/analyzers/start-up.ts';
import { ago, event, hour, minute, waiting } from '../../support/shop-objects.ts';
import { runAnalyzer } from './analyzers/run-analyzer.ts';
import { object as ingressOf } from './service-path/service-objects.ts';
import { app, podOf } from './start-up/app-objects.ts';

const allSecrets = { wholeLists: [{ kind: 'Secret', namespace: 'shop' }] } as const;

/** A Secret as a reader gives it that may read metadata alone. */
function secret(name: string, keys: readonly string[] = [], namespace = 'shop'): WireObject {
  const fields = Object.fromEntries(keys.map((key) => [`f:${key}`, {}]));
  const managedFields = [
    { manager: 'kubectl-create', operation: 'Update', time: ago(hour), fieldsV1: { 'f:data': fields } },
  ];
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace, managedFields } } as unknown as WireObject;
}

describe('a Secret that a pod waits for, where metadata of Secrets is read', () => {
  const key = { env: [{ name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'db-login', key: 'password' } } }] };
  const notFound = app({
    container: key,
    status: waiting('CreateContainerConfigError', 'secret "db-login" not found'),
  });
  const noKey = app({
    container: key,
    status: waiting('CreateContainerConfigError', "couldn't find key password in Secret shop/db-login"),
  });
  const volume = app({
    spec: { volumes: [{ name: 'tls', secret: { secretName: 'shop-tls' } }] },
    status: waiting('ContainerCreating'),
  });
  const run = (objects: readonly WireObject[], more: object = allSecrets) => runAnalyzer(analyzeStartUp, objects, more);

  it('is known to be missing, and the one that was meant is named', () => {
    expect(run([...notFound, secret('db-logins')])).toMatchObject([
      { code: 'secret-missing', cause: { observed: 'db-login', expected: 'db-logins' }, confidence: 'high' },
    ]);
  });

  it('is known to be missing without a word of the kubelet', () => {
    expect(run([...volume, secret('other')])).toMatchObject([
      {
        code: 'secret-missing',
        cause: { path: 'spec.template.spec.volumes[0].secret.secretName', observed: 'shop-tls' },
      },
    ]);
    expect(run([...volume, secret('other')], {})).toEqual([]);
  });

  it('is not blamed when it is there by now, whatever the kubelet said before', () => {
    expect(run([...notFound, secret('db-login')])).toEqual([]);
    const said = event({
      about: podOf(volume),
      reason: 'FailedMount',
      message: 'MountVolume.SetUp failed for volume "tls" : secret "shop-tls" not found',
    });
    expect(run([...volume, said]).map(({ code }) => code)).toEqual(['secret-missing']);
    expect(run([...volume, said, secret('shop-tls')])).toEqual([]);
  });

  it('is not taken for one of another namespace', () => {
    expect(run([...notFound, secret('db-login', [], 'other')])).toMatchObject([{ code: 'secret-missing' }]);
  });

  it('lacks a key as long as no writer is known to own it', () => {
    expect(run([...noKey, secret('db-login', ['pasword', 'user'])])).toMatchObject([
      { code: 'secret-key-missing', cause: { observed: 'password', expected: 'pasword' } },
    ]);
    expect(run([...noKey, secret('db-login')])).toMatchObject([{ code: 'secret-key-missing' }]);
    expect(run([...noKey, secret('db-login', ['password'])])).toEqual([]);
  });

  it('does not lack a key only because no writer of it is recorded', () => {
    const silent = app({ container: key, status: waiting('CreateContainerConfigError', '') });
    expect(run([...silent, secret('db-login', ['user'])])).toEqual([]);
  });

  it('is not meant by the records of Helm', () => {
    const record = { ...secret('sh.helm.release.v1.db-login.v1') };
    const labelled = { ...record, metadata: { ...record.metadata, labels: { owner: 'helm' } } };
    expect(run([...notFound, labelled])[0]?.cause.expected).not.toContain('helm');
  });
});

describe('a Secret that an Ingress presents, where metadata of Secrets is read', () => {
  const ingress = ingressOf('Ingress', 'networking.k8s.io/v1', 'shop', {
    spec: { tls: [{ hosts: ['shop.example'], secretName: 'shop-tls' }] },
  });
  const run = (objects: readonly WireObject[], more: object = allSecrets) =>
    runAnalyzer(analyzeServicePath, objects, more).filter(({ code }) => code === 'tls-secret-missing');

  it('needs no witness for being missing', () => {
    expect(run([ingress])).toMatchObject([
      { object: { kind: 'Ingress', name: 'shop' }, cause: { observed: 'shop-tls' } },
    ]);
    expect(run([ingress], {})).toEqual([]);
  });

  it('is there, whatever an event says', () => {
    const told = event({ about: ingress, reason: 'Warn', message: 'secret shop-tls not found', agoMs: minute });
    expect(run([ingress, told], {})).toHaveLength(1);
    expect(run([ingress, told, secret('shop-tls')])).toEqual([]);
  });
});

describe('a pull secret, where metadata of Secrets is read', () => {
  const failed = app({
    spec: { imagePullSecrets: [{ name: 'regcred' }] },
    status: waiting('ImagePullBackOff', 'failed to authorize: 401 Unauthorized'),
  });
  const lost = event({
    about: podOf(failed),
    reason: 'FailedToRetrieveImagePullSecret',
    message: 'Unable to retrieve some image pull secrets (regcred); attempting to pull the image may not succeed.',
  });

  it.each<[what: string, objects: WireObject[], path: string]>([
    ['is blamed when it is not there', [], 'spec.template.spec.imagePullSecrets[0].name'],
    ['is not blamed when it is there by now', [secret('regcred')], 'spec.template.spec.containers[0].image'],
  ])('%s', (_what, secrets, path) => {
    expect(runAnalyzer(analyzeImagePull, [...failed, lost, ...secrets], allSecrets)).toMatchObject([
      { code: 'image-access-denied', cause: { path } },
    ]);
  });
});
