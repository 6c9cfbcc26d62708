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
    secretMetadata: z
      .boolean()
      .default(false)
      .describe('Read names, times and writers of Secrets, never contents; the role it needs could read more'),
  },
  missing('cluster: { name: production, kubeconfig: /path/to/kubeconfig }'),
);

const defaultRoute = z.strictObject(routeFields, missing('defaultRoute: { channel: C0123456789 }'));

const price = z.number().nonnegative();

/** The configuration file. Secrets are never in it: they come from the environment. */
export const configFileSchema = z.strictObject({
  dataDir: z.string().min(1).optional().describe('Folder of the journal; default: $XDG_STATE_HOME/sre-copilot'),
  runbooks: z.string().min(1).default('runbooks').describe('Folder of runbooks'),
  runbookPages: z
    .strictObject({
      folder: z.string().min(1).describe('Folder of Markdown runbooks; those that fit are offered for reading'),
      url: z
        .url({ protocol: /^https?$/ })
        .optional()
        .describe('Where they are published: links are this, the path in the folder without .md, and the section'),
    })
    .optional(),
  policies: z.string().min(1).default('policies').describe('Folder with data.json and build/policy.wasm'),
  listen: z
    .strictObject({
      host: z.string().min(1).default('127.0.0.1').describe('Address for webhooks'),
      port: z.int().min(0).max(65535).default(8080).describe('Port for webhooks; 0 takes a free one'),
    })
    .default({ host: '127.0.0.1', port: 8080 }),
  cluster: kubernetes,
  prometheus: z.strictObject({ url: z.url().describe('Prometheus base URL') }).optional(),
  alertmanager: z.strictObject({ url: z.url().describe('Alertmanager base URL: which other alerts fire') }).optional(),
  auditLog: z.string().min(1).optional().describe('Audit log file of the API server: who changed what'),
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
  watch: z
    .strictObject({
      enabled: z.boolean().default(false).describe('Watch the cluster and open incidents without an alert'),
      interval: duration.prefault('1m').describe('Time between two scans of the same kind'),
      namespaces: z.array(z.string().min(1)).default([]).describe('Namespaces to watch; empty: all'),
      ignoreNamespaces: z.array(z.string().min(1)).default([]).describe('Namespaces that are never watched'),
      minAge: duration.prefault('2m').describe('How long something must have been wrong before it is told'),
      escalateAfter: duration
        .prefault('30m')
        .describe("An incident of the watch that nobody acknowledges for so long calls its route's approvers, once"),
      recurrences: z
        .int()
        .min(2)
        .default(3)
        .describe('So does one that began so many times within watch.recurrenceWindow'),
      recurrenceWindow: duration.prefault('6h').describe('Time in which beginnings are counted'),
    })
    .optional(),
  approvals: z
    .strictObject({
      maxTtl: duration.prefault('1h').describe('No approval stays open longer, whatever policy says'),
    })
    .optional(),
  model: z
    .strictObject({
      model: z
        .string()
        .min(1)
        .describe('Name of the language model, as its server knows it; without `model` there is none'),
      baseUrl: z
        .url()
        .optional()
        .describe("Another server that speaks Anthropic's Messages API, such as a local one; default: Anthropic"),
      timeout: duration.prefault('30s').describe('Longest wait for one call, retries included'),
      maxOutputTokens: z
        .int()
        .min(200)
        .default(1_200)
        .describe('Tokens of one answer, what the model thinks before it included'),
      maxTokensPerIncident: z.int().positive().default(20_000).describe('Tokens of all calls for one incident'),
      maxUsdPerIncident: z.number().positive().default(0.5).describe('US dollars for one incident'),
      maxUsdPerDay: z.number().positive().default(10).describe('US dollars for one day (UTC), all incidents together'),
      prices: z
        .strictObject({
          inputPerMTok: price.describe('US dollars for a million tokens of input'),
          outputPerMTok: price.describe('US dollars for a million tokens of output'),
          cacheReadPerMTok: price.describe('US dollars for a million tokens read from the cache'),
          cacheWritePerMTok: price.describe('US dollars for a million tokens written to the cache'),
        })
        .optional(),
    })
    // Without prices the limits of money would hold nothing, and nobody would notice.
    .refine(({ prices, baseUrl }) => prices !== undefined || baseUrl !== undefined, {
      path: ['prices'],
      message:
        'is missing. Write what the model costs, as its price list has it, or baseUrl for a server that costs nothing',
    })
    .optional(),
});

