import { expressHarness } from '@bext/session-conformance/express'
import session from 'express-session'
import { perNamespace } from '../namespaces.js'
import type { StoreUnderTest } from './store-under-test.js'

/** Opens the store that express-session has built in. */
export async function openMemoryStore(): Promise<StoreUnderTest> {
  const storeOf = perNamespace(() => new session.MemoryStore())
  return {
    packages: ['express-session'],
    harness: expressHarness({
      name: 'MemoryStore',
      open: ({ namespace }) => ({ store: storeOf(namespace) }),
      async inspect(namespace) {
        const { sessions } = storeOf(namespace) as unknown as { readonly sessions: Record<string, string> }
        return Object.entries(sessions).map(([sid, text]) => `${sid} ${text}`)
      },
    }),
    close: async () => {},
  }
}
