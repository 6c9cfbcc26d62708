import { describe, expect, it } from 'vitest';
import {
  findResourceType,
  meansSecrets,
  resourceTypeOfKind,
  resourceTypes,
} from '../../../src/core/cluster/resource-types.ts';

describe('resourceTypes', () => {
  it('gives every word to one type only', () => {
    const words = resourceTypes.flatMap((type) => [...new Set([type.resource, type.singular, ...type.shortNames])]);
    expect(new Set(words).size).toBe(words.length);
    expect(resourceTypes.length).toBeGreaterThan(30);
  });

  it('knows no Secrets', () => {
    expect(resourceTypes.filter((type) => meansSecrets(type.resource) || type.kind === 'Secret')).toEqual([]);
  });

  it.each([
    ['pods', 'Pod'],
    ['Pod', 'Pod'],
    ['PO', 'Pod'],
    ['pods.v1.', 'Pod'],
    ['deploy.apps', 'Deployment'],
    ['deployment.v1.apps', 'Deployment'],
    ['ingresses.networking.k8s.io', 'Ingress'],
    ['endpoints', 'Endpoints'],
    ['pods.apps', undefined],
    ['deployments.v1beta1.apps', undefined],
    ['secrets', undefined],
    ['', undefined],
    ['constructor', undefined],
    ['pods.', undefined],
    ['pods.v1', undefined],
  ])('reads %s as %s', (word, kind) => {
    expect(findResourceType(word)?.kind).toBe(kind);
  });

  it.each(['secret', 'SECRETS', 'secrets.v1.', 'Secret.v1.x'])('sees Secrets in %s', (word) => {
    expect(meansSecrets(word)).toBe(true);
    expect(findResourceType(word)).toBeUndefined();
  });

  it('finds a type by kind and group', () => {
    expect(resourceTypeOfKind('Deployment')?.resource).toBe('deployments');
    expect(resourceTypeOfKind('Deployment', 'extensions/v1beta1')).toBeUndefined();
  });
});
