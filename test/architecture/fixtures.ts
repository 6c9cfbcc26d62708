import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** One import that somebody might write: where, what, and the rules that must stop it (none: it is allowed). */
export type Import = readonly [from: string, statement: string, rules: string | null];

export const imports: readonly Import[] = [
  ['core/a.ts', "import { port } from '../ports/port.ts';", 'core-stays-in-core'],
  ['core/b.ts', "import type { port } from '../ports/port.ts';", 'core-stays-in-core'],
  ['core/c.ts', "import { use } from '../workflows/use.ts';", 'core-stays-in-core'],
  ['core/d.ts', "import { readFile } from 'node:fs/promises';", 'core-without-node'],
  ['core/e.ts', "import { createHash } from 'node:crypto';", 'core-without-node'],
  ['core/f.ts', "import { Hono } from 'hono';", 'core-imports-pure-libraries-only'],
  ['core/g.ts', "import type { Hono } from 'hono';", 'core-imports-pure-libraries-only'],
  ['core/h.ts', "import { z } from 'zod';", null],
  ['core/i.ts', "import type { Pod } from 'kubernetes-types/core/v1.js';", null],
  [
    'core/j.ts',
    "import { Pod } from 'kubernetes-types/core/v1.js';",
    'core-takes-only-types-of-the-kubernetes-api, not-to-dev-dependencies',
  ],
  ['core/digest.ts', "import { createHash } from 'node:crypto';", null],
  ['core/k.ts', "export const load = () => import('node:fs');", 'core-without-node'],
  ['core/l.ts', "const fs = process.getBuiltinModule('node:fs'); export { fs };", 'core-without-node'],
  ['core/nothing.ts', "import { x } from './does-not-exist.ts';", 'no-unresolvable'],
  ['core/ring-one.ts', "import { two } from './ring-two.ts'; export const one = two;", 'no-circular'],
  // A ring is told once, at its first module.
  ['core/ring-two.ts', "import { one } from './ring-one.ts'; export const two = one;", null],
  ['ports/a.ts', "import { thing } from '../core/thing.ts'; export { thing };", 'ports-are-types'],
  ['ports/b.ts', "import type { thing } from '../core/thing.ts';", null],
  ['ports/c.ts', "import type { use } from '../workflows/use.ts';", 'ports-know-core-only'],
  ['config/a.ts', "import type { port } from '../ports/port.ts';", 'config-knows-core-only'],
  ['config/b.ts', "import { readFileSync } from 'node:fs';", 'config-needs-zod-only'],
  ['config/c.ts', "import { z } from 'zod';", null],
  ['workflows/a.ts', "import { use } from './use.ts';", 'workflows-use-ports'],
  ['workflows/b.ts', "import { one } from '../adapters/one/one.ts';", 'workflows-use-ports'],
  ['workflows/c.ts', "import { readFile } from 'node:fs/promises';", 'workflows-have-no-io'],
  ['workflows/d.ts', "import { z } from 'zod';", 'workflows-have-no-io'],
  ['workflows/e.ts', "import type { port } from '../ports/port.ts';", null],
  ['workflows/f.ts', "import type { ClusterWriter } from '../ports/cluster-writer.ts';", 'where-a-cluster-is-changed'],
  ['workflows/g.ts', "import { authorize } from '../core/approval/authorize.ts';", 'who-authorises'],
  [
    'workflows/model-tools.ts',
    "import { answer } from '../core/incident/leads-to-writer.ts';",
    'the-model-has-no-hands',
  ],
  ['workflows/execute-action.ts', "import type { ClusterWriter } from '../ports/cluster-writer.ts';", null],
  ['workflows/check-action.ts', "import { authorize } from '../core/approval/authorize.ts';", 'who-authorises'],
  ['adapters/one/a.ts', "import { two } from '../two/two.ts';", 'adapters-do-not-know-each-other'],
  ['adapters/one/b.ts', "import { use } from '../../workflows/use.ts';", 'adapters-know-core-and-ports'],
  ['adapters/one/c.ts', "import { sand } from '../../sandbox/sand.ts';", 'adapters-know-core-and-ports'],
  ['adapters/one/d.ts', "import { readFile } from 'node:fs/promises';", null],
  [
    'adapters/one/e.ts',
    "import type { ClusterWriter } from '../../ports/cluster-writer.ts';",
    'where-a-cluster-is-changed',
  ],
  ['adapters/one/i.ts', "import Anthropic from '@anthropic-ai/sdk';", 'who-uses-anthropic-ai-sdk'],
  ['adapters/one/f.ts', "import { KubeConfig } from '@kubernetes/client-node';", 'who-uses-kubernetes-client-node'],
  ['adapters/one/g.ts', "import { helper } from '../../../test/support/helper.ts';", 'not-to-tests'],
  ['adapters/one/h.ts', "import { fc } from 'fast-check';", 'not-to-dev-dependencies'],
  ['adapters/slack/a.ts', "import { App } from '@slack/bolt';", null],
  ['sandbox/a.ts', "import { one } from '../adapters/one/one.ts';", 'sandbox-is-the-other-side-of-the-wire'],
  ['sandbox/b.ts', "import { use } from '../workflows/use.ts';", 'sandbox-is-the-other-side-of-the-wire'],
  ['sandbox/c.ts', "import { App } from '@slack/bolt';", 'who-uses-slack'],
  ['cli/a.ts', "import { one } from '../adapters/one/one.ts';", 'cli-is-handed-its-adapters'],
  ['cli/b.ts', "import { use } from '../workflows/use.ts';", null],
  [
    'cli/c.ts',
    "import { start } from '../composition/start.ts';",
    'cli-is-handed-its-adapters, composition-is-the-root',
  ],
  ['cli/d.ts', "import type { ClusterWriter } from '../ports/cluster-writer.ts';", 'where-a-cluster-is-changed'],
  ['composition/a.ts', "import { one } from '../adapters/one/one.ts';", null],
  ['main.ts', "import { start } from './composition/start.ts';", null],
];

