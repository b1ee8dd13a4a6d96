import { cookieSessions } from '@bext/session-cookie'
import { afterEach, expect, test, vi } from 'vitest'
import { expectInvalid, hourMs, newSecret } from './helpers.js'

vi.mock('#sealer', () => import('../src/seal/sealer-web.js'))

const good = { userId: 'u1', dataJson: '{"a":1}', ttlMs: hourMs }

afterEach(() => vi.restoreAllMocks())

test('keys are derived once per secret, at its first use', async () => {
  const derive = vi.spyOn(crypto.subtle, 'deriveBits')
  const store = cookieSessions({ secrets: [newSecret('k1'), newSecret('k2')] })
  expect(derive).not.toHaveBeenCalled()
  await Promise.all([store.create(good), store.create(good)])
  await store.read(await store.create(good))
  expect(derive).toHaveBeenCalledTimes(2)
})

test('a failed derivation is Backend, and the next call tries again (E1, H2)', async () => {
  const store = cookieSessions({ secrets: [newSecret('k1')] })
  const failure = new Error('no entropy today')
  vi.spyOn(crypto.subtle, 'deriveBits').mockRejectedValueOnce(failure)
  await expect(store.create(good)).rejects.toMatchObject({ code: 'Backend', reason: 'failed', cause: failure })
  expect(await store.read(await store.create(good))).toMatchObject({ dataJson: good.dataJson })
})

test('a failed encryption is Backend (E1)', async () => {
  const store = cookieSessions({ secrets: [newSecret('k1')] })
  const failure = new Error('the engine is gone')
  vi.spyOn(crypto.subtle, 'encrypt').mockRejectedValueOnce(failure)
  await expect(store.create(good)).rejects.toMatchObject({ code: 'Backend', reason: 'failed', cause: failure })
})

test('data that is too large is rejected before encryption (L1)', async () => {
  const store = cookieSessions({ secrets: [newSecret('k1')] })
  const encrypt = vi.spyOn(crypto.subtle, 'encrypt')
  const dataJson = JSON.stringify('x'.repeat(5_000_000))
  await expectInvalid(store.create({ dataJson, ttlMs: hourMs }), 'too_large')
  expect(encrypt).not.toHaveBeenCalled()
})
