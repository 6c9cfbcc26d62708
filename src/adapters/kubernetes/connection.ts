import { readFile } from 'node:fs/promises';
import type { KubeConfig } from '@kubernetes/client-node';
import { fail, ok, type Problem, problem, type Result } from '../../core/result.ts';
import { createHttpExchange, type HttpExchange, type HttpStreams } from './http-exchange.ts';
import { toError } from './to-error.ts';

/** Where credentials come from. Several `paths` are merged as kubectl merges the files of KUBECONFIG; `context` chooses one, else the current one. */
export type KubeconfigSource =
  | { readonly from: 'files'; readonly paths: readonly string[]; readonly context?: string | undefined }
  | { readonly from: 'text'; readonly text: string; readonly context?: string | undefined }
  | { readonly from: 'in-cluster' };

export type KubeconfigProblem = Problem<'kubeconfig.unreadable' | 'kubeconfig.no-context' | 'kubeconfig.insecure'>;

/**
 * A way to one API server: requests with the credentials of the kubeconfig. Opening one sends nothing. `request` is described in http-exchange.ts;
 * `close` ends idle connections, after it `request` may not be called.
 */
export type Connection = HttpExchange &
  HttpStreams & {
    readonly context: string;
    /** URL of the API server, without user info. */
    readonly server: string;
    /** The namespace that the context chooses, when it chooses one. */
    readonly namespace: string | undefined;
  };

/**
 * Opens a connection by @kubernetes/client-node's KubeConfig: client certificates, bearer tokens, token files, exec plugins, OIDC, proxies.
 *
 * client-node is imported here and only now: it costs 0.4 s. It gives authentication and TLS; requests are plain ones, so that answers stay wire JSON.
 * Plain http is taken from loopback addresses, and elsewhere only with `insecure-skip-tls-verify`, since a token would be readable on the way.
 */
export async function openConnection(source: KubeconfigSource): Promise<Result<Connection, KubeconfigProblem>> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  try {
    await load(config, source, () => new KubeConfig());
  } catch (cause) {
    // The text of a parser's error quotes the file, which holds credentials: only the place is told.
    return fail(
      problem(
        'kubeconfig.unreadable',
        `${placeOf(source)} could not be read (${codeOf(cause)}). No cluster was contacted. Check the path and that it is a kubeconfig.`,
      ),
    );
  }
  const wanted = source.from === 'in-cluster' ? undefined : source.context;
  if (wanted !== undefined) config.setCurrentContext(wanted);
  const context = config.getCurrentContext() ?? '';
  const cluster = config.getCurrentCluster();
  if (cluster === null || typeof cluster.server !== 'string' || !URL.canParse(cluster.server)) {
    const known = config.getContexts().map(({ name }) => name);
    return fail(
      problem(
        'kubeconfig.no-context',
        `${placeOf(source)} has no usable context ${context === '' ? '(no current-context)' : `"${context}"`}. No cluster was contacted. ${known.length === 0 ? 'It names no contexts.' : `It knows: ${known.slice(0, 10).join(', ')}.`}`,
      ),
    );
  }
  const url = new URL(cluster.server);
  if (url.protocol === 'http:' && cluster.skipTLSVerify !== true) {
    if (!isLoopback(url.hostname)) {
      return fail(
        problem(
          'kubeconfig.insecure',
          `The API server of context "${context}" is plain http on another machine. Nothing was sent. Use https, or set insecure-skip-tls-verify if you know the way there.`,
        ),
      );
    }
    allowPlainHttp(config);
  }
  const namespace = config.getContextObject(context)?.namespace;
  const exchange = createHttpExchange({
    server: url,
    hasProxy: (cluster.proxyUrl ?? '') !== '',
    credentials: (request) => config.applyToHTTPSOptions(request),
  });
  return ok({
    ...exchange,
    context,
    server: `${url.protocol}//${url.host}${url.pathname.replace(/\/$/, '')}`,
    namespace: namespace === '' ? undefined : namespace,
  });
}

async function load(config: KubeConfig, source: KubeconfigSource, create: () => KubeConfig): Promise<void> {
  switch (source.from) {
    case 'in-cluster':
      // Throws where it is not one: the token file is what tells.
      await readFile('/var/run/secrets/kubernetes.io/serviceaccount/token');
      config.loadFromCluster();
      return;
    case 'text':
      config.loadFromString(source.text);
      return;
    case 'files': {
      const [first, ...rest] = source.paths;
      if (first === undefined) throw new Error('no file was named');
      config.loadFromFile(first);
      for (const path of rest) {
        const more = create();
        more.loadFromFile(path);
        config.mergeConfig(more, true);
      }
      return;
    }
    default:
      source satisfies never;
  }
}

// client-node takes plain http only with skipTLSVerify, which has no other meaning there.
function allowPlainHttp(config: KubeConfig): void {
  const current = config.getCurrentCluster();
  config.loadFromOptions({
    clusters: config
      .getClusters()
      .map((cluster) => (cluster === current ? { ...cluster, skipTLSVerify: true } : cluster)),
    contexts: config.getContexts(),
    users: config.getUsers(),
    currentContext: config.getCurrentContext(),
  });
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

function placeOf(source: KubeconfigSource): string {
  switch (source.from) {
    case 'in-cluster':
      return 'The service account of this pod';
    case 'text':
      return 'The given kubeconfig';
    case 'files':
      return `The kubeconfig ${source.paths.join(', ') || '(none named)'}`;
    default:
      return source satisfies never;
  }
}

function codeOf(cause: unknown): string {
  const { code, name } = toError(cause);
  return code ?? name;
}