const others: readonly (readonly [path: string, text: string])[] = [
  [
    'package.json',
    JSON.stringify({
      name: 'fixture',
      type: 'module',
      dependencies: dependencies(),
      devDependencies: { 'fast-check': '1', 'kubernetes-types': '1' },
    }),
  ],
  ['test/support/helper.ts', 'export const helper = 1;'],
  ['src/core/thing.ts', 'export const thing = 1;'],
  ['src/core/approval/authorize.ts', 'export const authorize = 1;'],
  // Two steps away from the writer: a way that only the rule about the model must find at its beginning.
  ['src/core/incident/leads-to-writer.ts', "import { one } from './next-to-writer.ts'; export const answer = one;"],
  [
    'src/core/incident/next-to-writer.ts',
    "import type { ClusterWriter } from '../../ports/cluster-writer.ts'; export const one: ClusterWriter = 1;",
  ],
  ['src/ports/port.ts', 'export type port = 1;'],
  ['src/ports/cluster-writer.ts', 'export type ClusterWriter = 1;'],
  ['src/workflows/use.ts', 'export const use = 1;'],
  ['src/adapters/one/one.ts', 'export const one = 1;'],
  ['src/adapters/two/two.ts', 'export const two = 1;'],
  ['src/sandbox/sand.ts', 'export const sand = 1;'],
  ['src/composition/start.ts', 'export const start = 1;'],
  ['node_modules/kubernetes-types/package.json', '{"name":"kubernetes-types","version":"1.0.0"}'],
  ['node_modules/kubernetes-types/core/v1.js', 'export const Pod = 1;'],
  ...['zod', 'hono', 'fast-check', '@anthropic-ai/sdk', '@kubernetes/client-node', '@slack/bolt'].flatMap((name) => [
    [
      `node_modules/${name}/package.json`,
      JSON.stringify({ name, version: '1.0.0', type: 'module', exports: './index.js' }),
    ] as const,
    [`node_modules/${name}/index.js`, 'export const z = 1;'] as const,
  ]),
];

function dependencies() {
  return { zod: '1', hono: '1', '@anthropic-ai/sdk': '1', '@kubernetes/client-node': '1', '@slack/bolt': '1' };
}

/** Writes a small repository in which each of these imports is made once. */
export async function writeFixtures(folder: string): Promise<void> {
  const files = [
    ...others,
    ...imports.map(([from, statement]) => [`src/${from}`, `${statement}\nexport const own = 1;\n`] as const),
  ];
  for (const [path, text] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}
