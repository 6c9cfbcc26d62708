import type { ApiFailure } from './status.ts';

/** Rights of the sandbox's users. `nobody` is a known user that may do nothing; `admin` is `system:masters`. */
export type Role = 'admin' | 'operator' | 'reader' | 'nobody';
export type User = {
  readonly name: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly role: Role | 'anonymous';
};

export type Attributes =
  | {
      readonly verb: string;
      readonly group: string;
      readonly resource: string;
      readonly subresource: string | undefined;
      readonly namespace: string | undefined;
      readonly name: string | undefined;
    }
  | { readonly verb: string; readonly path: string };

type Rule = { readonly verbs: readonly string[]; readonly resources: readonly string[] };

const reads = ['get', 'list', 'watch'];
// As the read role in a real cluster should be: everything that explains a failure, and no secrets.
const readerRules: Rule[] = [
  { verbs: reads, resources: ['*'] },
  { verbs: ['get'], resources: ['pods/log'] },
];
const rulesOf: Readonly<Record<Exclude<User['role'], 'admin'>, readonly Rule[]>> = {
  anonymous: [],
  nobody: [],
  reader: readerRules,
  operator: [
    ...readerRules,
    {
      verbs: ['patch'],
      resources: ['deployments', 'statefulsets', 'daemonsets', 'nodes', 'horizontalpodautoscalers', 'cronjobs'],
    },
    { verbs: ['delete'], resources: ['pods', 'jobs'] },
    { verbs: ['create'], resources: ['pods/eviction'] },
  ],
};

const publicPaths = /^\/(healthz|livez|readyz|version)(\/|$)/;
const discoveryPaths = /^\/(api|apis)(\/|$)/;

export function isAllowed(user: User, wanted: Attributes): boolean {
  if (user.role === 'admin') return true;
  if ('path' in wanted) {
    if (wanted.verb !== 'get') return false;
    // Roles system:public-info-viewer (everybody) and system:discovery (everybody with an account).
    return publicPaths.test(wanted.path) || (user.role !== 'anonymous' && discoveryPaths.test(wanted.path));
  }
  // Role system:basic-user: everybody with an account may ask what they may do.
  const asksAboutItself = wanted.resource === 'selfsubjectaccessreviews' || wanted.resource === 'selfsubjectreviews';
  if (asksAboutItself) return user.role !== 'anonymous' && wanted.verb === 'create';
  const resource = wanted.subresource === undefined ? wanted.resource : `${wanted.resource}/${wanted.subresource}`;
  return rulesOf[user.role].some(({ verbs, resources }) => {
    const covered =
      resources.includes(resource) || (resources.includes('*') && !resource.includes('/') && resource !== 'secrets');
    return covered && verbs.includes(wanted.verb);
  });
}

export function forbidden(user: User, wanted: Attributes): ApiFailure {
  if ('path' in wanted) {
    const message = `forbidden: User "${user.name}" cannot ${wanted.verb} path "${wanted.path}"`;
    return { code: 403, reason: 'Forbidden', message, details: {} };
  }
  const { group, name = '', namespace, subresource, verb } = wanted;
  const resource = subresource === undefined ? wanted.resource : `${wanted.resource}/${subresource}`;
  const qualified = group === '' ? wanted.resource : `${wanted.resource}.${group}`;
  const where = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const subject = name === '' ? qualified : `${qualified} "${name}"`;
  const why = `User "${user.name}" cannot ${verb} resource "${resource}" in API group "${group}" ${where}`;
  const details = { ...(name === '' ? {} : { name }), ...(group === '' ? {} : { group }), kind: wanted.resource };
  return { code: 403, reason: 'Forbidden', message: `${subject} is forbidden: ${why}`, details };
}
