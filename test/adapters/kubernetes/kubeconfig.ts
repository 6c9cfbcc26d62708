/** A kubeconfig for a server, with one context called `test`. */
export function kubeconfigFor(
  server: string,
  given: { readonly user?: object; readonly cluster?: object; readonly context?: object } = {},
): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'test-cluster', cluster: { server, ...given.cluster } }],
    users: [{ name: 'test-user', user: given.user ?? { token: 'test-token' } }],
    contexts: [{ name: 'test', context: { cluster: 'test-cluster', user: 'test-user', ...given.context } }],
  });
}
