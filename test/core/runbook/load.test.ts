import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseRunbook } from '../../../src/adapters/runbook-files/parse-runbook.ts';

const context = { today: '2026-09-01' };
const caredFor = 'owners: [platform]\nreviewed: 2026-08-01\nmatch: { alerts: [SomeAlert] }\n';
const problemsOf = (text: string, more = {}) =>
  parseRunbook(text, 'r.yaml', { ...context, ...more }).problems.map(
    ({ line, severity, code }) => `${line} ${severity} ${code}`,
  );
const said = (text: string) =>
  parseRunbook(text, 'r.yaml', context).problems.map(({ message, suggestion }) => `${message} | ${suggestion ?? ''}`);

/** A cared-for runbook, lines 1 to 4, whose actions begin on line 6. */
const withActions = (actions: string, extra = '') => `name: a\n${caredFor}actions:\n${actions}\n${extra}`;
const read = '  - cmd: kubectl get --raw=/readyz';

describe('loadRunbook', () => {
  it('loads the shortest valid runbook with all defaults', () => {
    const { runbook, problems } = parseRunbook(
      'name: short\nactions:\n  - cmd: kubectl get pods -n shop\n',
      'r.yaml',
      context,
    );
    expect(problems.every(({ severity }) => severity === 'warning')).toBe(true);
    expect(runbook).toMatchObject({
      name: 'short',
      title: 'short',
      version: 1,
      approvals: [],
      actions: [
        { id: 'action-1', class: 'read', rollback: 'none', timeoutMs: 60_000, line: 'kubectl get pods -n shop' },
      ],
    });
  });

  it('loads the compact example of the design: a manual rollback, a phrase, a metric', () => {
    const text = readFileSync(new URL('../../../runbooks/kube-api-latency.yaml', import.meta.url), 'utf8');
    const { runbook, problems } = parseRunbook(text, 'r.yaml', context);
    expect(runbook).toMatchObject({
      preconditions: [{ kind: 'metric', promql: 'apiserver_request_duration_seconds_p99 > 1.5' }],
      actions: [
        {
          template: { kind: 'concrete', action: { kind: 'raw', path: '/readyz' } },
          validate: { until: { kind: 'phrase', text: 'output contains ok' } },
        },
        { template: { action: { kind: 'get', resource: 'pods', namespace: 'kube-system', output: 'wide' } } },
      ],
      manualRollback: ['kubectl delete pod'],
      approvals: [{ group: 'sre-leads', count: 1 }],
    });
    expect(problems.map(({ line, severity, code }) => `${line} ${severity} ${code}`)).toContain(
      '10 warning cmd.incomplete',
    );
  });

  it.each<[what: string, text: string, expected: string[]]>([
    ['a text', 'hello', ['1 error schema.value']],
    ['a list', '- a', ['1 error schema.value']],
    ['no actions', `name: a\n${caredFor}`, ['1 error schema.missing']],
    ['an empty list of actions', `name: a\n${caredFor}actions: []`, ['5 error schema.value']],
    ['more than 50 actions', withActions(Array(51).fill(read).join('\n')), ['6 error schema.value']],
    ['a name with spaces', `name: My Book\n${caredFor}actions:\n${read}`, ['1 error schema.value']],
    ['no name', `${caredFor}actions:\n${read}`, ['1 error schema.missing']],
    [
      'a day that does not exist',
      `name: a\nowners: [x]\nreviewed: 2026-02-29\nmatch: { alerts: [A] }\nactions:\n${read}`,
      ['3 error schema.value'],
    ],
    [
      'a leap day that does',
      `name: a\nowners: [x]\nreviewed: 2028-02-29\nmatch: { alerts: [A] }\nactions:\n${read}`,
      ['3 warning reviewed.future'],
    ],
    [
      'a review long ago',
      `name: a\nowners: [x]\nreviewed: 2026-01-01\nmatch: { alerts: [A] }\nactions:\n${read}`,
      ['3 warning reviewed.stale'],
    ],
    ['an unknown field', `name: a\n${caredFor}nonsense: 1\nactions:\n${read}`, ['5 error schema.unknown-field']],
    [
      'an unknown field far inside',
      withActions(`  - cmd: kubectl get pods\n    preconditions:\n      - cel: 'true'\n        why: x`),
      ['9 error schema.unknown-field'],
    ],
    [
      'a runbook URL that is none',
      `name: a\nowners: [x]\nreviewed: 2026-08-01\nmatch:\n  runbookUrls:\n    - runbook.md\nactions:\n${read}`,
      ['6 error schema.value'],
    ],
    ['an action without anything to do', withActions('  - title: hm'), ['6 error schema.missing']],
    ['an action that is a text', withActions('  - kubectl get pods'), ['6 error schema.value']],
    ['both cmd and action', withActions('  - cmd: kubectl get pods\n    action: get'), ['7 error action.both']],
    ['an unknown kind of action', withActions('  - action: restart'), ['6 error action.unknown']],
    ['a line with a pipe', withActions(`${read}\n  - cmd: kubectl get pods | grep x`), ['7 error cmd.refused']],
    ['a line that is not kubectl', withActions('  - cmd: rm -rf /'), ['6 error cmd.refused']],
    [
      'a line of several lines',
      withActions('  - cmd: |\n      kubectl get pods\n      kubectl get nodes'),
      ['7 error cmd.refused'],
    ],
    ['an incomplete line', withActions('  - cmd: kubectl delete pod'), ['6 warning cmd.incomplete']],
    ['a template in a line', withActions('  - cmd: kubectl get pods -n {{ inputs.ns }}'), ['6 error template.place']],
    ['a template in a title', withActions(`${read}\n    title: for {{ inputs.x }}`), ['7 error template.place']],
    [
      'a template as a name',
      `name: '{{ inputs.x }}'\n${caredFor}actions:\n${read}`,
      ['1 error schema.value', '1 error template.place'],
    ],
    [
      'an unknown input',
      withActions("  - action: rollout-status\n    target: '{{ inputs.x }}'"),
      ['7 error input.unknown'],
    ],
    ['a phrase that is not one', withActions(`${read}\n    validate: output is fine`), ['7 error validate.unparsable']],
    ['CEL on a read', withActions(`${read}\n    validate: { until: target.a == 1 }`), ['7 error validate.cel-on-read']],
    [
      'a CEL condition that does not parse',
      withActions(`${read}\n    preconditions:\n      - cel: target.a ==`),
      ['8 error condition.unparsable'],
    ],
    [
      'a CEL condition over something unknown',
      withActions(`${read}\n    preconditions:\n      - cel: targt.a == 1`),
      ['8 error condition.unparsable'],
    ],
    [
      'a CEL condition over an unknown input',
      withActions(`${read}\n    preconditions:\n      - cel: inputs.a == 1`),
      ['8 error input.unknown'],
    ],
    [
      'a precondition of both kinds',
      withActions(`${read}\n    preconditions:\n      - { cel: 'true', metric: up }`),
      ['8 error schema.value'],
    ],
    ['two actions of one id', withActions(`${read}\n    id: x\n${read}\n    id: x`), ['9 error action.duplicate-id']],
    [
      'an id that is another default',
      withActions(`${read}\n    id: action-2\n${read}`),
      ['8 error action.duplicate-id'],
    ],
    ['a timeout without a unit', withActions(`${read}\n    timeout: 30`), ['7 error schema.value']],
    ['a timeout of nothing', withActions(`${read}\n    timeout: 0s`), ['7 error schema.value']],
    ['a rollback of a read', withActions(`${read}\n    rollback: none`), ['7 warning rollback.unused']],
    [
      'an input without a source',
      withActions(read, 'inputs:\n  a: { type: name }'),
      ['8 error input.no-source', '8 warning input.unused'],
    ],
    [
      'an input from annotations',
      withActions(read, 'inputs:\n  a:\n    type: name\n    from: alert.annotations.summary'),
      ['8 warning input.unused', '10 error input.bad-source'],
    ],
    ['a repeated field', `name: a\n${caredFor}name: b\nactions:\n${read}`, ['5 error yaml']],
    ['an alias', `name: &n a\n${caredFor}title: *n\nactions:\n${read}`, ['1 error yaml', '5 error yaml']],
    ['two documents', `name: a\n---\nname: b\n`, ['1 error yaml']],
    ['nothing', '', ['1 error yaml']],
    ['broken YAML', 'name: a\n  b: [', ['2 error yaml']],
    [
      'a rollback line that cannot be',
      withActions(read, 'rollback:\n  - cmd: kubectl exec x -- sh'),
      ['8 error cmd.refused'],
    ],
    ['approvals of nobody', withActions(read, 'approvals:\n  - group: ""'), ['8 error schema.value']],
    [
      'a group named twice',
      withActions(read, 'approvals:\n  - group: a\n  - group: a'),
      ['9 warning approvals.repeated'],
    ],
    [
      'a field of __proto__',
      `name: a\n${caredFor}__proto__: { x: 1 }\nactions:\n${read}`,
      ['5 error schema.unknown-field'],
    ],
  ])('reports %s at its line', (_what, text, expected) => {
    expect(problemsOf(text)).toEqual(expected);
  });

  it.each<[word: string, text: string, suggestion: string]>([
    ['steps', `name: a\nsteps: []`, 'unknown field `steps` | did you mean `actions`?'],
    ['run', withActions('  - run: kubectl get pods'), 'unknown field `run` | did you mean `cmd`?'],
    ['approvlas', `name: a\napprovlas: []`, 'unknown field `approvlas` | did you mean `approvals`?'],
    [
      'runbook_urls',
      `name: a\nmatch: { runbook_urls: [] }`,
      'unknown field `runbook_urls` | did you mean `runbookUrls`?',
    ],
    ['cuont', `name: a\napprovals: [{ group: x, cuont: 2 }]`, 'unknown field `cuont` | did you mean `count`?'],
    [
      'onFailure',
      withActions(`${read}\n    onFailure: abort`),
      'unknown field `onFailure` | it is not supported by this version',
    ],
    ['xyzzy', `name: a\nxyzzy: 1`, 'unknown field `xyzzy` | '],
  ])('says what was meant by %s', (_word, text, suggestion) => {
    expect(said(text).some((line) => line.endsWith(suggestion))).toBe(true);
  });

  it('reports all problems of a file at once, in the order of its lines', () => {
    const text = [
      'name: Wrong Name',
      'inputs:',
      '  a: { type: nmae, from: person }',
      'preconditions:',
      '  - cel: "1 +"',
      'actions:',
      '  - cmd: kubectl get pods; rm x',
      '  - action: set-resources',
      '    target: { kind: Deployment, namespace: shop, name: checkout }',
      '    container: Main',
      '    limits: { memory: lots }',
      '    validate: { until: "matches(", evry: 1s }',
    ].join('\n');
    expect(problemsOf(text).filter((problem) => problem.includes('error'))).toEqual([
      '1 error schema.value',
      '3 error schema.value',
      '5 error condition.unparsable',
      '7 error cmd.refused',
      '10 error action.name',
      '11 error schema.value',
      '12 error condition.unparsable',
      '12 error schema.unknown-field',
    ]);
  });

  it('has a runbook exactly when no problem is an error', () => {
    const whole = parseRunbook(withActions('  - cmd: kubectl delete pod'), 'r.yaml', context);
    expect(whole.runbook).toBeDefined();
    expect(
      parseRunbook(withActions('  - cmd: kubectl delete pod', 'xyzzy: 1'), 'r.yaml', context).runbook,
    ).toBeUndefined();
  });

  it('keeps its digest when only comments and layout change, and changes it with every value', () => {
    const digest = (text: string) => parseRunbook(text, 'r.yaml', context).runbook?.digest;
    const plain = digest(`name: a\nactions:\n${read}`);
    expect(plain).toMatch(/^[0-9a-f]{64}$/);
    expect(digest(`# hello\nactions: [{ cmd: "kubectl get --raw=/readyz" }]\nname: a`)).toBe(plain);
    expect(digest(`name: a\nactions:\n  - cmd: kubectl get --raw=/livez`)).not.toBe(plain);
    expect(digest(`name: a\ntitle: t\nactions:\n${read}`)).not.toBe(plain);
  });
});

