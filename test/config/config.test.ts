import { describe, expect, it } from 'vitest';
import { environmentVariables, readConfig } from '../../src/config/config.ts';

const environment = {
  SLACK_BOT_TOKEN: 'xoxb-1-secret',
  SLACK_APP_TOKEN: 'xapp-1-secret',
  SRE_COPILOT_WEBHOOK_TOKEN: 'webhook-secret',
  HOME: '/home/sre',
};
const prices = { inputPerMTok: 3, outputPerMTok: 15, cacheReadPerMTok: 0.3, cacheWritePerMTok: 3.75 };
const file = { cluster: { name: 'production' }, defaultRoute: { channel: 'C-OPS' } };

function configOf(more: object = {}, variables: Record<string, string | undefined> = environment) {
  const read = readConfig({ ...file, ...more }, variables);
  if (!read.ok) throw new Error(read.error.join('\n'));
  return read.value;
}
function problemsOf(given: unknown, variables: Record<string, string | undefined> = environment): readonly string[] {
  const read = readConfig(given, variables);
  return read.ok ? [] : read.error;
}

describe('readConfig', () => {
  it('fills in what a short file leaves open', () => {
    expect(configOf()).toMatchObject({
      dataDir: '/home/sre/.local/state/sre-copilot',
      runbooks: 'runbooks',
      policies: 'policies',
      listen: { host: '127.0.0.1', port: 8080 },
      defaultRoute: { channel: 'C-OPS', approvers: [], autonomy: 'assist' },
      heartbeats: ['Watchdog', 'InfoInhibitor'],
      reopenWithin: 1_800_000,
      approvals: { maxTtl: 3_600_000 },
      routes: [],
      groups: {},
    });
  });

  it.each<[text: string, ms: number]>([
    ['3s', 3_000],
    ['15m', 900_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
  ])('reads %s as %i ms', (text, ms) => {
    expect(configOf({ reopenWithin: text, approvals: { maxTtl: text } })).toMatchObject({
      reopenWithin: ms,
      approvals: { maxTtl: ms },
    });
  });

  it('reads routes with their matchers', () => {
    const routes = [{ match: ['severity="critical"', 'namespace=~"shop|cart"'], channel: 'C-1', approvers: ['leads'] }];
    const [first] = configOf({ routes }).routes;
    expect(first?.route).toEqual({ channel: 'C-1', approvers: ['leads'], autonomy: 'assist' });
    expect(first?.matchers.map(({ label, operator, value }) => [label, operator, value])).toEqual([
      ['severity', '=', 'critical'],
      ['namespace', '=~', 'shop|cart'],
    ]);
  });

  it.each<[variables: Record<string, string | undefined>, dataDir: string]>([
    [{ XDG_STATE_HOME: '/var/state' }, '/var/state/sre-copilot'],
    [{ XDG_STATE_HOME: '' }, '/home/sre/.local/state/sre-copilot'],
    [{ HOME: undefined }, './.local/state/sre-copilot'],
  ])('with %j keeps its data in %s', (variables, dataDir) => {
    expect(configOf({}, { ...environment, ...variables }).dataDir).toBe(dataDir);
  });

  it('lets metadata of Secrets be read only when that is switched on', () => {
    expect(configOf().cluster.secretMetadata).toBe(false);
    expect(configOf({ cluster: { name: 'x', secretMetadata: true } }).cluster.secretMetadata).toBe(true);
    expect(problemsOf({ ...file, cluster: { name: 'x', secretMetadata: 'yes' } })).toEqual([
      expect.stringMatching(/^cluster\.secretMetadata: .*boolean/),
    ]);
  });

  it('watches the cluster only when it is switched on, with defaults for the rest', () => {
    expect(configOf().watch).toBeUndefined();
    expect(configOf({ watch: { interval: '10s' } }).watch).toBeUndefined();
    expect(configOf({ watch: { enabled: true, interval: '10s' } }).watch).toEqual({
      enabled: true,
      interval: 10_000,
      namespaces: [],
      ignoreNamespaces: [],
      minAge: 120_000,
      escalateAfter: 1_800_000,
      recurrences: 3,
      recurrenceWindow: 21_600_000,
    });
  });

  it.each([
    ['0123456789abcdef', undefined],
    ['', undefined],
    ['0123456789abcde', /SRE_COPILOT_API_TOKEN is shorter than 16 characters/],
    ['webhook-secret-long', /SRE_COPILOT_API_TOKEN is the token of the webhook/],
  ])('takes %j as the token of the HTTP API, or says why not', (token, problem) => {
    const variables = {
      ...environment,
      SRE_COPILOT_WEBHOOK_TOKEN: 'webhook-secret-long',
      SRE_COPILOT_API_TOKEN: token,
    };
    const problems = problemsOf(file, variables);
    expect(problems.join()).toMatch(problem ?? /^$/);
    expect(problems.join()).not.toContain(token === '' ? 'undefined' : token);
  });

  it('prefers the folder in the file', () => {
    expect(configOf({ dataDir: '/data' }).dataDir).toBe('/data');
  });

  it('takes secrets from the environment only', () => {
    expect(configOf({}, { ...environment, SRE_COPILOT_PROMETHEUS_TOKEN: 'p' }).secrets).toEqual({
      slackBotToken: 'xoxb-1-secret',
      slackAppToken: 'xapp-1-secret',
      webhookToken: 'webhook-secret',
      prometheusToken: 'p',
    });
    expect(configOf({}, { ...environment, SRE_COPILOT_PROMETHEUS_TOKEN: '' }).secrets.prometheusToken).toBeUndefined();
    expect(problemsOf({ ...file, slackBotToken: 'xoxb-in-the-file' })).toHaveLength(1);
  });

  it('tells every problem at once: file, matchers and environment', () => {
    const bad = {
      cluster: { nam: 'x' },
      defaultRoute: { channel: '', autonomy: 'everything' },
      listen: { port: 99_999 },
      reopenWithin: 'soon',
      approvals: { maxTtl: '0s' },
      routes: [
        { match: ['severity=='], channel: 'C' },
        { match: [], channel: 'C' },
        { match: ['a=~"("'], channel: 'C' },
      ],
      prometheus: { url: 'not a url' },
    };
    const said = problemsOf(bad, { SLACK_BOT_TOKEN: 'xapp-wrong' }).join('\n');
    for (const part of [
      'cluster.name',
      'cluster: ',
      'defaultRoute.channel',
      'defaultRoute.autonomy',
      'listen.port',
      'reopenWithin: expected a duration',
      'approvals.maxTtl: expected a duration',
      'routes.0.match.0: "severity==" is not a label matcher',
      'routes.1.match',
      'routes.2.match.0: "(" in the matcher',
      'prometheus.url',
      'SLACK_BOT_TOKEN does not start with xoxb-',
      'SLACK_APP_TOKEN is not set',
      'SRE_COPILOT_WEBHOOK_TOKEN is not set',
    ])
      expect(said).toContain(part);
  });

  it('has no model unless one is configured, and then with limits', () => {
    expect(configOf().model).toBeUndefined();
    const local = { model: 'llama3.1', baseUrl: 'http://127.0.0.1:11434' };
    expect(configOf({ model: local }).model).toEqual({
      ...local,
      timeout: 30_000,
      maxOutputTokens: 1_200,
      maxTokensPerIncident: 20_000,
      maxUsdPerIncident: 0.5,
      maxUsdPerDay: 10,
    });
  });

  it.each<[what: string, model: object, key: string | undefined, says: RegExp | null]>([
    ['a local model without key and prices', { baseUrl: 'http://127.0.0.1:1' }, undefined, null],
    ['a model with key and prices', { prices }, 'sk-ant-secret', null],
    ['a model without a key', { prices }, undefined, /^ANTHROPIC_API_KEY is not set/m],
    ['a model without prices', {}, 'sk-ant-secret', /^model\.prices: is missing/m],
    [
      'a price below nothing',
      { prices: { ...prices, inputPerMTok: -1 } },
      'sk-ant-secret',
      /^model\.prices\.inputPerMTok/m,
    ],
    ['no tokens', { prices, maxTokensPerIncident: 0 }, 'sk-ant-secret', /^model\.maxTokensPerIncident/m],
    ['a key in the file', { prices, apiKey: 'sk-ant-secret' }, 'sk-ant-secret', /^model: /m],
  ])('reads %s', (_what, model, key, says) => {
    const given = { ...file, model: { model: 'claude', ...model } };
    const said = problemsOf(given, { ...environment, ANTHROPIC_API_KEY: key }).join('\n');
    if (says === null) expect(said).toBe('');
    else expect(said).toMatch(says);
    expect(said).not.toContain('sk-ant-secret');
  });

  it.each<[what: string, given: unknown]>([
    ['nothing', undefined],
    ['an empty file', null],
    ['a text', 'cluster: x'],
    ['a list', []],
    ['a stray field', { ...file, cluter: {} }],
    ['a stray field deep inside', { ...file, listen: { prt: 1 } }],
    ['a token in the file', { ...file, slack: { botToken: 'x' } }],
    ['an empty group', { ...file, groups: { leads: '' } }],
    ['a duration without end', { ...file, reopenWithin: '9999999d' }],
    ['a negative port', { ...file, listen: { port: -1 } }],
    ['a single recurrence', { ...file, watch: { recurrences: 1 } }],
    ['a watch that is a word', { ...file, watch: 'on' }],
  ])('refuses %s with a path and an expectation', (_what, given) => {
    const problems = problemsOf(given);
    expect(problems.length).toBeGreaterThan(0);
    for (const sentence of problems) expect(sentence).toMatch(/^[A-Za-z0-9.]+: ./);
  });

  it('never prints a secret, whatever is wrong with it', () => {
    const secrets = {
      SLACK_BOT_TOKEN: 'hunter2-a',
      SLACK_APP_TOKEN: 'hunter2-b',
      SRE_COPILOT_WEBHOOK_TOKEN: 'hunter2-c',
      SRE_COPILOT_PROMETHEUS_TOKEN: 'hunter2-d',
    };
    expect(problemsOf({}, secrets).length).toBeGreaterThan(2);
    expect(problemsOf({ cluster: 3 }, secrets).join()).not.toContain('hunter2');
  });

  it('names every variable that it reads', () => {
    const read = new Set<string>();
    const watched = new Proxy<Record<string, string | undefined>>(environment, {
      get: (target, name) => {
        read.add(String(name));
        return target[String(name)];
      },
    });
    readConfig(file, watched);
    read.delete('HOME');
    // Those that `investigate` reads by itself, without a configuration file.
    read.add('SRE_COPILOT_PROMETHEUS_URL').add('SRE_COPILOT_ALERTMANAGER_URL');
    expect([...read].sort()).toEqual(Object.keys(environmentVariables).sort());
  });
});
