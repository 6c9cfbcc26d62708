import { defineConfig } from 'vitest/config';

// The suite that needs nothing but npm. What needs real servers has its own configuration under test/real/.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/real/**', 'node_modules/**'],
    testTimeout: 20_000,
    // Many tests wait for servers on the loopback address: more workers than cores, and threads, which start faster than processes.
    pool: 'threads',
    maxWorkers: 3,
  },
});
