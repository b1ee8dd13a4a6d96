import { asSessionId } from '@bext/session-core'
import { cookieSessions } from '@bext/session-cookie'
import { defaults, seal, unseal } from '@hapi/iron'
import { expect, test } from 'vitest'
import { deriveKeys, expectInvalid, hourMs, newSecret } from './support.js'

const secret = newSecret('k1')
const store = cookieSessions({ secrets: [secret] })

test('@hapi/iron opens our ids', async () => {
  const id = await store.create({ userId: 'u1', dataJson: '{"a":[1,"🙂"]}', ttlMs: hourMs })
  const { createdAtMs, expiresAtMs } = await store.read(id)
  const opened: unknown = await unseal(id, { k1: await deriveKeys(secret) }, { ...defaults, timestampSkewSec: 0 })
  expect(opened).toEqual([1, 'session', 'u1', createdAtMs, expiresAtMs, { a: [1, '🙂'] }])
})

test('the expiry that @hapi/iron sees is that of the session', async () => {
  const id = await store.create({ dataJson: '1', ttlMs: hourMs })
  const { expiresAtMs } = await store.read(id)
  const outerMs = Number(id.split('*')[5])
  expect(outerMs - expiresAtMs).toBeGreaterThanOrEqual(0)
  expect(outerMs - expiresAtMs).toBeLessThan(1000)
  const options = { ...defaults, localtimeOffsetMsec: 2 * hourMs }
  await expect(unseal(id, { k1: await deriveKeys(secret) }, options)).rejects.toThrow('Expired seal')
})

test('we open what @hapi/iron seals', async () => {
  const now = Date.now()
  const payload = [1, 'session', null, now, now + hourMs, { a: [1, '🙂'] }]
  const key = { id: 'k1', ...(await deriveKeys(secret)) }
  const id = asSessionId(await seal(payload, key, { ...defaults, ttl: hourMs }))
  expect(await store.read(id)).toEqual({
    id,
    userId: undefined,
    createdAtMs: now,
    expiresAtMs: now + hourMs,
    dataJson: '{"a":[1,"🙂"]}',
  })
})

test('a seal of @hapi/iron with its own key derivation is malformed (R4)', async () => {
  const password = { id: 'k1', secret: 'x'.repeat(32) }
  const token = await seal([1, 'session', null, 1, 2, {}], password, { ...defaults, ttl: hourMs })
  await expectInvalid(store.read(asSessionId(token)), 'malformed')
})
