import { cookieSessions } from '@bext/session-cookie'
import { expect, test } from 'vitest'
import { fuzz, seeds } from './fuzz/fuzz.js'
import { newSecret } from './helpers.js'

test('every mutated token is Invalid (R4)', async () => {
  const store = cookieSessions({ secrets: [newSecret('k1'), newSecret('k2')] })
  const { rejected, unexpected } = await fuzz(store, await seeds(store), 50_000, 20_260_101)
  expect(unexpected).toEqual([])
  // The mutations reach every check, including the MAC.
  for (const reason of ['malformed', 'tampered', 'unknown_key']) expect(rejected.get(reason)).toBeGreaterThan(500)
})
