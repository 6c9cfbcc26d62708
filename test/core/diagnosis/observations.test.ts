import { describe, expect, it } from 'vitest';
import { answersAbout, noObservations } from '../../../src/core/diagnosis/observations.ts';

const about = (query: string, metric: string | RegExp) =>
  answersAbout({ ...noObservations, metrics: [{ query, series: [] }] }, metric).length === 1;

describe('answersAbout', () => {
  it.each<[query: string, metric: string | RegExp, found: boolean]>([
    ['container_cpu_usage_seconds_total{pod="a"}', 'container_cpu_usage_seconds_total', true],
    [
      'sum by (pod) (node_namespace_pod_container:container_cpu_usage_seconds_total:sum_irate)',
      'container_cpu_usage_seconds_total',
      true,
    ],
    [
      'node_namespace_pod_container:container_memory_working_set_bytes{namespace="shop"}',
      /^container_memory_working_set_bytes$/,
      true,
    ],
    ['container_cpu_usage_seconds_total:other:sum', 'container_cpu_usage_seconds_total', false],
    ['my_container_cpu_usage_seconds_total', 'container_cpu_usage_seconds_total', false],
  ])('%s', (query, metric, found) => {
    expect(about(query, metric)).toBe(found);
  });
});
