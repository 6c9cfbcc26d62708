import type { CaseContext } from './case-context.ts';
import { resourceOf } from './resource-paths.ts';

export type CustomKind = 'GatewayClass' | 'Gateway' | 'HTTPRoute' | 'Certificate';

/** Installs definitions of kinds that Kubernetes does not bring, without a schema: what is stored in them is ours to get right. Definitions that are there stay. */
export async function define({ lab: { admin }, until }: CaseContext, kinds: readonly CustomKind[]): Promise<void> {
  for (const kind of kinds) {
    const { apiVersion, resource, namespaced } = resourceOf(kind);
    const [group = '', version = ''] = apiVersion.split('/');
    await admin.request('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      // Groups of the *.k8s.io community are guarded; this is what lets a definition in that is not theirs.
      metadata: {
        name: `${resource}.${group}`,
        annotations: { 'api-approved.kubernetes.io': 'unapproved, for the capture of cases' },
      },
      spec: {
        group,
        scope: namespaced ? 'Namespaced' : 'Cluster',
        names: { plural: resource, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
        versions: [
          {
            name: version,
            served: true,
            storage: true,
            subresources: { status: {} },
            schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          },
        ],
      },
    });
    await until(
      `${kind} to be served`,
      async () => (await admin.request('GET', `/apis/${apiVersion}/${resource}`)).status === 200,
    );
  }
}
