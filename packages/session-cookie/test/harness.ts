import type { StoreHarness } from '@bext/session-conformance'
import { cookieSessions } from '@bext/session-cookie'
import { createRevocation, memoryRevocations } from '@bext/session-cookie/revocation'
import { maxTtlMs } from '@bext/session-core/store-helpers'

const secrets = {
  first: { id: 'k1', secret: 'the first secret of the conformance run, long enough' },
  other: { id: 'k2', secret: 'another secret of the conformance run, long enough' },
}

/** Opens the store without revocation. */
export const harness: StoreHarness = {
  name: 'cookie',
  family: 'client',
  declarations: { otherSecret: true },
  open({ namespace, secret = 'first' }) {
    return { store: cookieSessions({ secrets: [secrets[secret]], purpose: namespace }) }
  },
}

const revocations = new Map<string, ReturnType<typeof memoryRevocations>>()

/** Opens the store with revocation. Stores of one namespace share their revocations. */
export const revocableHarness: StoreHarness = {
  ...harness,
  name: 'cookie, with revocation',
  declarations: { otherSecret: true, revocation: true },
  open({ namespace, secret = 'first' }) {
    const store = revocations.get(namespace) ?? memoryRevocations()
    revocations.set(namespace, store)
    const revocation = createRevocation({ store, maxTtlMs })
    return { store: cookieSessions({ secrets: [secrets[secret]], purpose: namespace, revocation }) }
  },
}
