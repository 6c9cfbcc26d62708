import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { at, textAt } from '../../core/cluster/wire.ts';
import type { MetricAnswer } from '../../core/diagnosis/observations.ts';
import { readPrometheusAnswer, readPrometheusSeries } from '../../core/evidence/prometheus-answer.ts';
import { fail, problem, type Result } from '../../core/result.ts';
import type { MetricsProblem, MetricsSource, Sample } from '../../ports/metrics-source.ts';
import { parseDocuments, readSmallFile } from './read-document.ts';

/** Answers of a metrics server that a snapshot keeps: `{ "query", "response" }` a file. A query that was not recorded is one that cannot be answered; rules read all of them, whatever was asked. Range answers are series. */
export async function loadRecordedMetrics(folder: string, problems: string[]): Promise<MetricsSource> {
  const answers = new Map<string, Result<readonly Sample[], MetricsProblem>>();
  const all: MetricAnswer[] = [];
  for (const name of await jsonFilesOf(folder)) {
    const text = await readSmallFile(join(folder, name));
    const [recorded] = (text === undefined ? undefined : parseDocuments(text, name)) ?? [];
    const query = textAt(recorded, 'query');
    if (query === undefined) problems.push(`metrics/${name}: is no recorded query`);
    // An answer that says an error, or that cannot be read, is told when its query is asked.
    else {
      const response = at(recorded, 'response');
      answers.set(plain(query), readPrometheusAnswer(200, response));
      const series = readPrometheusSeries(200, response);
      if (series.ok) all.push({ query, series: series.value });
      else if (textAt(response, 'status') !== 'error') problems.push(`metrics/${name}: its response could not be read`);
    }
  }
  return {
    recorded: () => all,
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
