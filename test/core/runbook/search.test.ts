import { describe, expect, it } from 'vitest';
import { readRunbookFolder } from '../../../src/adapters/runbook-files/read-runbook-folder.ts';
import { createFindRunbooks } from '../../../src/core/runbook/find-pages.ts';
import { readMarkdownPage } from '../../../src/core/runbook/markdown-page.ts';
import { createMatchRunbooks, noRunbookFits, type RunbookQuery } from '../../../src/core/runbook/search.ts';
import { termsOf } from '../../../src/core/runbook/search-terms.ts';

const folder = await readRunbookFolder('runbooks', { today: '2026-09-01' });
const runbooks = folder.ok ? folder.value.runbooks : [];

describe('createMatchRunbooks', () => {
  it.each<[what: string, query: RunbookQuery, chosen: string | null, why: string]>([
    [
      'the alert',
      { alertname: 'KubeDeploymentRolloutStuck' },
      'rollout-bad-image',
      'it is for the alert KubeDeploymentRolloutStuck',
    ],
    [
      'the alert in other case',
      { alertname: 'kubedeploymentrolloutstuck' },
      'rollout-bad-image',
      'it is for the alert',
    ],
    [
      'the runbook URL in other case',
      { runbookUrl: 'http://runbooks.prometheus-operator.dev/runbooks/kubernetes/KubePodCrashLooping/' },
      'memory-limit-too-low',
      'runbook URL',
    ],
    [
      'the alert and the finding',
      { alertname: 'KubePodCrashLooping', findingCodes: ['container-oom-killed'] },
      'memory-limit-too-low',
      'and it is for the finding',
    ],
    [
      'the finding alone',
      { alertname: 'Whatever', findingCodes: ['crash-loop', 'image-pull-failed'] },
      'rollout-bad-image',
      'it is for the finding image-pull-failed',
    ],
    [
      'what was found, where the alert expected something else',
      { alertname: 'KubePodCrashLooping', findingCodes: ['image-pull-failed'] },
      'rollout-bad-image',
      'it is for the finding',
    ],
    [
      'the alert, where another thing was found and no runbook is for that',
      { alertname: 'KubePodCrashLooping', findingCodes: ['crash-loop'] },
      'memory-limit-too-low',
      'but what was found is crash-loop',
    ],
    [
      'the alert, where nothing was found',
      { alertname: 'KubePodCrashLooping', findingCodes: [] },
      'memory-limit-too-low',
      'but nothing of the kind was found',
    ],
    [
      'the name of a runbook that has no match',
      { alertname: 'KubeAPILatency' },
      'kube-api-latency',
      'it has the name of the alert',
    ],
    [
      'words alone, which only offer',
      { alertname: 'APIServerSlow', summary: 'kube API latency is high' },
      null,
      'a person must choose',
    ],
  ])('decides by %s', (_what, query, chosen, why) => {
    const choice = createMatchRunbooks(runbooks)(query);
    expect(choice.chosen).toBe(chosen);
    expect(choice.why).toContain(why);
  });

  it('offers what words found, after all that names found', () => {
    const choice = createMatchRunbooks(runbooks)({ summary: 'kube API latency' });
    expect(choice).toMatchObject({ chosen: null, candidates: [{ name: 'kube-api-latency' }] });
    expect(choice.candidates[0]?.score).toBeLessThanOrEqual(0.5);
  });

  it.each([
    'Certificate of the payment page expires in 7 days',
    'Disk of node n1 is 95 % full',
    'Kafka consumer group lags behind',
    'Postgres has too many connections',
    'Redis replication broken',
    'Customers cannot pay with credit cards',
    'DNS lookups of external names time out',
    'Nightly backup did not finish',
    'CPU throttling is high',
    'etcd has no leader',
    'Clock of node n3 drifts',
    'Website shows wrong prices',
    'Jenkins build queue is too long',
    'Vault is sealed',
    'NodeFilesystemAlmostOutOfSpace',
    'qwertz uiopue asdfgh',
    'the is a of and',
    '',
  ])('finds nothing for: %s', (summary) => {
    expect(createMatchRunbooks(runbooks)({ summary })).toEqual({ candidates: [], chosen: null, why: noRunbookFits });
  });

  it('chooses none of two that fit equally', () => {
    const [first] = runbooks.filter(({ name }) => name === 'rollout-bad-image');
    if (first === undefined) throw new Error('the runbook is missing');
    const choice = createMatchRunbooks([first, { ...first, name: 'rollout-other' }])({
      alertname: 'KubeContainerWaiting',
    });
    expect(choice.chosen).toBeNull();
    expect(choice.why).toContain('fit equally well (rollout-bad-image, rollout-other)');
  });

  it('passes over a runbook for labels that the alert does not have', () => {
    const strict = runbooks.map((runbook) => ({
      ...runbook,
      match: { ...runbook.match, labels: { severity: ['critical'] } },
    }));
    const query = { alertname: 'KubeContainerWaiting' };
    expect(createMatchRunbooks(strict)({ ...query, labels: { severity: 'warning' } }).chosen).toBeNull();
    expect(createMatchRunbooks(strict)(query).chosen).toBeNull();
    expect(createMatchRunbooks(strict)({ ...query, labels: { severity: 'critical' } }).chosen).toBe(
      'rollout-bad-image',
    );
  });

  it('has an answer for no runbooks at all and for a question of a megabyte', () => {
    expect(createMatchRunbooks([])({ alertname: 'KubeContainerWaiting' }).why).toBe(noRunbookFits);
    expect(
      createMatchRunbooks(runbooks)({ summary: 'x'.repeat(1_000_000), description: 'disk '.repeat(200_000) }).chosen,
    ).toBeNull();
  });
});