const write = [
  'name: w',
  'owners: [platform]',
  'reviewed: 2026-08-01',
  'match: { findings: [image-pull-failed] }',
  'inputs:',
  '  workload: { type: workload, from: finding.object }',
  'actions:',
  '  - action: rollout-undo',
  "    target: '{{ inputs.workload }}'",
];
const withWrite = (...lines: string[]) => [...write, ...lines].join('\n');
const validated = '    validate: { until: rolloutComplete(target) }';
const approved = 'approvals: [{ group: sre-leads }]';

describe('loadRunbook on changes', () => {
  it('has nothing to say of a validated and approved one', () => {
    const { runbook, problems } = parseRunbook(withWrite(validated, approved), 'r.yaml', context);
    expect(problems).toEqual([]);
    expect(runbook?.actions[0]).toMatchObject({
      class: 'write',
      rollback: 'captured',
      template: { kind: 'template', fields: { kind: 'rollout-undo', target: '{{ inputs.workload }}' } },
      validate: {
        until: { kind: 'cel', expression: 'rolloutComplete(target)' },
        everyMs: 5000,
        forMs: 10_000,
        timeoutMs: 300_000,
      },
    });
  });

  it.each<[what: string, text: string, expected: string[]]>([
    ['no validation', withWrite(approved), ['8 warning validate.missing']],
    ['no approvals', withWrite(validated), ['1 warning approvals.nobody']],
    ['approvals of an empty list', withWrite(validated, 'approvals: []'), ['1 warning approvals.nobody']],
    ['a phrase', withWrite('    validate: output contains ok', approved), ['10 error validate.phrase-on-write']],
    [
      'a misspelt phrase',
      withWrite('    validate: { until: no restart is bad }', approved),
      ['10 error validate.phrase-on-write'],
    ],
    [
      'CEL in the short form',
      withWrite('    validate: rolloutComplete(target)', approved),
      ['10 error validate.short-on-write'],
    ],
    ['no way back', withWrite(validated, '    rollback: none', approved), ['11 warning rollback.none']],
    [
      'a holding time as long as the timeout',
      withWrite('    validate: { until: rolloutComplete(target), for: 2m, timeout: 2m }', approved),
      ['10 error validate.timing'],
    ],
    [
      'a validation of many hours',
      withWrite('    validate: { until: rolloutComplete(target), timeout: 5h }', approved),
      ['10 error validate.timing'],
    ],
    [
      'a template inside text',
      withWrite(validated, '    toRevision: "no {{ inputs.workload }}"', approved),
      ['11 error template.place'],
    ],
    [
      'an input of the wrong type',
      withWrite(validated, "    toRevision: '{{ inputs.workload }}'", approved),
      ['11 error schema.value'],
    ],
    [
      'an approval that can never be',
      withWrite(validated, 'approvals: [{ group: sre-leads, count: 3 }]'),
      ['11 error approvals.unreachable'],
    ],
    [
      'an approval that fails when one of them asks',
      withWrite(validated, 'approvals: [{ group: sre-leads, count: 2 }]'),
      ['11 warning approvals.requester'],
    ],
    [
      'an approval by a group nobody is in',
      withWrite(validated, 'approvals: [{ group: constructor }]'),
      ['11 error approvals.unreachable'],
    ],
  ])('reports %s', (_what, text, expected) => {
    expect(problemsOf(text, { groups: { 'sre-leads': ['U1', 'U2'] } })).toEqual(expected);
  });

  it.each<[what: string, text: string, code: string]>([
    [
      'an input from a finding without the codes it may be of',
      withWrite(validated, approved).replace('match: { findings: [image-pull-failed] }', 'match: { alerts: [A] }'),
      'match.findings',
    ],
    [
      'a default target',
      withWrite(validated, approved).replace('from: finding.object', 'from: person, default: Deployment/a/b'),
      'input.default',
    ],
    [
      'a target that may be absent',
      withWrite(validated, approved).replace('finding.object', 'finding.object, required: false'),
      'input.absent',
    ],
    [
      'an object of a finding that is not a workload',
      withWrite(validated, approved).replace('type: workload', 'type: name'),
      'input.type',
    ],
    [
      'a workload from a label that names none',
      withWrite(validated, approved).replace('finding.object', 'alert.labels.pod'),
      'input.type',
    ],
    [
      'a part of what has no parts',
      withWrite(validated, '    toRevision: "{{ inputs.n.name }}"', approved).replace(
        'inputs:',
        'inputs:\n  n: { type: integer, from: person }',
      ),
      'template.part',
    ],
    [
      'resources that set nothing',
      withWrite(validated, approved).replace('rollout-undo', 'set-resources\n    container: app\n    limits: {}'),
      'schema.missing',
    ],
    [
      'a name no object has',
      withWrite(validated, approved).replace(
        "'{{ inputs.workload }}'",
        '{ kind: Deployment, namespace: ../x, name: y }',
      ),
      'action.name',
    ],
  ])('refuses %s', (_what, text, code) => {
    const { runbook, problems } = parseRunbook(text, 'r.yaml', context);
    expect(problems.filter(({ severity }) => severity === 'error').map((problem) => problem.code)).toContain(code);
    expect(runbook).toBeUndefined();
  });
});
