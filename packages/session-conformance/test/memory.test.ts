import { memorySessions } from '@bext/session-core/memory'
import type { SessionPlugin } from '@bext/session-core'
import type { StoreHarness } from '../src/index.js'
import { testConformance } from '../src/vitest.js'

// Two namespaces of one process are two stores; one namespace is one store, so that instances share their sessions.
const stores = new Map<string, SessionPlugin>()

const harness: StoreHarness = {
  name: 'memory',
  family: 'server',
  capabilities: ['user-index', 'sweep', 'compare'],
  declares: { maxDataBytes: 1_048_576 },
  open({ namespace }) {
    const store = stores.get(namespace) ?? memorySessions()
    stores.set(namespace, store)
    return { store }
  },
}

testConformance(harness, { strict: true })
