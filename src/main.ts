import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { enableCompileCache } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError, Option } from 'commander';
import type { ExportFormat } from './cli/export.ts';
import { defaultDataDir, type Environment } from './config/config.ts';
import { fail, ok, type Problem, problem, type Result } from './core/result.ts';

// Everything heavy (client-node, Bolt) is imported by the command that needs it: help and lint must not wait for it.
enableCompileCache();

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const environment: Environment = process.env;
// `… | head` closes the pipe: what is left to say has no reader any more.
process.stdout.on('error', (error) => process.exit('code' in error && error.code === 'EPIPE' ? 0 : 3));

const stdout = (text: string) => void process.stdout.write(text);
const stderr = (text: string) => void process.stderr.write(text);
const outLine = (line: string) => stdout(`${line}\n`);
const errLine = (line: string) => stderr(`${line}\n`);
const today = () => new Date().toISOString().slice(0, 10);

/** Resolves at the first SIGINT or SIGTERM; a second one ends the process at once. */
function untilStopped(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => {
      process.once(name, () => process.exit(130));
      resolve();
    });
  }
  return promise;
}

function reason(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}

async function readText(path: string): Promise<Result<string, Problem>> {
  try {
    return ok(await readFile(path, 'utf8'));
  } catch (error) {
    return fail(problem('file.unreadable', `${path} cannot be read (${reason(error)}).`));
  }
}

async function writeText(path: string, text: string): Promise<Result<undefined, Problem>> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    return ok(undefined);
  } catch (error) {
    return fail(problem('file.unwritable', `${path} cannot be written (${reason(error)}). Nothing was written there.`));
  }
}

async function openDataFolder(folder: string) {
  const [{ readJsonlJournal }, { exportTimeline }] = await Promise.all([
    import('./adapters/jsonl/read-jsonl-journal.ts'),
    import('./composition/export-timeline.ts'),
  ]);
  return async (reference: string, upTo?: number) => {
    const journal = await readJsonlJournal(folder);
    return journal.ok ? exportTimeline(journal.value, reference, upTo) : journal;
  };
}

const program = new Command('sre-copilot')
  .description('The incident co-pilot that people on call trust.')
  .showHelpAfterError('(sre-copilot --help shows what there is)')
  .exitOverride()
  .configureOutput({ writeOut: stdout, writeErr: stderr });

const dataOption = () => new Option('--data <dir>', 'data folder of the journal').default(defaultDataDir(environment));
let exitCode = 0;

program
  .command('serve')
  .description('run the co-pilot against Slack and a cluster')
  .option('--config <file>', 'configuration file; default: sre-copilot.yaml in this folder')
  .addHelpText(
    'after',
    '\nExamples:\n  sre-copilot serve --config /etc/sre-copilot/config.yaml\n  SLACK_BOT_TOKEN=… SLACK_APP_TOKEN=… SRE_COPILOT_WEBHOOK_TOKEN=… sre-copilot serve',
  )
  .action(async ({ config }: { config?: string }) => {
    const { serveCommand } = await import('./cli/serve.ts');
    exitCode = await serveCommand(config, {
      environment,
      untilStopped: untilStopped(),
      stdout,
      stderr,
      readConfigFile: async (path) => {
        const { parseConfigFile } = await import('./composition/parse-config-file.ts');
        const text = await readText(path ?? 'sre-copilot.yaml');
        if (text.ok) return parseConfigFile(text.value, path ?? 'sre-copilot.yaml');
        return path === undefined ? ok(undefined) : text;
      },
      start: async (settings) => {
        const [{ startCopilot }, { createLog }] = await Promise.all([
          import('./composition/start-copilot.ts'),
          import('./composition/log.ts'),
        ]);
        return startCopilot(settings, createLog());
      },
    });
  });

