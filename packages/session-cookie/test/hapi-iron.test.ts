import { asSessionId } from '@bext/session-core'
import { cookieSessions } from '@bext/session-cookie'
import { defaults, seal, unseal } from '@hapi/iron'
import { expect, test } from 'vitest'
import { deriveKeys, expectInvalid, hourMs, newSecret } from './helpers.js'

const secret = newSecret('k1')
const store = cookieSessions({ secrets: [secret] })

test('@hapi/iron reads the expiry of the session from its id', async () => {
  const id = await store.create({ dataJson: '1', ttlMs: hourMs })
  const { expiresAtMs } = await store.read(id)
  expect(Number(id.split('*')[5])).toBe(expiresAtMs)
  const options = { ...defaults, localtimeOffsetMsec: 2 * hourMs }
  await expect(unseal(id, { k1: await deriveKeys(secret) }, options)).rejects.toThrow('Expired seal')
})

test('@hapi/iron verifies and decrypts our ids, and finds a payload that is not JSON', async () => {
  const id = await store.create({ dataJson: '{}', ttlMs: hourMs })
  const keys = { k1: await deriveKeys(secret) }
  await expect(unseal(id, keys, defaults)).rejects.toThrow('Failed parsing sealed object JSON')
  await expect(unseal(`${id.slice(0, -43)}${'A'.repeat(43)}`, keys, defaults)).rejects.toThrow('Bad hmac value')
})

test('a token that @hapi/iron sealed with a password is malformed (R4)', async () => {
  const password = { id: 'k1', secret: 'x'.repeat(32) }
  const token = await seal([1, 'session', null, 1, 2, {}], password, { ...defaults, ttl: hourMs })
  await expectInvalid(store.read(asSessionId(token)), 'malformed')
})

test('JSON that @hapi/iron sealed with our keys is Invalid (R4)', async () => {
  const key = { id: 'k1', ...(await deriveKeys(secret)) }
  const token = await seal({ a: 1 }, key, { ...defaults, ttl: hourMs })
  await expectInvalid(store.read(asSessionId(token)), 'unsupported_version')
})
