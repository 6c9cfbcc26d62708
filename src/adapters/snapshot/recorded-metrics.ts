import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { at, textAt } from '../../core/cluster/wire.ts';
import { readPrometheusAnswer } from '../../core/evidence/prometheus-answer.ts';
import { fail, problem, type Result } from '../../core/result.ts';
import type { MetricsProblem, MetricsSource, Sample } from '../../ports/metrics-source.ts';
import { parseDocuments, readSmallFile } from './read-document.ts';

/** Answers of a metrics server that a snapshot keeps: `{ "query", "response" }` a file. A query that was not recorded is one that cannot be answered. */
export async function loadRecordedMetrics(folder: string, problems: string[]): Promise<MetricsSource> {
  const answers = new Map<string, Result<readonly Sample[], MetricsProblem>>();
  for (const name of await jsonFilesOf(folder)) {
    const text = await readSmallFile(join(folder, name));
    const [recorded] = (text === undefined ? undefined : parseDocuments(text, name)) ?? [];
    const query = textAt(recorded, 'query');
    if (query === undefined) problems.push(`metrics/${name}: is no recorded query`);
    // An answer that says an error, or that cannot be read, is told when its query is asked.
    else answers.set(plain(query), readPrometheusAnswer(200, at(recorded, 'response')));
  }
  return {
    async query(promql) {
      return (
        answers.get(plain(promql)) ??
        fail(problem('metrics.unreachable', 'The snapshot holds no answer to this query. Nothing was measured.'))
      );
    },
  };
}

// Layout is not part of a query. Inside its quoted texts blanks rarely differ, and then the query was another one anyway.
function plain(query: string): string {
  return query.replace(/\s+/g, ' ').trim();
}

async function jsonFilesOf(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).filter((name) => name.endsWith('.json')).toSorted();
  } catch {
    return [];
  }
}
