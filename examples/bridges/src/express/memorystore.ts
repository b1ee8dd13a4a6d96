import { expressHarness } from '@bext/session-conformance/express'
import session from 'express-session'
import createMemoryStore from 'memorystore'
import type { StoreUnderTest } from './store-under-test.js'

const Memorystore = createMemoryStore(session)
type Memorystore = InstanceType<typeof Memorystore>

interface Cache {
  keys(): string[]
  peek(sid: string): string | undefined
}

/** Opens memorystore, made as its README says. */
export async function openMemorystore(): Promise<StoreUnderTest> {
  const stores = new Map<string, Memorystore>()

  function storeOf(namespace: string): Memorystore {
    const store = stores.get(namespace) ?? new Memorystore({ checkPeriod: 86_400_000 })
    stores.set(namespace, store)
    return store
  }

  return {
    packages: ['memorystore'],
    harness: expressHarness({
      name: 'memorystore',
      open: ({ namespace }) => ({ store: storeOf(namespace) }),
      async inspect(namespace) {
        const { store } = storeOf(namespace) as unknown as { readonly store: Cache }
        return store.keys().map((sid) => `${sid} ${String(store.peek(sid))}`)
      },
    }),
    async close() {
      for (const store of stores.values()) store.stopInterval()
    },
  }
}
