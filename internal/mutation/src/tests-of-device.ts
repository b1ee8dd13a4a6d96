import { defineConfig } from 'vitest/config'

/** The tests of session-device, without those of other runtimes. */
export default defineConfig({
  test: {
    watch: false,
    // Modules are loaded once for a change, and not once for each file.
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    globalSetup: ['internal/test-services/src/vitest-setup.ts'],
    include: [
      'packages/session-device/test/{attacks,bindings,failures,frameworks,midway,node,orders,policies,protocol,races,recent-proofs,round-trips,tags}.test.ts',
    ],
  },
})
