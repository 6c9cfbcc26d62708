import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadAll } from 'js-yaml';
import { z } from 'zod';

export const kubernetesFolder = join(import.meta.dirname, '../../deploy/kubernetes');

const ruleSchema = z.strictObject({
  apiGroups: z.array(z.string()).default([]),
  resources: z.array(z.string()).default([]),
  nonResourceURLs: z.array(z.string()).default([]),
  verbs: z.array(z.string()).min(1),
});
export type Rule = z.infer<typeof ruleSchema>;

const manifestSchema = z.looseObject({
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
});
export type Manifest = z.infer<typeof manifestSchema>;

/** The objects of one file of deploy/kubernetes. */
export function manifestsOf(file: string): Manifest[] {
  return loadAll(readFileSync(join(kubernetesFolder, file), 'utf8')).map((document) => manifestSchema.parse(document));
}

export function manifest(file: string, kind: string, name: string): Manifest {
  const found = manifestsOf(file).find((one) => one.kind === kind && one.metadata.name === name);
  if (found === undefined) throw new Error(`${file} has no ${kind} ${name}`);
  return found;
}

export function rulesOf(clusterRole: string, file = 'rbac.yaml'): Rule[] {
  return z.array(ruleSchema).parse(manifest(file, 'ClusterRole', clusterRole).rules);
}

/** One thing that an identity does, as RBAC counts: `get apps/deployments`, `get /readyz`. */
export type Deed = { readonly verb: string } & (
  | { readonly group: string; readonly resource: string }
  | { readonly path: string }
);

/** The deed that a request to the API server is. */
export function deedOf(method: string, url: string): Deed {
  const { pathname, searchParams } = new URL(url, 'http://cluster');
  const parts =
    /^\/(?:api\/v1|apis\/([^/]+)\/[^/]+)(?:\/namespaces\/[^/]+)?\/([a-z]+)(?:\/([^/]+)(?:\/([a-z]+))?)?$/.exec(
      pathname,
    );
  // `/api/v1/namespaces/shop` is the object, not a place.
  const [, group = '', resource, name, subresource] =
    parts ?? /^\/api\/v1()\/(namespaces)\/([^/]+)$/.exec(pathname) ?? [];
  if (resource === undefined) return { verb: method.toLowerCase(), path: pathname };
  const reads = name === undefined ? (searchParams.get('watch') === 'true' ? 'watch' : 'list') : 'get';
  const verb = method === 'GET' ? reads : method.toLowerCase();
  return { verb, group, resource: subresource === undefined ? resource : `${resource}/${subresource}` };
}

/** Whether RBAC lets these rules do it. Wildcards count as RBAC counts them. */
export function allows(rules: readonly Rule[], deed: Deed): boolean {
  return rules.some((rule) => {
    const has = (list: readonly string[], wanted: string) => list.includes('*') || list.includes(wanted);
    if (!has(rule.verbs, deed.verb)) return false;
    if ('path' in deed) return rule.nonResourceURLs.some((url) => covers(url, deed.path));
    return has(rule.apiGroups, deed.group) && has(rule.resources, deed.resource);
  });
}

function covers(url: string, path: string): boolean {
  return url.endsWith('*') ? path.startsWith(url.slice(0, -1)) : path === url;
}

/** Everything that the rules grant, one by one. Throws for a wildcard: what it grants cannot be counted. */
export function granted(rules: readonly Rule[]): string[] {
  return rules.flatMap(({ apiGroups, nonResourceURLs, resources, verbs }) => {
    if ([...apiGroups, ...resources, ...verbs].some((word) => word.includes('*')))
      throw new Error('a wildcard grants what nobody has looked at');
    const places = [...apiGroups.flatMap((group) => resources.map((one) => `${group}/${one}`)), ...nonResourceURLs];
    return places.flatMap((place) => verbs.map((verb) => `${verb} ${place}`));
  });
}
