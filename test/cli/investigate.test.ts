import { describe, expect, it } from 'vitest';
import {
  type InvestigateCommandDependencies,
  type InvestigateOptions,
  investigateCommand,
  type OpenedSource,
} from '../../src/cli/investigate.ts';
import { investigationSchema } from '../../src/core/diagnosis/investigation.ts';
import { createRedactor } from '../../src/core/evidence/redaction.ts';
import { fail, ok, type Problem, problem, type Result } from '../../src/core/result.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createFakeClusterReader } from '../support/fake-cluster-reader.ts';
import { badImageShop, crashShop, healthyShop, now } from '../support/shop-objects.ts';

const alert = (name: string, deployment: string) => ({
  status: 'firing',
  labels: { alertname: name, namespace: 'shop', deployment },
});

async function run(
  options: InvestigateOptions,
  given: {
    readonly source?: Partial<OpenedSource>;
    readonly files?: Record<string, string>;
    readonly opened?: Result<OpenedSource, Problem>;
  } = {},
) {
  const out: string[] = [];
  const problems: string[] = [];
  const opens: string[] = [];
  const source: OpenedSource = { reader: createFakeClusterReader({ objects: badImageShop() }), ...given.source };
  const open = (what: string) => {
    opens.push(what);
    return Promise.resolve(given.opened ?? ok(source));
  };
  const dependencies: InvestigateCommandDependencies = {
    openCluster: (context) => open(`context ${context ?? '(current)'}`),
    openSnapshot: (folder) => open(`snapshot ${folder}`),
    readFile: async (path) => {
      const text = given.files?.[path];
      return text === undefined ? fail(problem('file.unreadable', `${path} cannot be read.`)) : ok(text);
    },
    matchRunbooks: () => [{ name: 'rollout-bad-image', score: 1, why: 'finding image-pull-failed' }],
    redactor: createRedactor({ key: 'test' }),
    clock: createFakeClock(new Date(now)),
    stdout: (text) => out.push(text),
    stderr: (text) => problems.push(text),
  };
  const code = await investigateCommand(options, dependencies);
  return { code, stdout: out.join(''), stderr: problems.join(''), opens };
}

