/**
 * The table of imports, as rules. Read it as "where can what act?": decisions import no side effects, a folder of an adapter knows no other adapter, and what changes
 * a cluster is imported in four places. Each comment says what to do instead.
 *
 * @type {import('dependency-cruiser').IConfiguration}
 */
const pureLibraries = ['zod', '@marcbachmann/cel-js', 'canonicalize', 'shell-quote'];
const inPackage = (name) => `(^|/)node_modules/${name.endsWith('/') ? name : `${name}/`}`;
const wireTypes = inPackage('(@types/)?kubernetes-types');
// One library for one job, and one place for each. What is not listed is for core (pureLibraries) or everybody's (hono, js-yaml, pino, types).
const ownLibraries = [
  ['@anthropic-ai/sdk', 'adapters/anthropic/'],
  ['@kubernetes/client-node', 'adapters/kubernetes/'],
  ['@open-policy-agent/opa-wasm', 'adapters/opa/'],
  ['@slack/', 'adapters/slack/', 'sandbox/slack/'],
  ['lowdb', 'adapters/lowdb/'],
  ['ulid', 'adapters/system/'],
  ['ws', 'sandbox/slack/'],
  ['commander', 'main\\.ts$'],
];
const outsideOf = (...folders) => ({ path: '^src/', pathNot: folders.map((folder) => `^src/${folder}`) });
const node = { dependencyTypes: ['core'] };
const npm = { dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'npm-unknown'] };

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      comment: 'Two modules that need each other are one, or hide a third that both need.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-unresolvable',
      severity: 'error',
      comment: 'The import names nothing: a typo, a missing dependency, or a relative import without its .ts ending.',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'not-to-dev-dependencies',
      severity: 'error',
      comment: 'What ships may not need what only development installs; types are fine.',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'not-to-tests',
      severity: 'error',
      comment: 'What ships may not need tests, benches or the tools of the repository.',
      from: { path: '^(src|bin)/' },
      to: { path: '^(test|bench|policies|scripts)/' },
    },
    {
      name: 'core-stays-in-core',
      severity: 'error',
      comment:
        'Core decides; what it needs from outside comes as an argument. Move the decision here and the I/O to a workflow or an adapter.',
      from: { path: '^src/core/' },
      to: outsideOf('core/'),
    },
    {
      name: 'core-imports-pure-libraries-only',
      severity: 'error',
      comment: `Core may import ${pureLibraries.join(', ')} and types of the Kubernetes API. Other libraries belong into an adapter.`,
      from: { path: '^src/core/' },
      to: { ...npm, pathNot: [...pureLibraries.map(inPackage), wireTypes] },
    },
    {
      name: 'core-takes-only-types-of-the-kubernetes-api',
      severity: 'error',
      comment: 'kubernetes-types are types; import them by `import type`.',
      from: { path: '^src/core/' },
      to: { path: wireTypes, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'core-without-node',
      severity: 'error',
      comment: 'No clock, disk, network or randomness in core. The one exception, createHash, is in core/digest.ts.',
      from: { path: '^src/core/', pathNot: '^src/core/digest\\.ts$' },
      to: node,
    },
    {
      name: 'digest-takes-only-crypto',
      severity: 'error',
      comment: 'core/digest.ts may import node:crypto and nothing else of Node.',
      from: { path: '^src/core/digest\\.ts$' },
      to: { ...node, pathNot: '^(node:)?crypto$' },
    },
    {
      name: 'ports-know-core-only',
      severity: 'error',
      comment: 'A port is an interface over the words of core.',
      from: { path: '^src/ports/' },
      to: outsideOf('core/', 'ports/'),
    },
    {
      name: 'ports-are-types',
      severity: 'error',
      comment: 'A port imports types and has no values of its own.',
      from: { path: '^src/ports/' },
      to: { dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'config-knows-core-only',
      severity: 'error',
      comment: 'Config turns a file and an environment, both handed in, into values.',
      from: { path: '^src/config/' },
      to: outsideOf('core/', 'config/'),
    },
    {
      name: 'config-needs-zod-only',
      severity: 'error',
      comment: 'Config is handed its file and environment; it reads nothing itself.',
      from: { path: '^src/config/' },
      to: { dependencyTypes: [...node.dependencyTypes, ...npm.dependencyTypes], pathNot: inPackage('zod') },
    },
    {
      name: 'workflows-use-ports',
      severity: 'error',
      comment:
        'A workflow knows core and ports, and the steps of its own folder where it has one. What both of two workflows need is a concept of core, or a port.',
      from: { path: '^src/workflows/' },
      to: outsideOf('core/', 'ports/', 'workflows/read-cluster/'),
    },
    {
      name: 'workflows-have-no-io',
      severity: 'error',
      comment: 'Disk, network and libraries that use them are behind ports.',
      from: { path: '^src/workflows/' },
      to: { dependencyTypes: [...node.dependencyTypes, ...npm.dependencyTypes] },
    },
    {
      name: 'adapters-know-core-and-ports',
      severity: 'error',
      comment: 'An adapter carries out a port. It decides nothing and calls no use case; what it needs is handed in.',
      from: { path: '^src/adapters/' },
      to: outsideOf('core/', 'ports/', 'adapters/'),
    },
    {
      name: 'adapters-do-not-know-each-other',
      severity: 'error',
      comment: 'Two technologies meet in the composition, or through a port.',
      from: { path: '^src/adapters/([^/]+)/' },
      to: { path: '^src/adapters/', pathNot: '^src/adapters/$1/' },
    },
    {
      name: 'sandbox-is-the-other-side-of-the-wire',
      severity: 'error',
      comment:
        'The stand-ins must not share code with the adapters that talk to them, or both would be wrong together.',
      from: { path: '^src/sandbox/' },
      to: outsideOf('core/', 'ports/', 'sandbox/'),
    },
    {
      name: 'cli-is-handed-its-adapters',
      severity: 'error',
      comment: 'A command calls workflows; adapters are built in the composition and handed in.',
      from: { path: '^src/cli/' },
      to: outsideOf('core/', 'ports/', 'config/', 'workflows/', 'cli/'),
    },
    {
      name: 'composition-is-the-root',
      severity: 'error',
      comment: 'Only main.ts (and the composition itself) may import the wiring.',
      from: { path: '^src/', pathNot: '^src/(main\\.ts$|composition/)' },
      to: { path: '^src/(composition/|main\\.ts$)' },
    },
    ...ownLibraries.map(([library, ...folders]) => ({
      name: `who-uses-${library.replace(/[^a-z]+/g, '-').replace(/^-|-$/g, '')}`,
      severity: 'error',
      comment: `${library} is used in ${folders.join(', ')} only; elsewhere what it does is behind a port.`,
      from: { path: '^src/', pathNot: folders.map((folder) => `^src/${folder}`) },
      to: { path: inPackage(library) },
    })),
    {
      name: 'where-a-cluster-is-changed',
      severity: 'error',
      comment:
        'A ClusterWriter is made by its adapter, used by execute-action (apply) and check-action (rehearse), and wired in the composition. Nothing else may hold one.',
      from: {
        path: '^src/',
        pathNot: [
          '^src/adapters/kubernetes/',
          '^src/workflows/(execute-action|check-action)\\.ts$',
          '^src/composition/',
        ],
      },
      to: { path: '^src/(ports/cluster-writer\\.ts$|adapters/kubernetes/cluster-writer\\.ts$)' },
    },
    {
      name: 'the-model-has-no-hands',
      severity: 'error',
      comment:
        'Nothing that a model is asked by, or that reads for it, may lead to what changes a cluster, by whatever way. What it finds out is offered; rules and people act.',
      from: {
        path: '^src/(core/reasoning/|adapters/anthropic/|workflows/(model-tools|answer-question|explain-incident)\\.ts$)',
      },
      to: {
        path: '^src/(ports/cluster-writer\\.ts$|adapters/kubernetes/cluster-writer\\.ts$|core/approval/authorize\\.ts$|workflows/execute-action\\.ts$)',
        reachable: true,
      },
    },
    {
      name: 'who-authorises',
      severity: 'error',
      comment:
        'authorize() makes the permission to change a cluster: only execute-action asks for it, only the writer and its port look at it.',
      from: {
        path: '^src/',
        pathNot: [
          '^src/workflows/execute-action\\.ts$',
          '^src/ports/cluster-writer\\.ts$',
          '^src/adapters/kubernetes/(cluster-writer|write-outcome)\\.ts$',
        ],
      },
      to: { path: '^src/core/approval/authorize\\.ts$' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    detectProcessBuiltinModuleCalls: true,
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.d.ts'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
    },
    doNotFollow: { path: '^node_modules' },
    exclude: { path: '^src/sandbox/slack/page/' },
  },
};
