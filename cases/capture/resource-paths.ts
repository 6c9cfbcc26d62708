import { resourceTypes } from '../../src/core/cluster/resource-types.ts';

type Resource = {
  readonly apiVersion: string;
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
};

// Kinds that the co-pilot never asks for by name, but that a fault may need.
const others: readonly Resource[] = [
  { apiVersion: 'v1', resource: 'secrets', kind: 'Secret', namespaced: true },
  {
    apiVersion: 'admissionregistration.k8s.io/v1',
    resource: 'validatingadmissionpolicies',
    kind: 'ValidatingAdmissionPolicy',
    namespaced: false,
  },
  {
    apiVersion: 'admissionregistration.k8s.io/v1',
    resource: 'validatingadmissionpolicybindings',
    kind: 'ValidatingAdmissionPolicyBinding',
    namespaced: false,
  },
];

/** Kinds that are cleaned away before a case and captured with it, when they are there. */
export const capturedResources: readonly Resource[] = [...resourceTypes, ...others].filter(
  ({ kind, apiVersion }) =>
    !/^(Secret|ComponentStatus|CustomResourceDefinition)$/.test(kind) && !apiVersion.startsWith('rbac.'),
);

export function resourceOf(kind: string): Resource {
  const found = [...resourceTypes, ...others].find((resource) => resource.kind === kind);
  if (found === undefined) throw new Error(`no resource is known for kind ${kind}`);
  return found;
}

/** The path of all objects of a resource, or of those of one namespace. */
export function listPath({ apiVersion, resource, namespaced }: Resource, namespace?: string): string {
  const root = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
  return namespaced && namespace !== undefined ? `${root}/namespaces/${namespace}/${resource}` : `${root}/${resource}`;
}

export function objectPath(kind: string, namespace: string | undefined, name: string): string {
  return `${listPath(resourceOf(kind), namespace)}/${name}`;
}
