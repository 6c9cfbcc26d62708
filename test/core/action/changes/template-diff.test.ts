import { describe, expect, it } from 'vitest';
import { diffTemplates } from '../../../../src/core/action/changes/template-diff.ts';
import { template } from './objects.ts';

const container = (name: string, fields: object = {}) => ({ name, image: `${name}:1`, ...fields });

describe('the difference of two pod templates', () => {
  it.each<[what: string, before: object, after: object, lines: string[]]>([
    ['nothing', template(), template(), []],
    ['an image', template({ image: 'a:1' }), template({ image: 'a:2' }), ['app: image a:1 → a:2']],
    [
      'amounts',
      template({ resources: { limits: { memory: '1Gi' } } }),
      template({ resources: { limits: { memory: '2Gi' } } }),
      ['app: memory limit 1Gi → 2Gi'],
    ],
    [
      'environment by name only',
      template({
        env: [
          { name: 'A', value: 'secret1' },
          { name: 'B', value: 'x' },
        ],
      }),
      template({
        env: [
          { name: 'A', value: 'secret2' },
          { name: 'C', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
        ],
      }),
      ['app: environment changed: added C; removed B; changed A, values not shown'],
    ],
    [
      'the order of environment',
      template({ env: [{ name: 'A' }, { name: 'B' }] }),
      template({ env: [{ name: 'B' }, { name: 'A' }] }),
      ['app: environment changed in its order, values not shown'],
    ],
    [
      'command and arguments without their text',
      template({ containers: [container('app', { command: ['run', '--password=hunter2'] })] }),
      template({ containers: [container('app', { args: ['x'] })] }),
      ['app: args changed', 'app: command changed'],
    ],
    [
      'containers added and removed',
      template({ containers: [container('old')] }),
      template({ containers: [container('new')], initContainers: [container('setup')] }),
      ['old: removed, image old:1', 'new: added, image new:1', 'init container setup: added, image setup:1'],
    ],
    [
      'a scalar of the pod',
      template({ terminationGracePeriodSeconds: 30 }),
      template({ terminationGracePeriodSeconds: 60 }),
      ['/spec/template/spec/terminationGracePeriodSeconds 30 → 60'],
    ],
    [
      'a scalar that is set',
      template(),
      template({ hostNetwork: true }),
      ['/spec/template/spec/hostNetwork unset → true'],
    ],
    [
      'lists of named things',
      template({ volumes: [{ name: 'config', configMap: { name: 'a' } }] }),
      template({
        volumes: [
          { name: 'config', configMap: { name: 'b' } },
          { name: 'data', emptyDir: {} },
        ],
      }),
      ['/spec/template/spec/volumes changed: added data; changed config'],
    ],
    [
      'other fields by path',
      template({ affinity: { a: 1 } }),
      template({ affinity: { a: 2 } }),
      ['/spec/template/spec/affinity changed'],
    ],
    [
      'annotations by name only',
      { ...template(), metadata: { annotations: { token: 'a' } } },
      { ...template(), metadata: { annotations: { token: 'b' } } },
      ['/spec/template/metadata/annotations changed: token'],
    ],
    ['what it cannot read', { spec: 'a' }, { spec: 'b' }, ['the template differs in a way that cannot be shown here']],
  ])('shows %s', (_what, before, after, lines) => {
    expect(diffTemplates({ ...before }, { ...after })).toEqual(lines);
  });

  it('never shows a value that may be secret', () => {
    const secret = 'hunter2';
    const hidden = template({
      containers: [
        container('app', { env: [{ name: 'A', value: secret }], args: [secret], lifecycle: { exec: secret } }),
      ],
    });
    expect(JSON.stringify(diffTemplates(template({ containers: [container('app')] }), hidden))).not.toContain(secret);
  });

  it('stays short and on one line, whatever the template holds', () => {
    const many = template({ containers: Array.from({ length: 500 }, (_, index) => container(`c${index}`)) });
    const lines = diffTemplates(template(), many);
    expect(lines).toHaveLength(25);
    expect(lines.at(-1)).toMatch(/^… and \d+ more differences$/);
    const hostile = template({ image: `x\n*approve*\u202e${'y'.repeat(10_000)}` });
    for (const line of diffTemplates(template(), hostile)) {
      expect(line).not.toMatch(/[\n\u202e]/);
      expect(line.length).toBeLessThan(400);
    }
  });
});
