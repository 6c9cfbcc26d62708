import { dump } from 'js-yaml';

/** A kubeconfig for a client of the simulated cluster. It speaks plain http, which client libraries take only without TLS verification. */
export function kubeconfigYaml(options: {
  cluster: string;
  url: string;
  user: string;
  token: string;
  namespace?: string;
}): string {
  const { cluster, namespace, token, url, user } = options;
  const context = `${user}@${cluster}`;
  return dump({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': context,
    clusters: [{ name: cluster, cluster: { server: url, 'insecure-skip-tls-verify': true } }],
    users: [{ name: user, user: { token } }],
    contexts: [{ name: context, context: { cluster, user, ...(namespace === undefined ? {} : { namespace }) } }],
  });
}
