import type { SessionRevocations } from '@bext/session-core'
import { cookieSessions } from '@bext/session-cookie'
import { createRevocation, memoryRevocations } from '@bext/session-cookie/revocation'
import { describe, expect, it } from 'vitest'
import { hourMs, newSecret } from './helpers.js'

const secrets = [newSecret('k1')]

function withRevocations(store: SessionRevocations) {
  return cookieSessions({ secrets, revocation: createRevocation({ store, maxTtlMs: hourMs }) })
}

describe('isHealthy (H1)', () => {
  it('is true without revocation, and with revocations in memory', async () => {
    expect(await cookieSessions({ secrets }).isHealthy()).toBe(true)
    expect(await withRevocations(memoryRevocations()).isHealthy()).toBe(true)
  })

  it.each<[string, () => Promise<boolean>, boolean]>([
    ['true', async () => true, true],
    ['false', async () => false, false],
    ['false for a rejection', () => Promise.reject(new Error('down')), false],
    [
      'false for a thrown error',
      () => {
        throw new Error('down')
      },
      false,
    ],
  ])('is the answer of the revocations: %s', async (_, isHealthy, expected) => {
    expect(await withRevocations({ ...memoryRevocations(), isHealthy }).isHealthy()).toBe(expected)
  })
})

function broken(): never {
  throw new Error('down')
}

it('rejects with Backend where the revocations throw synchronously (E1)', async () => {
  const store = withRevocations({ isRevoked: broken, revokeSession: broken, revokeUser: broken })
  const id = await store.create({ dataJson: '{}', ttlMs: 1000 })
  const calls = [
    () => store.read(id),
    () => store.update(id, '{}'),
    () => store.touch(id, 1),
    () => store.revokeUser('a'),
  ]
  for (const call of calls) {
    await expect(call()).rejects.toMatchObject({ name: 'SessionError', code: 'Backend', cause: new Error('down') })
  }
})
