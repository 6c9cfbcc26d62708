import { defineConfig } from 'vitest/config';

// The suite that needs nothing but npm. What needs real servers has its own configuration under test/real/.
export default defineConfig({
  test: { include: ['test/**/*.test.ts'], exclude: ['test/real/**', 'node_modules/**'], testTimeout: 20_000 },
});