export type Secrets = {
  readonly slackBotToken: string;
  readonly slackAppToken: string;
  readonly webhookToken: string;
  readonly prometheusToken: string | undefined;
  readonly apiToken: string | undefined;
  readonly anthropicApiKey: string | undefined;
};

type ConfigFile = z.infer<typeof configFileSchema>;
type RouteSetting = z.infer<typeof route>;

export type WatchConfig = NonNullable<ConfigFile['watch']>;

export type Config = Omit<ConfigFile, 'routes' | 'dataDir' | 'approvals' | 'watch'> & {
  readonly watch: WatchConfig | undefined;
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
  SRE_COPILOT_API_TOKEN: 'Bearer token of the HTTP API, at least 16 characters; without it there is none',
  SRE_COPILOT_PROMETHEUS_TOKEN: 'Bearer token for Prometheus, when it asks for one',
  ANTHROPIC_API_KEY: 'Key of the language model, when one is configured; a local one may need none',
  SRE_COPILOT_PROMETHEUS_URL: 'Prometheus for `investigate` on the command line',
  SRE_COPILOT_ALERTMANAGER_URL: 'Alertmanager for `investigate` on the command line',
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
  const { model } = parsed.data ?? {};
  if (model !== undefined && model.baseUrl === undefined && secrets.anthropicApiKey === undefined)
    problems.push(`ANTHROPIC_API_KEY is not set: ${environmentVariables.ANTHROPIC_API_KEY}`);
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
    watch: parsed.data.watch?.enabled === true ? parsed.data.watch : undefined,
    dataDir: parsed.data.dataDir ?? defaultDataDir(environment),
    approvals: parsed.data.approvals ?? { maxTtl: toMs('1h') },
    routes,
    secrets,
  });
}

const minTokenLength = 16;

function readSecrets(environment: Environment, problems: string[]): Secrets {
  const required = (name: keyof typeof environmentVariables, prefix: string): string => {
    const value = environment[name] ?? '';
    if (value === '') problems.push(`${name} is not set: ${environmentVariables[name]}`);
    else if (!value.startsWith(prefix))
      problems.push(`${name} does not start with ${prefix}: it is another kind of token`);
    return value;
  };
  const apiToken = environment.SRE_COPILOT_API_TOKEN || undefined;
  if (apiToken !== undefined && apiToken.length < minTokenLength)
    problems.push(`SRE_COPILOT_API_TOKEN is shorter than ${minTokenLength} characters: it could be guessed`);
  // Whoever may send alerts must not by that be able to acknowledge and resolve incidents in people's names.
  if (apiToken !== undefined && apiToken === environment.SRE_COPILOT_WEBHOOK_TOKEN)
    problems.push('SRE_COPILOT_API_TOKEN is the token of the webhook: people need one of their own');
  return {
    slackBotToken: required('SLACK_BOT_TOKEN', 'xoxb-'),
    slackAppToken: required('SLACK_APP_TOKEN', 'xapp-'),
    webhookToken: required('SRE_COPILOT_WEBHOOK_TOKEN', ''),
    prometheusToken: environment.SRE_COPILOT_PROMETHEUS_TOKEN || undefined,
    apiToken,
    anthropicApiKey: environment.ANTHROPIC_API_KEY || undefined,
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