program
  .command('demo')
  .argument('[scenario]', 'bad-image, oom or api-latency')
  .description('the sandbox: a local Slack page, a simulated cluster, everything else real')
  .option('--port <port>', 'port of the page; default: a free one', Number)
  .option('--headless', 'play a scenario with scripted people, without a browser')
  .option('--decide <decision>', 'what the people decide: approve, reject, self or expire')
  .option('--out <dir>', 'where timeline.md, timeline.json, slack.json and incident.jsonl go')
  .addHelpText(
    'after',
    '\nExamples:\n  sre-copilot demo\n  sre-copilot demo bad-image\n  sre-copilot demo bad-image --headless --decide approve --out /tmp/played',
  )
  .action(
    async (
      scenario: string | undefined,
      options: { port?: number; headless?: boolean; decide?: string; out?: string },
    ) => {
      if (options.headless === true || options.decide !== undefined || options.out !== undefined) {
        const [{ headlessDemoCommand }, { playScenario }, { scripts }] = await Promise.all([
          import('./cli/demo.ts'),
          import('./composition/play-scenario.ts'),
          import('./sandbox/demo/script.ts'),
        ]);
        const play = (name: string, decide: string | null) => playScenario(root, name, decide);
        exitCode = await headlessDemoCommand(
          { scenario, decide: options.decide, out: options.out },
          { pairs: scripts, play, writeFile: writeText, stdout, stderr },
        );
        return;
      }
      const [{ startSandbox }, { createLog }] = await Promise.all([
        import('./composition/start-sandbox.ts'),
        import('./composition/log.ts'),
      ]);
      const stopped = untilStopped();
      const port = options.port === undefined ? {} : { port: options.port };
      const sandbox = await startSandbox({ root, log: createLog(), ...port });
      if (!sandbox.ok) {
        errLine(sandbox.error.sentence);
        exitCode = 3;
        return;
      }
      if (scenario !== undefined && !sandbox.value.start(scenario)) {
        errLine(`There is no scenario ${scenario}. There are bad-image, oom and api-latency.`);
        await sandbox.value.stop();
        exitCode = 2;
        return;
      }
      outLine(sandbox.value.url);
      errLine('Open this page in a browser, choose a scenario, and watch #incidents. Ctrl-C ends it.');
      await stopped;
      await sandbox.value.stop();
    },
  );

program
  .command('investigate')
  .description('look at a cluster or a snapshot once, and answer')
  .option('--context <context>', 'context of the kubeconfig')
  .option('--snapshot <dir>', 'a snapshot folder instead of a cluster')
  .option('--namespace <namespace>', 'only this namespace')
  .option('--object <kind/name>', 'what to look at')
  .option('--alert <file>', 'an alert: Alertmanager webhook body, or alerts of its API')
  .option('--json', 'one JSON document (sre-copilot/investigation/v1)')
  .addHelpText(
    'after',
    '\nExamples:\n  sre-copilot investigate --context prod --namespace shop --object deployment/checkout\n  sre-copilot investigate --snapshot ./dump --json',
  )
  .action(
    async (options: {
      context?: string;
      snapshot?: string;
      namespace?: string;
      object?: string;
      alert?: string;
      json?: boolean;
    }) => {
      const [{ investigateCommand }, { investigateDependencies }] = await Promise.all([
        import('./cli/investigate.ts'),
        import('./composition/investigate-dependencies.ts'),
      ]);
      const { alert, ...rest } = options;
      const dependencies = await investigateDependencies({ root, environment, readFile: readText });
      exitCode = await investigateCommand({ ...rest, alertFile: alert }, { ...dependencies, stdout, stderr });
    },
  );

const runbooks = program.command('runbooks').description('check runbooks, and find the one for an alert');

runbooks
  .command('lint')
  .argument('<path...>', 'runbook files or folders')
  .option('--json', 'one JSON document')
  .addHelpText('after', '\nExample:\n  sre-copilot runbooks lint runbooks/')
  .action(async (paths: string[], { json = false }: { json?: boolean }) => {
    const [{ lintCommand }, { readRunbookFolder }] = await Promise.all([
      import('./cli/runbooks.ts'),
      import('./adapters/runbook-files/read-runbook-folder.ts'),
    ]);
    exitCode = await lintCommand(paths, { readRunbookFolder, out: outLine, err: errLine, json, today: today() });
  });

runbooks
  .command('search')
  .argument('<text>', 'an alert name, a runbook URL or a question')
  .option('--from <dir>', 'a folder of typed or Markdown runbooks')
  .option('--json', 'one JSON document')
  .addHelpText('after', '\nExample:\n  sre-copilot runbooks search KubePodCrashLooping')
  .action(async (text: string, { json = false, from }: { json?: boolean; from?: string }) => {
    const [{ searchCommand }, { readRunbookFolder }, { readMarkdownFolder }] = await Promise.all([
      import('./cli/runbooks.ts'),
      import('./adapters/runbook-files/read-runbook-folder.ts'),
      import('./adapters/runbook-files/read-markdown-folder.ts'),
    ]);
    const folder = join(root, 'runbooks');
    const place = from === undefined ? {} : { from };
    exitCode = await searchCommand(text, {
      readRunbookFolder,
      readMarkdownFolder,
      out: outLine,
      err: errLine,
      json,
      today: today(),
      folder,
      ...place,
    });
  });