describe('termsOf', () => {
  it.each([
    ['KubeAPIErrorBudgetBurn', 'kube api error budget burns'],
    ['OOMKilled pods', 'oom kill a pod'],
    ['kube-state-metrics shards', 'KubeStateMetricsShards'],
    ['CrashLooping', 'crash loops'],
    ['the pods are failing', 'pod failed'],
    ['etcdNoLeader', 'etcd: no leader'],
  ])('hears the same in %s and %s', (one, other) => {
    expect(termsOf(one)).toEqual(termsOf(other));
    expect(termsOf(one).length).toBeGreaterThan(1);
  });

  it.each(['A'.repeat(250_000), 'Aa'.repeat(125_000), ' '.repeat(250_000), '# '.repeat(125_000)])(
    'takes any text of 250 kB in its stride',
    (text) => {
      const before = performance.now();
      termsOf(text);
      readMarkdownPage(`# ${text}`, 'a.md');
      expect(performance.now() - before).toBeLessThan(2000);
    },
  );
});

const pages = [
  [
    'content/runbooks/kubernetes/KubePodCrashLooping.md',
    '---\ntitle: Kube Pod Crash Looping\nweight: 20\n---\n\n# KubePodCrashLooping\n\n## Meaning\n\nPod is in CrashLoop.\n',
  ],
  ['content/runbooks/etcd/etcdNoLeader.md', '# etcdNoLeader\n\n## Meaning\n\nThe etcd cluster has no leader.\n'],
  [
    'content/runbooks/node/NodeClockSkewDetected.md',
    '# Clock skew\r\n\r\n## Meaning\r\n\r\nThe clock of a node is off.\r\n',
  ],
  ['database/replication.md', 'No heading, only a text about replication of the database.'],
  ['content/_index.md', '# Runbooks'],
].flatMap(([file = '', text = '']) => readMarkdownPage(text, file) ?? []);
const find = createFindRunbooks(pages);

describe('Markdown runbooks', () => {
  it('have the name of their file, a title from front matter or heading, and the first words of their meaning', () => {
    expect(pages.map(({ name, title, component, summary }) => ({ name, title, component, summary }))).toEqual([
      {
        name: 'KubePodCrashLooping',
        title: 'Kube Pod Crash Looping',
        component: 'kubernetes',
        summary: 'Pod is in CrashLoop.',
      },
      { name: 'etcdNoLeader', title: 'etcdNoLeader', component: 'etcd', summary: 'The etcd cluster has no leader.' },
      { name: 'NodeClockSkewDetected', title: 'Clock skew', component: 'node', summary: 'The clock of a node is off.' },
      {
        name: 'replication',
        title: 'replication',
        component: 'database',
        summary: 'No heading, only a text about replication of the database.',
      },
    ]);
  });

  it.each([
    ['KubePodCrashLooping', 'KubePodCrashLooping'],
    ['kubepodcrashlooping', 'KubePodCrashLooping'],
    ['https://runbooks.prometheus-operator.dev/runbooks/kubernetes/kubepodcrashlooping/', 'KubePodCrashLooping'],
    ['my pods crash in a loop', 'KubePodCrashLooping'],
    ['etcd without a leader', 'etcdNoLeader'],
    ['node clock is skewed', 'NodeClockSkewDetected'],
    ['database replication', 'replication'],
  ])('are found by: %s', (text, name) => {
    expect(find({ summary: text })[0]?.name).toBe(name);
  });

  it.each([
    'payment provider is down',
    'how to bake bread',
    '',
    '///',
    'KubeJobNotCompleted',
    'KubePodEvicted',
    'NodeSystemSaturation',
  ])('are not found by: %s', (text) => {
    expect(find({ summary: text })).toEqual([]);
  });
});
