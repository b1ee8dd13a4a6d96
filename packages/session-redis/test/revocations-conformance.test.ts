import type { StoreHarness } from '@bext/session-conformance'
import { testConformance } from '@bext/session-conformance/vitest'
import { cookieSessions } from '@bext/session-cookie'
import { createRevocation } from '@bext/session-cookie/revocation'
import { maxTtlMs } from '@bext/session-core/store-helpers'
import { redisRevocations } from '@bext/session-redis'
import { Redis } from 'ioredis'
import { afterAll } from 'vitest'
import { redisUrl } from './helpers/namespace.js'

const admin = new Redis(redisUrl)
const namespaces = new Set<string>()

const secrets = {
  first: { id: 'k1', secret: 'the first secret of the conformance run, long enough' },
  other: { id: 'k2', secret: 'another secret of the conformance run, long enough' },
}

const harness: StoreHarness = {
  name: 'cookie, with revocation in redis',
  family: 'client',
  declarations: { otherSecret: true, revocation: true },
  open({ namespace, secret = 'first' }) {
    namespaces.add(namespace)
    const client = new Redis(redisUrl)
    client.on('error', () => {})
    // None of the cases tests the deadline, and a busy machine may be slow.
    const store = redisRevocations({ client, prefix: `${namespace}:`, timeoutMs: 30_000 })
    const revocation = createRevocation({ store, maxTtlMs })
    return {
      store: cookieSessions({ secrets: [secrets[secret]], purpose: namespace, revocation }),
      close: async () => client.disconnect(),
    }
  },
}

afterAll(async () => {
  for (const namespace of namespaces) {
    const keys = await admin.keys(`${namespace}:*`)
    if (keys.length > 0) await admin.del(...keys)
  }
  admin.disconnect()
})

testConformance(harness, { strict: true })
