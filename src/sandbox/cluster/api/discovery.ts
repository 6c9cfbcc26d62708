import type { Answer } from './exchange.ts';
import { type KindInfo, kinds } from './kinds.ts';

/** Health, version and API discovery. Undefined for a path that the API server does not know. */
export function answerPath(path: string, query: URLSearchParams): Answer | undefined {
  const clean = path.replace(/\/+$/, '');
  if (clean === '/healthz' || clean === '/livez' || clean === '/readyz') return health(clean.slice(1), query);
  if (clean === '/version') return { code: 200, body: version };
  if (clean === '/api') {
    return { code: 200, body: { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] } };
  }
  if (clean === '/apis')
    return { code: 200, body: { kind: 'APIGroupList', apiVersion: 'v1', groups: groups().map(groupOf) } };
  if (clean === '/api/v1')
    return {
      code: 200,
      body: resourceList(
        'v1',
        kinds.filter(({ group }) => group === ''),
      ),
    };
  const [, group = '', groupVersion] = /^\/apis\/([^/]+)(?:\/([^/]+))?$/.exec(clean) ?? [];
  const members = kinds.filter((info) => info.group === group && (groupVersion ?? info.version) === info.version);
  if (group === '' || members.length === 0) return undefined;
  if (groupVersion === undefined) return { code: 200, body: { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(group) } };
  return { code: 200, body: resourceList(`${group}/${groupVersion}`, members) };
}

const version = {
  major: '1',
  minor: '35',
  gitVersion: 'v1.35.4+simulated',
  gitCommit: 'unknown',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: 'unknown',
  compiler: 'unknown',
  platform: 'simulated',
};

const checks = [
  'ping',
  'log',
  'etcd',
  'informer-sync',
  'poststarthook/start-apiserver-admission-initializer',
  'shutdown',
];

function health(which: string, query: URLSearchParams): Answer {
  if (!query.has('verbose')) return { code: 200, body: 'ok', contentType: 'text/plain' };
  const lines = checks.map((check) => `[+]${check} ok`);
  return { code: 200, body: `${lines.join('\n')}\n${which} check passed\n`, contentType: 'text/plain' };
}

function groups(): string[] {
  return [...new Set(kinds.map(({ group }) => group))].filter((group) => group !== '');
}

function groupOf(name: string) {
  const versions = [...new Set(kinds.filter(({ group }) => group === name).map((info) => info.version))];
  const listed = versions.map((one) => ({ groupVersion: `${name}/${one}`, version: one }));
  return { name, versions: listed, preferredVersion: listed[0] };
}

function resourceList(groupVersion: string, members: readonly KindInfo[]) {
  const verbs = ['create', 'delete', 'get', 'list', 'patch', 'watch'];
  const resources = members.flatMap(({ hasStatus, kind, namespaced, plural, shortNames }) => [
    {
      name: plural,
      singularName: kind.toLowerCase(),
      namespaced,
      kind,
      verbs,
      ...(shortNames.length === 0 ? {} : { shortNames }),
    },
    ...(hasStatus ? [{ name: `${plural}/status`, singularName: '', namespaced, kind, verbs: ['get', 'patch'] }] : []),
    ...(kind === 'Pod'
      ? [
          {
            name: 'pods/eviction',
            singularName: '',
            namespaced,
            group: 'policy',
            version: 'v1',
            kind: 'Eviction',
            verbs: ['create'],
          },
          { name: 'pods/log', singularName: '', namespaced, kind, verbs: ['get'] },
        ]
      : []),
  ]);
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources };
}
