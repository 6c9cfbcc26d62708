import { refOf } from '../../cluster/object.ts';
import type { EvidenceDraft } from '../../evidence/draft.ts';
import { type AnalysisContext, type FindingDraft, podKey } from '../analysis.ts';
import { answersAbout, newestOf } from '../observations.ts';
import { fromFailedCheck } from '../support.ts';
import { componentState } from './component.ts';
import { asksForSeconds, type Reading, readingsOf, sayMs } from './readings.ts';

/** The service level that Kubernetes sets itself: 99 % of single-object calls within 1 s (sig-scalability, API call latency). */
const slowSeconds = 1;
/** Rules of the kubernetes mixin: 5 % of requests failing is critical. */
const failingShare = 0.05;

/** An API server that answers too late, fails requests, or says itself that it is not healthy. */
export function apiServerFaults(context: AnalysisContext): readonly FindingDraft[] {
  return [...slow(context), ...unhealthy(context)];
}

function slow(context: AnalysisContext): readonly FindingDraft[] {
  const { observations, view, now } = context;
  // Watches are open for minutes by design, and CONNECT is exec and port-forward: neither is latency.
  const late = readingsOf(
    observations,
    /^apiserver_request(?:_sli|_slo)?_duration_seconds|^apiserver_request:|^cluster_quantile:apiserver_request/,
  )
    .filter(
      ({ query, series: { labels } }) =>
        (asksForSeconds(query) || /cluster_quantile/.test(query)) &&
        !/^(?:WATCH|CONNECT|WATCHLIST)$/.test(labels.verb ?? ''),
    )
    .filter(
      ({ value, series: { labels } }) =>
        value > (labels.verb === 'LIST' || labels.scope === 'cluster' ? 30 * slowSeconds : slowSeconds),
    );
  const [worst] = late;
  if (worst === undefined) return [];
  const state = componentState(view, 'kube-apiserver', now);
  const rejected = readingsOf(observations, 'apiserver_flowcontrol_rejected_requests_total').filter(
    ({ value, query }) => value > 0 && /rate\(|increase\(/.test(query),
  );
  const { verb, resource } = worst.series.labels;
  const what = [verb, resource].filter((part) => part !== undefined && part !== '').join(' ');
  const observed = `${sayMs(worst.value)} at the 99th percentile${what === '' ? '' : ` (${what})`}`;
  const evidence = (query: string, fact: string, from: unknown): EvidenceDraft => ({
    kind: 'metric',
    source: `metrics: ${query.slice(0, 200)}`,
    object: state.object,
    at: now,
    summary: fact,
    from,
  });
  return [
    {
      code: 'api-server-slow',
      object: state.object,
      summary: `The API server is slow: ${observed}. Controllers, kubelets and deployments wait for it.`,
      cause: { path: 'request latency', observed, expected: `less than ${slowSeconds} s` },
      recommendation: {
        text: 'Look at etcd first, then at admission webhooks, then at who sends so many or so large requests (API priority and fairness, audit log).',
      },
      support: [
        evidence(worst.query, `kube-apiserver answers within ${observed}`, worst.series),
        ...late
          .slice(1, 3)
          .map(({ query, series, value }) =>
            evidence(
              query,
              `${series.labels.verb ?? ''} ${series.labels.resource ?? ''}: ${sayMs(value)}`.trim(),
              series,
            ),
          ),
        ...rejected
          .slice(0, 1)
          .map(({ query, series }) =>
            evidence(
              query,
              `requests of ${series.labels.flow_schema ?? series.labels.priority_level ?? 'some clients'} are rejected by priority and fairness`,
              series,
            ),
          ),
        ...state.pods.slice(0, 1).map(
          (pod): EvidenceDraft => ({
            kind: 'object',
            source: `Pod ${pod.metadata.name}`,
            object: refOf(pod),
            at: now,
            summary: `Pod ${pod.metadata.namespace}/${pod.metadata.name} is an API server`,
            from: pod,
          }),
        ),
      ],
      grounds: {
        basis: 'stated',
        current: true,
        repeated: late.length > 1 || worst.series.points.length > 1 || worst.value > 2 * slowSeconds,
      },
      pods: [],
      affects: state.pods.map(refOf),
      explains: ['api-server-unhealthy'],
    },
  ];
}

function unhealthy(context: AnalysisContext): readonly FindingDraft[] {
  const { observations, view, now } = context;
  const state = componentState(view, 'kube-apiserver', now);
  const checks = observations.checks.filter(({ ok, check }) => !ok && !/^etcd/.test(check));
  const failing =
    byCode(observations) ??
    readingsOf(observations, /^apiserver_request_total$/).filter(
      ({ query, value }) => /code=~?"5/.test(query) && /\//.test(query) && value > failingShare && value <= 1,
    );
  const evidence: EvidenceDraft[] = [
    ...checks.slice(0, 3).map((failed) => fromFailedCheck(failed, now)),
    ...state.witnesses,
    ...failing.slice(0, 1).map(
      ({ query, series, value }): EvidenceDraft => ({
        kind: 'metric',
        source: `metrics: ${query.slice(0, 200)}`,
        object: state.object,
        at: now,
        summary: `${Math.round(value * 100)} % of requests end with a server error`,
        from: series,
      }),
    ),
  ];
  const [first, ...more] = evidence;
  if (first === undefined) return [];
  const observed =
    checks.length > 0
      ? `check ${checks
          .slice(0, 3)
          .map(({ check }) => check)
          .join(', ')} fails`
      : state.witnesses.length > 0
        ? state.observed
        : 'requests fail';
  return [
    {
      code: 'api-server-unhealthy',
      object: state.object,
      summary: `The API server is not healthy: ${observed}.`,
      cause: { path: checks.length > 0 ? '/readyz' : 'status', observed, expected: 'all its checks pass' },
      recommendation: { text: 'Look at the log of the kube-apiserver; the failed check names the part.' },
      support: [first, ...more],
      grounds: { basis: 'stated', current: true, repeated: evidence.length > 1 },
      pods: state.unwellPods.map(podKey),
      affects: state.pods.map(refOf),
    },
  ];
}

/** The share of server errors, where the rates are given by status code instead of as a share. */
function byCode(observations: AnalysisContext['observations']): Reading[] | undefined {
  for (const { query, series } of answersAbout(observations, 'apiserver_request_total')) {
    if (/\//.test(query.replace(/"[^"]*"/g, '')) || !series.some(({ labels }) => /^[1-5]\d\d$/.test(labels.code ?? '')))
      continue;
    const sum = (pattern: RegExp) =>
      series.reduce(
        (total, one) => total + (pattern.test(one.labels.code ?? '') ? Math.max(0, newestOf(one) ?? 0) : 0),
        0,
      );
    const [bad, all] = [sum(/^5\d\d$/), sum(/^[1-5]\d\d$/)];
    const worst = series.find(({ labels }) => /^5\d\d$/.test(labels.code ?? ''));
    if (worst !== undefined && all > 0 && bad / all > failingShare) return [{ query, series: worst, value: bad / all }];
  }
  return undefined;
}
