import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// One file at a time: they share a cluster and two cores, and the alerts of one would be noise in another.
// biome-ignore lint/style/noDefaultExport: vitest reads the default export.
export default defineConfig({
  root: join(import.meta.dirname, '..', '..'),
  test: {
    include: ['test/real/**/*.real.test.ts'],
    fileParallelism: false,
    testTimeout: 90_000,
    hookTimeout: 90_000,
    teardownTimeout: 20_000,
  },
});
