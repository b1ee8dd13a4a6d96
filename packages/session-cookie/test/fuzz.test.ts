import { cookieSessions } from '@bext/session-cookie'
import { expect, test } from 'vitest'
import { fuzz, seeds } from './fuzz/fuzz.js'
import { newSecret } from './support.js'

test('mutated tokens are Invalid, each of them (R4)', async () => {
  const store = cookieSessions({ secrets: [newSecret('k1'), newSecret('k2')] })
  const { refused, wrong } = await fuzz(store, await seeds(store), 50_000, 20_260_101)
  expect(wrong).toEqual([])
  // The mutations reach every check, the MAC among them.
  for (const reason of ['malformed', 'tampered', 'unknown_key']) expect(refused.get(reason)).toBeGreaterThan(500)
})
