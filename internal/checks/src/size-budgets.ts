/** Maximum size of an entry bundled with its dependencies except the driver, minified and gzipped. */
export interface SizeBudget {
  readonly entry: string
  readonly runtime: 'node' | 'edge'
  readonly maxBytes: number
}

/** Budgets of all entries; for entries that need nothing of Node, also for the edge. */
export const sizeBudgets: readonly SizeBudget[] = [
  { entry: '@bext/session-conformance', runtime: 'node', maxBytes: 85_000 },
  { entry: '@bext/session-conformance/express', runtime: 'node', maxBytes: 4_000 },
  { entry: '@bext/session-conformance/jest', runtime: 'node', maxBytes: 80_000 },
  { entry: '@bext/session-conformance/node-test', runtime: 'node', maxBytes: 80_000 },
  { entry: '@bext/session-conformance/vitest', runtime: 'node', maxBytes: 80_000 },
  { entry: '@bext/session-cookie', runtime: 'node', maxBytes: 5_500 },
  { entry: '@bext/session-cookie', runtime: 'edge', maxBytes: 8_000 },
  { entry: '@bext/session-cookie/compression', runtime: 'node', maxBytes: 2_500 },
  { entry: '@bext/session-cookie/compression', runtime: 'edge', maxBytes: 2_500 },
  { entry: '@bext/session-cookie/iron-session', runtime: 'node', maxBytes: 4_000 },
  { entry: '@bext/session-cookie/iron-session', runtime: 'edge', maxBytes: 4_000 },
  { entry: '@bext/session-cookie/revocation', runtime: 'node', maxBytes: 2_500 },
  { entry: '@bext/session-cookie/revocation', runtime: 'edge', maxBytes: 2_500 },
  { entry: '@bext/session-core', runtime: 'node', maxBytes: 1_000 },
  { entry: '@bext/session-core', runtime: 'edge', maxBytes: 1_000 },
  { entry: '@bext/session-core/doctor', runtime: 'node', maxBytes: 1_500 },
  { entry: '@bext/session-core/doctor', runtime: 'edge', maxBytes: 1_500 },
  { entry: '@bext/session-core/manager', runtime: 'node', maxBytes: 17_500 },
  { entry: '@bext/session-core/manager', runtime: 'edge', maxBytes: 20_500 },
  { entry: '@bext/session-core/memory', runtime: 'node', maxBytes: 6_000 },
  { entry: '@bext/session-core/memory', runtime: 'edge', maxBytes: 6_000 },
  { entry: '@bext/session-core/store-helpers', runtime: 'node', maxBytes: 6_500 },
  { entry: '@bext/session-core/store-helpers', runtime: 'edge', maxBytes: 6_500 },
  { entry: '@bext/session-core/testing', runtime: 'node', maxBytes: 2_500 },
  { entry: '@bext/session-core/testing', runtime: 'edge', maxBytes: 2_500 },
  { entry: '@bext/session-device', runtime: 'node', maxBytes: 18_500 },
  { entry: '@bext/session-device', runtime: 'edge', maxBytes: 22_000 },
  { entry: '@bext/session-express', runtime: 'node', maxBytes: 3_500 },
  { entry: '@bext/session-express/middleware', runtime: 'node', maxBytes: 4_000 },
  { entry: '@bext/session-fastify', runtime: 'node', maxBytes: 3_500 },
  { entry: '@bext/session-hono', runtime: 'node', maxBytes: 2_000 },
  { entry: '@bext/session-hono', runtime: 'edge', maxBytes: 2_000 },
  { entry: '@bext/session-pg', runtime: 'node', maxBytes: 21_500 },
  { entry: '@bext/session-redis', runtime: 'node', maxBytes: 21_500 },
  { entry: '@bext/session-sqlite', runtime: 'node', maxBytes: 9_500 },
]
