import { memorySessions } from '@bext/session-core/memory'
import type { SessionId, SessionPlugin } from '@bext/session-core'
import { isSessionError } from '@bext/session-core'
import type { StoreHarness } from '../src/index.js'
import { testConformance } from '../src/vitest.js'

// One store for each namespace of the process, so that instances of one namespace share their sessions.
const stores = new Map<string, SessionPlugin>()

const maxSessions = 10_000

async function fill(namespace: string): Promise<() => Promise<void>> {
  const store = stores.get(namespace)
  const ids: SessionId[] = []
  try {
    for (;;) ids.push(await (store as SessionPlugin).create({ dataJson: '{}', ttlMs: 600_000 }))
  } catch (error) {
    if (!isSessionError(error) || error.reason !== 'full') throw error
  }
  return async () => {
    for (const id of ids) await store?.delete(id)
  }
}

const harness: StoreHarness = {
  name: 'memory',
  family: 'server',
  capabilities: ['user-index', 'sweep', 'compare', 'user-records', 'given-id'],
  declarations: { maxDataBytes: 1_048_576 },
  open({ namespace }) {
    const store = stores.get(namespace) ?? memorySessions({ maxSessions })
    stores.set(namespace, store)
    return { store }
  },
  conditions: { fill },
}

testConformance(harness, { strict: true })
