import { defineConfig } from 'vitest/config';

const common = {
  testTimeout: 20_000,
  // Threads start faster than processes.
  pool: 'threads',
} as const;

// The suite that needs nothing but npm. What needs real servers has its own configuration under test/real/.
export default defineConfig({
  test: {
    // Many tests wait for servers on the loopback address: more workers than cores.
    maxWorkers: 3,
    projects: [
      // The centre is pure: its files share nothing that could leak, so one worker may run many of them with what it has imported.
      { test: { ...common, name: 'core', include: ['test/core/**/*.test.ts'], isolate: false } },
      {
        test: {
          ...common,
          name: 'edges',
          include: ['test/**/*.test.ts'],
          exclude: ['test/core/**', 'test/real/**', 'node_modules/**'],
        },
      },
    ],
  },
});
