import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load } from 'js-yaml';
import type { Logger } from 'pino';
import { type Config, readConfig } from '../config/config.ts';
import { fail, ok, type Problem, problem, type Result } from '../core/result.ts';
import { demoPeople } from '../sandbox/demo/people.ts';
import { createSandboxWorld, type SandboxWorld, scenarios } from '../sandbox/scenarios/sandbox-world.ts';
import { createSlackWorkspace, type SlackWorkspace } from '../sandbox/slack/workspace.ts';
import { type Copilot, startCopilot } from './start-copilot.ts';

export type Sandbox = {
  /** The page that looks like Slack. */
  readonly url: string;
  readonly slack: SlackWorkspace;
  readonly world: SandboxWorld;
  readonly copilot: Copilot;
  readonly dataDir: string;
  /** Breaks something. False for a scenario that does not exist. */
  start(scenario: string): boolean;
  stop(): Promise<void>;
};

export type SandboxOptions = {
  /** The folder that holds manifest.yml, runbooks/ and policies/. */
  readonly root: string;
  readonly log: Logger;
  readonly port?: number;
  /** How long an approval card stays open, such as `3s`; default: what policy says. */
  readonly approvalTtl?: string;
  /** More of the configuration, as a file would hold it: a model, for example. */
  readonly settings?: Readonly<Record<string, unknown>>;
};

/**
 * Everything on one machine: a local Slack workspace, a simulated cluster with its alerting, and the co-pilot itself between them, started from an ordinary
 * configuration. Nothing listens beyond the loopback address; the data folder is temporary.
 */
export async function startSandbox({
  root,
  log,
  port,
  approvalTtl,
  settings = {},
}: SandboxOptions): Promise<Result<Sandbox, Problem>> {
  const dataDir = await mkdtemp(join(tmpdir(), 'sre-copilot-'));
  const closing: (() => Promise<unknown>)[] = [() => rm(dataDir, { recursive: true, force: true })];
  const stop = async () => {
    for (const close of closing.splice(0).toReversed()) await close();
  };
  try {
    let webhookUrl = '';
    const webhookToken = 'sandbox-webhook-token';
    const world = createSandboxWorld({
      scenarios: scenarios.map(({ name }) => name),
      webhookUrl: () => webhookUrl,
      webhookToken,
    });
    const slack = createSlackWorkspace({
      manifest: load(await readFile(join(root, 'manifest.yml'), 'utf8')),
      ...demoPeople,
      ...(port === undefined ? {} : { port }),
      controls: {
        list: async () =>
          scenarios.map(({ name, title, story }) => ({ name, title, story, state: world.state(name).phase })),
        start: async (name) => {
          const { phase } = world.state(name);
          if (phase === 'broken' || phase === 'firing')
            throw new Error(`${name} is under way already. Solve it first.`);
          world.startScenario(name);
        },
      },
    });
    closing.push(() => slack.stop());
    const workspace = await slack.start();
    closing.push(() => world.stop());
    const { metricsUrl, kubeconfigFor } = await world.start();
    const [reader, writer] = [join(dataDir, 'reader.kubeconfig'), join(dataDir, 'writer.kubeconfig')];
    await writeFile(reader, kubeconfigFor('reader'), { mode: 0o600 });
    await writeFile(writer, kubeconfigFor('operator'), { mode: 0o600 });
    const config = readConfig(
      {
        dataDir,
        runbooks: join(root, 'runbooks'),
        policies: join(root, 'policies'),
        listen: { host: '127.0.0.1', port: 0 },
        cluster: { name: 'sandbox', kubeconfig: reader, writer: { kubeconfig: writer } },
        prometheus: { url: metricsUrl },
        slack: { apiUrl: workspace.apiUrl },
        defaultRoute: { channel: demoPeople.incidentsChannel, autonomy: 'assist' },
        ...(approvalTtl === undefined ? {} : { approvals: { maxTtl: approvalTtl } }),
        ...settings,
      },
      {
        SLACK_BOT_TOKEN: workspace.botToken,
        SLACK_APP_TOKEN: workspace.appToken,
        SRE_COPILOT_WEBHOOK_TOKEN: webhookToken,
      },
    );
    if (!config.ok) throw new TypeError(`the sandbox made a configuration that is refused: ${config.error.join('; ')}`);
    const copilot = await startCopilot(config.value satisfies Config, log);
    if (!copilot.ok) {
      await stop();
      return copilot;
    }
    closing.push(() => copilot.value.stop());
    webhookUrl = `${copilot.value.url}/webhooks/alertmanager`;
    const start = (scenario: string) => {
      const known = scenarios.some(({ name }) => name === scenario);
      if (known) world.startScenario(scenario);
      return known;
    };
    return ok({ url: workspace.url, slack, world, copilot: copilot.value, dataDir, start, stop });
  } catch (error) {
    await stop();
    if (error instanceof Error && 'code' in error) {
      return fail(
        problem(
          'sandbox.cannot-start',
          `The sandbox could not be started (${String(error.code)}). Nothing runs. Choose another port with --port.`,
        ),
      );
    }
    throw error;
  }
}
