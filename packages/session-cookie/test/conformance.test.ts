import type { StoreHarness } from '@bext/session-conformance'
import { testConformance } from '@bext/session-conformance/vitest'
import { cookieSessions } from '@bext/session-cookie'

const secrets = {
  first: { id: 'k1', secret: 'the first secret of the conformance run, long enough' },
  other: { id: 'k2', secret: 'another secret of the conformance run, long enough' },
}

const harness: StoreHarness = {
  name: 'cookie',
  family: 'client',
  declares: { otherSecret: true },
  open({ namespace, secret = 'first' }) {
    return { store: cookieSessions({ secrets: [secrets[secret]], purpose: namespace }) }
  },
}

testConformance(harness, { strict: true })
