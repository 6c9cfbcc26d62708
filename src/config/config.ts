import { z } from 'zod';
import { autonomySchema } from '../core/incident/events.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { type Matcher, parseMatcher } from '../core/signal/matcher.ts';

const duration = z
  .string()
  .regex(/^[1-9]\d{0,5}(s|m|h|d)$/, 'expected a duration such as 30s, 15m or 2h')
  .transform(toMs);

/** What to write when a required part is not there at all, in place of "expected object, received undefined". */
const missing = (example: string) => ({
  error: ({ input }: { readonly input?: unknown }) =>
    input === undefined ? `is missing. Write for example ${example}` : undefined,
});

const routeFields = {
  channel: z.string().min(1).describe('Slack channel id'),
  approvers: z.array(z.string().min(1)).default([]).describe('Groups that must also approve here'),
  autonomy: autonomySchema.default('assist').describe('observe, assist or auto'),
};
// Checked here, so that a bad matcher is told together with every other problem.
const matcher = z.string().superRefine((text, context) => {
  const parsed = parseMatcher(text);
  if (!parsed.ok) context.addIssue({ code: 'custom', message: parsed.error.sentence });
});

const route = z.strictObject(routeFields);

const kubernetes = z.strictObject(
  {
    name: z.string().min(1).describe('Name of the cluster, shown to people and bound into approvals'),
    kubeconfig: z
      .string()
      .min(1)
      .optional()
      .describe('Path of the kubeconfig for reading; without it the in-cluster account is used'),
    context: z.string().min(1).optional().describe('Context in the kubeconfig; default: its current one'),
    writer: z
      .strictObject({ kubeconfig: z.string().min(1).optional(), context: z.string().min(1).optional() })
      .optional()
      .describe('Credentials for changes; default: those for reading'),
  },
  missing('cluster: { name: production, kubeconfig: /path/to/kubeconfig }'),
);

const defaultRoute = z.strictObject(routeFields, missing('defaultRoute: { channel: C0123456789 }'));

/** The configuration file. Secrets are never in it: they come from the environment. */
export const configFileSchema = z.strictObject({
  dataDir: z.string().min(1).optional().describe('Folder of the journal; default: $XDG_STATE_HOME/sre-copilot'),
  runbooks: z.string().min(1).default('runbooks').describe('Folder of runbooks'),
  policies: z.string().min(1).default('policies').describe('Folder with data.json and build/policy.wasm'),
  listen: z
    .strictObject({
      host: z.string().min(1).default('127.0.0.1').describe('Address for webhooks'),
      port: z.int().min(0).max(65535).default(8080).describe('Port for webhooks; 0 takes a free one'),
    })
    .default({ host: '127.0.0.1', port: 8080 }),
  cluster: kubernetes,
  prometheus: z.strictObject({ url: z.url().describe('Prometheus base URL') }).optional(),
  slack: z
    .strictObject({
      apiUrl: z.url().optional().describe("Another workspace's Web API, such as the local one; default: Slack"),
    })
    .default({}),
  groups: z
    .record(z.string(), z.string().min(1))
    .default({})
    .describe('Approver group → Slack user group, by handle or id; default: the handle of the same name'),
  routes: z
    .array(route.extend({ match: z.array(matcher).min(1) }))
    .default([])
    .describe('First match wins; matchers in Alertmanager syntax'),
  defaultRoute: defaultRoute.describe('Where everything else goes'),
  heartbeats: z
    .array(z.string().min(1))
    .default(['Watchdog', 'InfoInhibitor'])
    .describe('Alerts that never open an incident'),
  reopenWithin: duration.prefault('30m').describe('A group that fires again within this time reopens its incident'),
  approvals: z
    .strictObject({
      maxTtl: duration.prefault('1h').describe('No approval stays open longer, whatever policy says'),
    })
    .optional(),
});

export type Secrets = {
  readonly slackBotToken: string;
  readonly slackAppToken: string;
  readonly webhookToken: string;
  readonly prometheusToken: string | undefined;
};

type ConfigFile = z.infer<typeof configFileSchema>;
type RouteSetting = z.infer<typeof route>;

export type Config = Omit<ConfigFile, 'routes' | 'dataDir' | 'approvals'> & {
  readonly dataDir: string;
  readonly approvals: { readonly maxTtl: number };
  readonly routes: readonly { readonly matchers: readonly Matcher[]; readonly route: RouteSetting }[];
  readonly secrets: Secrets;
};

export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment variables that are read, and what each is for. */
export const environmentVariables = {
  SLACK_BOT_TOKEN: 'Bot token of the Slack app (xoxb-…)',
  SLACK_APP_TOKEN: 'App-level token with connections:write (xapp-…), for Socket Mode',
  SRE_COPILOT_WEBHOOK_TOKEN: 'Bearer token that Alertmanager sends',
  SRE_COPILOT_PROMETHEUS_TOKEN: 'Bearer token for Prometheus, when it asks for one',
  SRE_COPILOT_PROMETHEUS_URL: 'Prometheus for `investigate` on the command line',
  XDG_STATE_HOME: 'Base of the default data folder',
} as const;

/**
 * Checks file and environment together and reports every problem at once, each with its path and what is expected. Secret values never appear in a problem.
 */
export function readConfig(file: unknown, environment: Environment): Result<Config, readonly string[]> {
  const problems: string[] = [];
  const parsed = configFileSchema.safeParse(file ?? {});
  if (!parsed.success)
    problems.push(
      ...parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'configuration'}: ${message}`),
    );
  const secrets = readSecrets(environment, problems);
  if (!parsed.success || problems.length > 0) return fail(problems);
  const routes = parsed.data.routes.map(({ match, ...rest }) => ({
    route: rest,
    matchers: match.flatMap((text) => {
      const parts = parseMatcher(text);
      return parts.ok ? [parts.value] : [];
    }),
  }));
  // As the XDG specification has it: an empty variable is as good as none.
  return ok({
    ...parsed.data,
    dataDir: parsed.data.dataDir ?? defaultDataDir(environment),
    approvals: parsed.data.approvals ?? { maxTtl: toMs('1h') },
    routes,
    secrets,
  });
}

function readSecrets(environment: Environment, problems: string[]): Secrets {
  const required = (name: keyof typeof environmentVariables, prefix: string): string => {
    const value = environment[name] ?? '';
    if (value === '') problems.push(`${name} is not set: ${environmentVariables[name]}`);
    else if (!value.startsWith(prefix))
      problems.push(`${name} does not start with ${prefix}: it is another kind of token`);
    return value;
  };
  return {
    slackBotToken: required('SLACK_BOT_TOKEN', 'xoxb-'),
    slackAppToken: required('SLACK_APP_TOKEN', 'xapp-'),
    webhookToken: required('SRE_COPILOT_WEBHOOK_TOKEN', ''),
    prometheusToken: environment.SRE_COPILOT_PROMETHEUS_TOKEN || undefined,
  };
}

const unitsMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function toMs(text: string): number {
  return Number(text.slice(0, -1)) * (unitsMs[text.slice(-1)] ?? Number.NaN);
}

/** `$XDG_STATE_HOME/sre-copilot`, by the XDG base directory specification: an empty variable counts as one that is not set. */
export function defaultDataDir(environment: Environment): string {
  return `${environment.XDG_STATE_HOME || `${environment.HOME || '.'}/.local/state`}/sre-copilot`;
}
