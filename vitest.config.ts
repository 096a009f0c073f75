import { defineConfig } from 'vitest/config'

// Real servers and processes share two cores: one file at a time where they are involved.
const real = {
  fileParallelism: false,
  testTimeout: 60_000,
  hookTimeout: 120_000,
  teardownTimeout: 20_000,
  expect: { poll: { timeout: 20_000 } },
}

// What is drawn depends on what the terminal can show: for tests it is always the same.
const terminal = { TERM: 'xterm-256color', LC_ALL: 'C.UTF-8' }

export default defineConfig({
  test: {
    projects: [
      {
        test: { name: 'unit', include: ['test/unit/**/*.test.{ts,tsx}'], env: terminal, testTimeout: 30_000 },
      },
      {
        test: {
          name: 'integration',
          include: ['test/{integration,contracts}/**/*.test.ts'],
          globalSetup: ['test/support/prepare-redis.ts', 'test/support/prepare-postgres.ts'],
          detectAsyncLeaks: true,
          ...real,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/support/prepare-redis.ts', 'test/support/prepare-postgres.ts'],
          ...real,
        },
      },
      {
        test: {
          name: 'compose',
          include: ['test/compose/**/*.test.ts'],
          globalSetup: ['test/support/prepare-engine.ts'],
          ...real,
          testTimeout: 180_000,
        },
      },
      {
        test: {
          name: 'docker',
          include: ['test/docker/**/*.test.ts'],
          globalSetup: ['test/support/prepare-engine.ts'],
          ...real,
        },
      },
      {
        test: {
          name: 'faults',
          include: ['test/faults/**/*.test.ts'],
          globalSetup: ['test/support/prepare-redis.ts', 'test/support/prepare-postgres.ts'],
          ...real,
          testTimeout: 120_000,
        },
      },
    ],
  },
})
