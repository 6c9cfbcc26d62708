import { randomBytes } from 'node:crypto';
import { dump } from 'js-yaml';

/**
 * Who can talk to a test cluster. Rights come from rbac.yaml, except: `admin` is in system:masters, `prometheus` may only
 * read /metrics (system:monitoring), `nobody` is known to the cluster and may do nothing.
 */
export const clusterUsers = ['admin', 'operator', 'reader', 'nobody', 'prometheus', 'exporter'] as const;
export type ClusterUser = (typeof clusterUsers)[number];

/** One bearer token for each user, new in every run. */
export type Tokens = Readonly<Record<ClusterUser, string>>;

const groups: Partial<Record<ClusterUser, string>> = { admin: 'system:masters', prometheus: 'system:monitoring' };

export function createTokens(): Tokens {
  const token = () => randomBytes(24).toString('hex');
  return {
    admin: token(),
    operator: token(),
    reader: token(),
    nobody: token(),
    prometheus: token(),
    exporter: token(),
  };
}

/** The file for `--token-auth-file`: token, user, uid, groups. */
export function tokensCsv(tokens: Tokens): string {
  return clusterUsers.map((user) => `${tokens[user]},${user},${user}-uid,"${groups[user] ?? ''}"\n`).join('');
}

/** A kubeconfig, complete in itself, for one user. @param ca PEM of the API server's certificate authority. */
export function kubeconfigText({
  url,
  ca,
  user,
  token,
}: {
  url: string;
  ca: string;
  user: string;
  token: string;
}): string {
  return dump({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'test', cluster: { server: url, 'certificate-authority-data': Buffer.from(ca).toString('base64') } },
    ],
    users: [{ name: user, user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user } }],
    'current-context': 'test',
  });
}
