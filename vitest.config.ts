import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './internal/checks/src/longest-first.js'

// Most concurrent tests wait for a session's end or for a server.
const shared = { pool: 'forks', testTimeout: 60_000, hookTimeout: 60_000, maxConcurrency: 16 } as const

// Their tests are many and leave nothing global changed, so files can share a process. That saves a tenth of a run's CPU time.
const shareProcesses = 'packages/session-{core,express,redis,pg}/test/**/*.test.ts'

export default defineConfig({
  test: {
    watch: false,
    allowOnly: false,
    // Two more than cores, because most tests wait for servers, and one file for a browser.
    maxWorkers: availableParallelism() + 2,
    sequence: { sequencer: LongestFirst },
    // Here and not in a project: it starts the servers once for all of them.
    globalSetup: ['internal/test-services/src/vitest-setup.ts'],
    projects: [
      {
        test: {
          ...shared,
          name: 'tests',
          include: ['{packages,internal,examples}/*/test/**/*.test.ts'],
          exclude: ['internal/checks/**', shareProcesses, '**/node_modules/**'],
        },
      },
      {
        test: { ...shared, name: 'tests-shared', include: [shareProcesses], isolate: false },
      },
      {
        test: {
          ...shared,
          name: 'checks',
          include: ['internal/checks/test/**/*.test.ts'],
          globalSetup: ['internal/checks/src/build-setup.ts'],
        },
      },
    ],
  },
})
