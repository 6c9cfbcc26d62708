import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReadAction, WriteAction } from '../../../../src/core/action/action.ts';
import { readActionSchema, writeActionSchema } from '../../../../src/core/action/action.ts';
import { type KubectlAction, renderKubectl } from '../../../../src/core/action/kubectl/render.ts';
import { parseKubectl } from '../../../../src/core/action/kubectl.ts';
import { acceptedLines } from './accepted-lines.ts';

const accepted = fc.constantFrom(...acceptedLines);
const splice = (line: string, at: number, piece: string) => `${line.slice(0, at)}${piece}${line.slice(at)}`;

/** Positions between words: what stands inside quotes is one word and gets no flag spliced in. */
const atWordBreak = (line: string) => {
  const breaks = [...line.matchAll(/ +/g)].map((match) => match.index).filter((at) => at > 0);
  return fc.constantFrom(...breaks, line.length);
};

function expectSameOrNotComplete(line: string, action: ReadAction | WriteAction) {
  const parsed = parseKubectl(line);
  if (parsed.ok && parsed.value.status === 'complete') expect(parsed.value.action).toEqual(action);
}

describe('parseKubectl, whatever is added to a good line,', () => {
  it('refuses shell signs anywhere', () => {
    const sign = fc.constantFrom(
      ...[
        '|',
        '||',
        ';',
        '&',
        '&&',
        '<',
        '>',
        '>>',
        '$(id)',
        '`id`',
        '$X',
        '(',
        ')',
        '\n',
        '\r',
        '\0',
        '\t',
        '*',
        '~',
        '#',
        '\\',
      ],
      ...['{', '}', '[', ']', '%2e', '\u202e', '\u200b', '\ufeff', '\u2028', '\u001b', 'é', '－'],
    );
    fc.assert(
      fc.property(accepted, sign, fc.nat(), ([line], piece, at) => {
        expect(parseKubectl(splice(line, at % (line.length + 1), piece)).ok).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });

  it('refuses wrappers, prefixes and other programs before it', () => {
    const wrapper = fc.constantFrom(
      ...[
        'sudo',
        'env',
        'env -i',
        'FOO=1',
        'timeout 5',
        'xargs',
        'sh -c',
        'bash -c',
        'watch',
        'nohup',
        'kubectl-x',
        './',
        '/bin/',
        'k',
        '!',
      ],
    );
    fc.assert(
      fc.property(accepted, wrapper, fc.constantFrom('', ' '), ([line], word, space) => {
        fc.pre(line.startsWith('kubectl'));
        expect(parseKubectl(`${word}${space}${line}`).ok).toBe(false);
      }),
    );
  });

  it('never takes a dangerous flag for something harmless', () => {
    const flag = fc.constantFrom(
      ...[
        '--force',
        '--all',
        '--now',
        '--as=root',
        '--as root',
        '--token=x',
        '--kubeconfig=/x',
        '--context prod',
        '--server=https://evil',
      ],
      ...[
        '-s https://evil',
        '-f x.yaml',
        '-k .',
        '-w',
        '--watch',
        '--follow',
        '--dry-run=none',
        '--grace-period=0',
        '--cascade=orphan',
      ],
      ...[
        '--raw=/api/v1/secrets',
        '--template=x',
        '-o jsonpath=x',
        '-o=go-template-file=/x',
        '--',
        '--insecure-skip-tls-verify',
      ],
      ...['--client-key=/x', '--profile-output=/x', '--all_namespaces', '-R', '--subresource=status', '-v9'],
    );
    const withPlace = accepted.chain(([line, action]) =>
      fc.tuple(fc.constant({ line, action }), atWordBreak(line), flag),
    );
    fc.assert(
      fc.property(withPlace, ([{ line, action }, at, piece]) => {
        expectSameOrNotComplete(splice(line, at, ` ${piece} `), action);
      }),
      { numRuns: 2000 },
    );
  });

  it('never throws, and completes only valid actions', () => {
    const word = fc.oneof(
      fc.constantFrom(
        'kubectl',
        'get',
        'pods',
        'delete',
        'rollout',
        'undo',
        'deployment/x',
        '-n',
        'shop',
        '-A',
        '--raw=/readyz',
        '-c',
      ),
      fc.constantFrom(
        'logs',
        'set',
        'resources',
        '--limits=cpu=1',
        'events',
        '--for=pod/x',
        '-lx=y',
        'secrets',
        '--',
        '-',
      ),
      fc.string({ maxLength: 12 }),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 8 }), (words) => {
        const parsed = parseKubectl(['kubectl', ...words].join(' '));
        if (!parsed.ok) {
          expect(parsed.error.sentence).toMatch(/\.$/);
        } else if (parsed.value.status === 'complete') {
          const { action } = parsed.value;
          expect(readActionSchema.safeParse(action).success || writeActionSchema.safeParse(action).success).toBe(true);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

const name = fc.stringMatching(/^[a-z]([a-z0-9-]{0,10}[a-z0-9])?$/);
const quantity = fc.constantFrom('1', '250m', '0.5', '512Mi', '2Gi');
const scope = fc.oneof(
  name.map((namespace) => ({ namespace })),
  fc.constant({ allNamespaces: true }),
);
const workload = fc.record({ kind: fc.constant('Deployment' as const), namespace: name, name });
const selector = fc.oneof(
  fc.tuple(name, fc.constantFrom('=', '==', '!='), name).map((parts) => parts.join('')),
  name.map((key) => `!${key}`),
);
const output = fc.constantFrom('table' as const, 'wide' as const, 'json' as const, 'yaml' as const, 'name' as const);
const maybe = <T extends object>(arbitrary: fc.Arbitrary<T>) => fc.oneof(fc.constant({}), arbitrary);
const resourceList = fc.oneof(
  quantity.map((cpu) => ({ cpu })),
  quantity.map((memory) => ({ memory })),
  fc.record({ cpu: quantity, memory: quantity }),
);
const change = fc.oneof(
  resourceList.map((limits) => ({ limits })),
  resourceList.map((requests) => ({ requests })),
  fc.record({ limits: resourceList, requests: resourceList }),
);

const action: fc.Arbitrary<KubectlAction> = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('pods', 'deployments', 'events'),
      scope,
      output,
      maybe(selector.map((each) => ({ selector: each }))),
    )
    .map(([resource, where, out, by]) => ({ kind: 'get' as const, resource, names: [], ...where, output: out, ...by })),
  fc
    .tuple(fc.array(name, { minLength: 1, maxLength: 4 }), name, output)
    .map(([names, namespace, out]) => ({ kind: 'get' as const, resource: 'services', names, namespace, output: out })),
  fc.tuple(name).map(([node]) => ({ kind: 'describe' as const, resource: 'nodes', name: node })),
  fc
    .tuple(name, name)
    .map(([namespace, pod]) => ({ kind: 'describe' as const, resource: 'pods', name: pod, namespace })),
  fc
    .tuple(
      name,
      fc.oneof(
        name.map((pod) => ({ by: 'pod' as const, name: pod })),
        selector.map((each) => ({ by: 'selector' as const, selector: each })),
      ),
      maybe(fc.record({ container: name, previous: fc.constant(true), tailLines: fc.integer({ min: 1, max: 5000 }) })),
      maybe(fc.integer({ min: 1, max: 1_000_000 }).map((sinceSeconds) => ({ sinceSeconds }))),
    )
    .map(([namespace, of, extras, since]) => ({ kind: 'logs' as const, namespace, of, ...extras, ...since })),
  workload.map((target) => ({
    kind: 'logs' as const,
    namespace: target.namespace,
    of: { by: 'workload' as const, workload: target },
  })),
  fc
    .tuple(
      name,
      maybe(name.map((pod) => ({ for: { kind: 'Pod', name: pod } }))),
      maybe(fc.constantFrom('Normal' as const, 'Warning' as const).map((type) => ({ types: [type] }))),
    )
    .map(([namespace, about, types]) => ({ kind: 'events' as const, namespace, ...about, ...types })),
  scope.map((where) => ({ kind: 'top' as const, resource: 'pods' as const, ...where })),
  fc
    .constantFrom('/readyz', '/livez/etcd', '/version', '/healthz?verbose')
    .map((path) => ({ kind: 'raw' as const, path })),
  workload.map((target) => ({ kind: 'rollout-status' as const, target })),
  fc
    .tuple(workload, maybe(fc.integer({ min: 1, max: 99 }).map((revision) => ({ revision }))))
    .map(([target, revision]) => ({
      kind: 'rollout-history' as const,
      target,
      ...revision,
    })),
  fc
    .tuple(workload, maybe(fc.integer({ min: 1, max: 99 }).map((toRevision) => ({ toRevision }))))
    .map(([target, revision]) => ({
      kind: 'rollout-undo' as const,
      target,
      ...revision,
    })),
  fc
    .tuple(workload, name, change)
    .map(([target, container, lists]) => ({ kind: 'set-resources' as const, target, container, ...lists })),
);

describe('renderKubectl', () => {
  it('prints a line that parses back to the same action', () => {
    fc.assert(
      fc.property(action, (original) => {
        expect(parseKubectl(renderKubectl(original))).toEqual({
          ok: true,
          value: { status: 'complete', action: original },
        });
      }),
      { numRuns: 1000 },
    );
  });

  it.each(acceptedLines)('prints what %s means so that it parses back', (_line, original) => {
    if (original.kind === 'query') throw new Error('no kubectl line means a query');
    expect(parseKubectl(renderKubectl(original))).toEqual({
      ok: true,
      value: { status: 'complete', action: original },
    });
  });

  it('quotes what a shell would expand', () => {
    const line = renderKubectl({
      kind: 'get',
      resource: 'pods',
      names: [],
      namespace: 'shop',
      selector: "app in (a,b),x!='$(id)'",
      output: 'table',
    });
    expect(line).toBe(`kubectl get pods -n shop '--selector=app in (a,b),x!='\\''$(id)'\\'''`);
  });
});
