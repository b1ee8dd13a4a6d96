import type { Report, StoreHarness } from '@bext/session-conformance'
import { runConformance } from '@bext/session-conformance'
import { Keyv } from 'keyv'
import { createStorage, prefixStorage } from 'unstorage'
import { describe, expect, it } from 'vitest'
import { keyValueLimits } from '../src/key-value.js'
import { keyvSessions } from '../src/keyv.js'
import { unstorageSessions } from '../src/unstorage.js'

const storage = createStorage()
const map = new Map<string, unknown>()

const unstorage: StoreHarness = {
  name: 'unstorage',
  family: 'server',
  protocolLimits: keyValueLimits,
  declarations: { maxDataBytes: 1_048_576 },
  open: ({ namespace }) => ({ store: unstorageSessions(prefixStorage(storage, namespace)) }),
  async inspect(namespace) {
    const keys = await storage.getKeys(namespace)
    return Promise.all(keys.map(async (key) => `${key} ${JSON.stringify(await storage.getItem(key))}`))
  },
}

const keyv: StoreHarness = {
  name: 'keyv',
  family: 'server',
  protocolLimits: keyValueLimits,
  declarations: { maxDataBytes: 1_048_576 },
  open: ({ namespace }) => ({ store: keyvSessions(new Keyv({ store: map, namespace, throwOnErrors: true })) }),
  async inspect(namespace) {
    return [...map].filter(([key]) => key.startsWith(`${namespace}:`)).map(([key, value]) => `${key} ${String(value)}`)
  },
}

function failuresOf({ cases }: Report): readonly string[] {
  const others = cases.filter(({ verdict }) => !['pass', 'not-applicable', 'unsupported'].includes(verdict))
  return others.map(({ id, verdict }) => `${id}: ${verdict}`)
}

describe('a key-value store under the kit', () => {
  it.each([unstorage, keyv])(
    '$name fails where it would need a conditional write, and nowhere else',
    async (harness) => {
      expect(failuresOf(await runConformance(harness))).toEqual([
        'C2-collision: fail',
        'U4-delete-duel: fail',
        'T2-update-duel: fail',
        'T3-delete-duel: fail',
      ])
    },
  )

  it('keyv is rejected if it would report a failure as a missing key', () => {
    expect(() => keyvSessions(new Keyv())).toThrow('throwOnErrors')
  })
})
