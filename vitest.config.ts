import { defineConfig } from 'vitest/config';

// A Node that is told of more certificates starts in more than twice the time, and the tests start thousands.
delete process.env.NODE_EXTRA_CA_CERTS;

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Slow ones have a command of their own: npm run test:slow.
    exclude:
      process.env.SHEAF_SLOW_TESTS === undefined
        ? ['test/bench/memory.test.ts', 'test/bench/bench.test.ts', 'test/examples/hadoop.test.ts']
        : [],
    pool: 'forks',
    // Files of a process share what they import: loading it anew for each took a third of the suite's time.
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    globalSetup: ['test/bundle-once.ts'],
    // Bundles of jobs are loaded as Node loads them, as the plan is of the text of their functions.
    server: { deps: { external: [/\/[0-9a-f]{64}\.mjs$/] } },
    reporters: ['default', './test/closing-line.ts'],
    // Two cores: more files at once would only make the tests with real processes wait for each other.
    maxWorkers: 2,
    // Tests of one file that mostly wait, for deadlines and for processes, wait together.
    maxConcurrency: 3,
    allowOnly: false,
  },
});
