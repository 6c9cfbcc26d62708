import type { Catalog } from '../core/catalog/catalog.ts';
import { chooseAlert, type FileAlert, readAlerts } from '../core/diagnosis/alerts-file.ts';
import { parseSubject, type Subject } from '../core/diagnosis/subject.ts';
import type { Redactor } from '../core/evidence/redaction.ts';
import { fail, ok, type Problem, problem, type Result } from '../core/result.ts';
import type { AlertSource } from '../ports/alert-source.ts';
import type { Clock } from '../ports/clock.ts';
import type { ClusterReader } from '../ports/cluster-reader.ts';
import type { MetricsSource } from '../ports/metrics-source.ts';
import { createInvestigate, type MatchRunbooks, type Question } from '../workflows/investigate.ts';
import { renderInvestigation } from './investigation-text.ts';

export type InvestigateOptions = {
  readonly context?: string | undefined;
  readonly snapshot?: string | undefined;
  readonly namespace?: string | undefined;
  /** `KIND/NAME`, also `KIND/NAMESPACE/NAME` or a plain name. */
  readonly object?: string | undefined;
  readonly alertFile?: string | undefined;
  readonly json?: boolean | undefined;
};

/** What can be looked at. `alerts` is the parsed alerts.json of a snapshot; `problems` are files of it that were not understood. */
export type OpenedSource = {
  readonly reader: ClusterReader;
  readonly metrics?: MetricsSource | undefined;
  readonly alertSource?: AlertSource | undefined;
  readonly capturedAt?: Date | undefined;
  readonly alerts?: unknown;
  readonly problems?: readonly string[];
  close?(): void;
};

export type InvestigateCommandDependencies = {
  readonly openCluster: (context: string | undefined) => Promise<Result<OpenedSource, Problem>>;
  readonly openSnapshot: (folder: string) => Promise<Result<OpenedSource, Problem>>;
  /** Text of a file, or a problem that says why not. */
  readonly readFile: (path: string) => Promise<Result<string, Problem>>;
  readonly matchRunbooks: MatchRunbooks;
  readonly catalog?: () => Catalog;
  readonly redactor: Redactor;
  readonly clock: Clock;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  readonly signal?: AbortSignal | undefined;
};

/**
 * `sre-copilot investigate`: looks once and prints the answer to stdout, problems to stderr. Resolves to the exit code: 0 looked, whatever it found · 2 wrong usage ·
 * 3 could not look (nothing could be opened or read).
 *
 * Without `--object`, `--namespace` and `--alert`, the alerts of a snapshot say what to look at; a cluster is looked at whole.
 */
export async function investigateCommand(
  options: InvestigateOptions,
  dependencies: InvestigateCommandDependencies,
): Promise<0 | 2 | 3> {
  const { openCluster, openSnapshot, stdout, stderr } = dependencies;
  if (options.context !== undefined && options.snapshot !== undefined) {
    stderr('Give either --context or --snapshot, not both. Nothing was looked at.\n');
    return 2;
  }
  const subject = options.object === undefined ? ok(undefined) : parseSubject(options.object);
  if (!subject.ok) {
    stderr(`${subject.error.sentence}\n`);
    return 2;
  }
  const given = options.alertFile === undefined ? ok(undefined) : await readAlertFile(options.alertFile, dependencies);
  if (!given.ok) {
    stderr(`${given.error.sentence}\n`);
    return given.error.code === 'alert.malformed' ? 2 : 3;
  }
  const opened =
    options.snapshot === undefined ? await openCluster(options.context) : await openSnapshot(options.snapshot);
  if (!opened.ok) {
    stderr(`${opened.error.sentence}\n`);
    return 3;
  }
  const source = opened.value;
  for (const why of source.problems ?? []) stderr(`Left out: ${why}\n`);
  try {
    const isScoped = subject.value !== undefined || options.namespace !== undefined || given.value !== undefined;
    const alert = given.value ?? (isScoped ? undefined : chooseAlert(readAlerts(source.alerts) ?? []));
    const watched = watchReads(source.reader);
    const investigate = createInvestigate({
      reader: watched.reader,
      metrics: source.metrics,
      alerts: source.alertSource,
      catalog: dependencies.catalog,
      matchRunbooks: dependencies.matchRunbooks,
      redactor: dependencies.redactor,
      clock: dependencies.clock,
      asOf: source.capturedAt,
    });
    const investigation = await investigate(questionOf(options.namespace, subject.value, alert), dependencies.signal);
    if (!watched.hasRead()) {
      const [why] = investigation.missing;
      stderr(
        `${why?.why ?? 'Nothing could be read.'}\nNothing could be read of ${source.reader.cluster}, so nothing was diagnosed.\n`,
      );
      return 3;
    }
    stdout(options.json === true ? `${JSON.stringify(investigation, null, 2)}\n` : renderInvestigation(investigation));
    return 0;
  } finally {
    source.close?.();
  }
}

/** The question that namespace, object and alert make together. */
export function questionOf(
  namespace: string | undefined,
  subject: Subject | undefined,
  alert: FileAlert | undefined,
): Question {
  return {
    scope: {
      ...(namespace === undefined ? {} : { namespace }),
      ...(alert === undefined ? {} : { alert: alert.alert }),
    },
    ...(subject === undefined
      ? {}
      : { subject: subject.namespace === undefined && namespace !== undefined ? { ...subject, namespace } : subject }),
    ...(alert === undefined
      ? {}
      : {
          alert: {
            ...(alert.summary === undefined ? {} : { summary: alert.summary }),
            ...(alert.description === undefined ? {} : { description: alert.description }),
            ...(alert.runbookUrl === undefined ? {} : { runbookUrl: alert.runbookUrl }),
            ...(alert.expression === undefined ? {} : { expression: alert.expression }),
          },
        }),
  };
}

async function readAlertFile(
  path: string,
  { readFile }: InvestigateCommandDependencies,
): Promise<Result<FileAlert, Problem>> {
  const text = await readFile(path);
  if (!text.ok) return text;
  const alert = chooseAlert(readAlerts(parse(text.value)) ?? []);
  return alert === undefined
    ? fail(
        problem(
          'alert.malformed',
          `${path} holds no alert with a name. Nothing was looked at. Give a body of Alertmanager's webhook, or a list of alerts.`,
        ),
      )
    : ok(alert);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Notes whether anything at all was answered: an investigation in which every source failed is no look. */
function watchReads(reader: ClusterReader): { readonly reader: ClusterReader; hasRead(): boolean } {
  let answered = false;
  const note = <T extends { readonly ok: boolean }>(result: T): T => {
    answered ||= result.ok;
    return result;
  };
  return {
    reader: {
      ...reader,
      get: async (...request) => note(await reader.get(...request)),
      list: async (...request) => note(await reader.list(...request)),
      table: async (...request) => note(await reader.table(...request)),
    },
    hasRead: () => answered,
  };
}