runbooks
  .command('eval')
  .argument(
    '<cases>',
    'a file of cases, one JSON object a line: { "query": { "summary": "…" }, "expect": "name" or null }',
  )
  .description('how often search finds the runbook that your own cases expect')
  .option('--from <dir>', 'a folder of typed or Markdown runbooks')
  .option('--json', 'one JSON document')
  .addHelpText('after', '\nExample:\n  sre-copilot runbooks eval cases.jsonl --from runbooks/')
  .action(async (cases: string, { json = false, from }: { json?: boolean; from?: string }) => {
    const [{ evalCommand }, { readRunbookFolder }, { readMarkdownFolder }, { readCases }] = await Promise.all([
      import('./cli/runbooks.ts'),
      import('./adapters/runbook-files/read-runbook-folder.ts'),
      import('./adapters/runbook-files/read-markdown-folder.ts'),
      import('./adapters/runbook-files/read-cases.ts'),
    ]);
    const place = from === undefined ? {} : { from };
    const folder = join(root, 'runbooks');
    const read = { readRunbookFolder, readMarkdownFolder, readCases };
    exitCode = await evalCommand(cases, {
      ...read,
      out: outLine,
      err: errLine,
      json,
      today: today(),
      folder,
      ...place,
    });
  });

program
  .command('eval')
  .argument('<dir>', 'a folder of cases: <case>/snapshot/… and <case>/expected.yaml')
  .description('how well the rules do on a folder of cases')
  .option('--json', 'one JSON document')
  .option('--verbose', 'tell every case, not only those that are not as expected')
  .addHelpText('after', '\nExample:\n  sre-copilot eval cases/')
  .action(async (folder: string, { json = false, verbose = false }: { json?: boolean; verbose?: boolean }) => {
    const [{ evalCommand }, { evalDependencies }] = await Promise.all([
      import('./cli/eval.ts'),
      import('./composition/eval-dependencies.ts'),
    ]);
    exitCode = await evalCommand(folder, { json, verbose }, { ...evalDependencies(), stdout, stderr });
  });

program
  .command('export')
  .argument('<incident>', 'its reference, such as INC-1')
  .description('the timeline of an incident, for the post-mortem')
  .addOption(
    new Option('--format <format>', 'a page, a document, or the events').choices(['md', 'json', 'jsonl']).default('md'),
  )
  .option('--out <file>', 'a file instead of the output')
  .addOption(dataOption())
  .addHelpText('after', '\nExample:\n  sre-copilot export INC-1 --format md --out INC-1.md')
  .action(async (reference: string, { format, out, data }: { format: ExportFormat; out?: string; data: string }) => {
    const { exportCommand } = await import('./cli/export.ts');
    const exportTimeline = await openDataFolder(data);
    exitCode = await exportCommand(
      { reference, format, out },
      { exportTimeline, writeFile: writeText, stdout, stderr },
    );
  });

program
  .command('verify')
  .argument('[what]', 'an incident, an exported file, or a data folder; default: the data folder')
  .description('prove that a journal or an export was not changed')
  .addOption(dataOption())
  .addHelpText(
    'after',
    '\nExamples:\n  sre-copilot verify\n  sre-copilot verify INC-1\n  sre-copilot verify incident.jsonl',
  )
  .action(async (what: string | undefined, { data }: { data: string }) => {
    const [{ verifyCommand }, { verifyDataFolder }] = await Promise.all([
      import('./cli/verify.ts'),
      import('./composition/verify-data-folder.ts'),
    ]);
    const exportTimeline = await openDataFolder(data);
    exitCode = await verifyCommand(what, {
      verifyFolder: (folder) => verifyDataFolder(folder ?? data),
      exportTimeline,
      look: async (path) => {
        try {
          return ok((await stat(path)).isDirectory() ? 'folder' : new Uint8Array(await readFile(path)));
        } catch (error) {
          return fail(problem('file.unreadable', `${path} cannot be read (${reason(error)}). Nothing was verified.`));
        }
      },
      stdout,
      stderr,
    });
  });

try {
  await program.parseAsync(process.argv);
} catch (error) {
  // Commander has told what is wrong; its own codes for help and version are no failure.
  if (error instanceof CommanderError) exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    stderr(
      `Something unexpected went wrong: ${error instanceof Error ? error.message : String(error)}\nPlease report it with the command you ran.\n`,
    );
    exitCode = 3;
  }
}
process.exitCode = exitCode;