describe('investigate', () => {
  it('tells the likely cause first, then why, then what could be done', async () => {
    const { code, stdout, stderr, opens } = await run({ namespace: 'shop', object: 'deployment/checkout' });
    expect({ code, stderr, opens }).toEqual({ code: 0, stderr: '', opens: ['context (current)'] });
    expect(stdout).toBe(`2 findings: Deployment shop/checkout on fake, as of 2026-11-21T10:00:00.000Z.

Likely cause [F1]: Container checkout of Deployment shop/checkout cannot start: image registry.example/shop/checkout:1.4.3 cannot be pulled. 1 pod waits for it.
  image-pull-failed on Deployment shop/checkout, confidence high (0.86), since 2026-11-21T09:56:00.000Z
  spec.template.spec.containers[0].image
    is:        registry.example/shop/checkout:1.4.3
    should be: registry.example/shop/checkout:1.4.2 (revision 1)
  To do: Undo the rollout: revision 1 runs registry.example/shop/checkout:1.4.2.
  Evidence:
    E1 2026-11-21T10:00:00.000Z Pod shop/checkout-2-bbbbb: container checkout waits with ImagePullBackOff: Back-off pulling image "registry.example/shop/checkout:1.4.3"
    E2 2026-11-21T09:59:00.000Z Warning Failed (3 times) on Pod shop/checkout-2-bbbbb: Error: ErrImagePull
    E3 2026-11-21T10:00:00.000Z ReplicaSet shop/checkout-1: revision 1 runs registry.example/shop/checkout:1.4.2 in container checkout, 1 of its pods are ready

Explained by F1 [F2]: The rollout of Deployment shop/checkout is stuck: revision 2 has 0 of 1 new pods available, and the controller gave up waiting.
  rollout-stuck on Deployment shop/checkout, confidence high (0.80), since 2026-11-21T09:58:00.000Z
  spec.template
    is:        revision 2: 0 of 1 new pods available
    should be: 1 of 1 new pods available
  Evidence:
    E4 2026-11-21T10:00:00.000Z Deployment shop/checkout: 1 pod wanted, 1 updated, 1 available in all revisions, Progressing=False ProgressDeadlineExceeded
    E5 2026-11-21T10:00:00.000Z ReplicaSet shop/checkout-2: revision 2: 0 of 1 new pods available

Runbooks:
  - rollout-bad-image (1.00): finding image-pull-failed

Read and concluded in 0 ms.
`);
  });

  it('prints one JSON document in the shape of the contract', async () => {
    const { code, stdout } = await run({ object: 'deploy/shop/checkout', json: true });
    expect(code).toBe(0);
    expect(investigationSchema.safeParse(JSON.parse(stdout))).toMatchObject({ success: true });
  });

  it('exits with 0 also when nothing is wrong, and when no cause was found', async () => {
    const healthy = await run(
      { namespace: 'shop' },
      { source: { reader: createFakeClusterReader({ objects: healthyShop() }) } },
    );
    expect(healthy).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Nothing is wrong: namespace shop on fake'),
    });
    const unknown = await run({ object: 'shop/nobody' });
    expect(unknown).toMatchObject({ code: 0, stdout: expect.stringContaining('No cause was found') });
    expect(unknown.stdout).toContain(
      'Could not be told:\n  - scope: No object called "nobody" in namespace shop was found.',
    );
  });

  it('shows log lines set off from what the co-pilot says', async () => {
    const reader = createFakeClusterReader({
      objects: crashShop(),
      logs: { 'shop/checkout-1-aaaaa/checkout previous': 'fatal: no db\n' },
    });
    const { stdout } = await run({ namespace: 'shop' }, { source: { reader } });
    expect(stdout).toContain('      | fatal: no db');
  });

  it('looks at the alert of a file, or else of the snapshot', async () => {
    const files = { 'alert.json': JSON.stringify({ alerts: [alert('Stuck', 'checkout')] }) };
    expect((await run({ alertFile: 'alert.json' }, { files })).stdout).toContain(
      'Deployment shop/checkout on fake, alert Stuck',
    );
    const alerts = [alert('Watchdog', 'x'), alert('Stuck', 'checkout')];
    const { stdout, opens } = await run({ snapshot: 'DIR' }, { source: { alerts } });
    expect(opens).toEqual(['snapshot DIR']);
    expect(stdout).toContain('alert Stuck');
    expect((await run({ snapshot: 'DIR', namespace: 'shop' }, { source: { alerts } })).stdout).toContain(
      'namespace shop on fake, as of',
    );
  });

  it('judges a snapshot by its own time and tells which files were left out', async () => {
    const capturedAt = new Date('2026-11-21T10:00:05.000Z');
    const { stdout, stderr } = await run(
      { snapshot: 'DIR', namespace: 'shop' },
      { source: { capturedAt, problems: ['b.json: could not be read'] } },
    );
    expect(stdout).toContain('as of 2026-11-21T10:00:05.000Z');
    expect(stderr).toBe('Left out: b.json: could not be read\n');
  });

  it.each<[why: string, code: number, options: InvestigateOptions, files: Record<string, string>]>([
    ['both a context and a snapshot', 2, { context: 'a', snapshot: 'b' }, {}],
    ['an object that is none', 2, { object: 'Check Out' }, {}],
    ['a file without an alert', 2, { alertFile: 'a.json' }, { 'a.json': '{"x":1}' }],
    ['a file that is no JSON', 2, { alertFile: 'a.json' }, { 'a.json': '{' }],
    ['a file that is not there', 3, { alertFile: 'b.json' }, {}],
  ])('refuses %s before it looks at anything', async (_why, code, options, files) => {
    const refused = await run(options, { files });
    expect(refused).toMatchObject({ code, stdout: '', opens: [] });
    expect(refused.stderr).toMatch(/^.+\.\n$/);
  });

  it('exits with 3 when nothing can be opened', async () => {
    const opened = fail(problem('kubeconfig.no-context', 'There is no such context.'));
    expect(await run({ context: 'typo' }, { opened })).toMatchObject({
      code: 3,
      stdout: '',
      stderr: 'There is no such context.\n',
    });
  });

  it('exits with 3 when nothing can be read, and closes what it opened', async () => {
    let closed = 0;
    const reader = createFakeClusterReader({ objects: [], refuse: () => 'cluster.unreachable' });
    const refused = await run({ namespace: 'shop' }, { source: { reader, close: () => closed++ } });
    expect(refused).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining('nothing was diagnosed') });
    expect(closed).toBe(1);
  });
});
