import type { Scenario } from './scenario.ts';

export const latencyMetric = 'apiserver_request_duration_seconds_p99';
const labels = { job: 'apiserver', verb: 'LIST', resource: 'pods' };
const usualSeconds = 0.12;
const slowSeconds = 2.3;
const lastsMs = 8_000;

/** The API server answers slowly for a while and recovers by itself. Nothing is to be repaired; somebody has to find that out. */
export const apiLatency: Scenario = {
  name: 'api-latency',
  title: 'A control plane that is slow for a while',
  story:
    'The part of the cluster that everything else asks for information answers much more slowly than usual, for some seconds. ' +
    'All its pieces turn out to be healthy, so the right thing is to look, to write down what was seen, and to change nothing.',
  images: {},
  alert: { alertname: 'KubeAPILatency' },
  setUp: ({ metrics }) => metrics.set(latencyMetric, labels, usualSeconds),
  breakIt({ later, metrics }) {
    metrics.set(latencyMetric, labels, slowSeconds);
    later(lastsMs, () => metrics.set(latencyMetric, labels, usualSeconds));
  },
  isHealthy: ({ metrics }) => metrics.read(latencyMetric).every(({ value }) => value === usualSeconds),
};
