import { asSessionId } from '@bext/session-core'
import { cookieSessions } from '@bext/session-cookie'
import { defaults, unseal } from 'iron-webcrypto'
import { describe, expect, test } from 'vitest'
import { deriveKeys, expectInvalid, hourMs, newSecret, payloadOf, sealPayload } from './helpers.js'

const secret = newSecret('k1')
const store = cookieSessions({ secrets: [secret] })
const good = { userId: 'u1', dataJson: '{"a":1}', ttlMs: hourMs }

function withPart(token: string, index: number, part: string): string {
  return token.split('*').with(index, part).join('*')
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

test('an altered character anywhere is Invalid (R4)', async () => {
  const id = await store.create(good)
  const altered = Array.from(id, (character, at) => {
    const other = alphabet[(alphabet.indexOf(character) + 1) % alphabet.length]!
    return [other, '*', '='].filter((c) => c !== character).map((c) => id.slice(0, at) + c + id.slice(at + 1))
  }).flat()
  const cut = Array.from(id, (_, at) => [id.slice(0, at), id.slice(0, at) + id.slice(at + 1), id.slice(at + 1)]).flat()
  for (const token of [...altered, ...cut]) {
    await expect(store.read(asSessionId(token)), token).rejects.toMatchObject({ code: 'Invalid' })
  }
})

test('a forged expiry is Invalid, past or future, and never NotFound (R4)', async () => {
  const id = await store.create(good)
  const now = Date.now()
  for (const expiry of [1, now - 1, now - hourMs, now + 10 * hourMs, 9_999_999_999_999, Number.MAX_SAFE_INTEGER]) {
    const forged = asSessionId(withPart(id, 5, String(expiry)))
    await expectInvalid(store.read(forged), 'tampered')
    await expectInvalid(store.update(forged, '1'), 'tampered')
    await expectInvalid(store.touch(forged, hourMs), 'tampered')
    await store.delete(forged)
  }
})

test.each(['', '0', '-1', '+1', '1e3', '1.5', '01763859600000', ' 1763859600000', 'NaN', '9'.repeat(17)])(
  'the expiry %j is malformed (R4)',
  async (expiry) => {
    const id = await store.create(good)
    await expectInvalid(store.read(asSessionId(withPart(id, 5, expiry))), 'malformed')
  },
)

test('another spelling of the same bytes is malformed (R4)', async () => {
  const { encryption, integrity } = await deriveKeys(secret)
  const keys = { k1: { encryption: new Uint8Array(encryption), integrity: new Uint8Array(integrity) } }
  const id = await store.create(good)
  const mac = id.slice(-43)
  const next = alphabet[alphabet.indexOf(mac.at(-1)!) + 1]!
  const others = [mac.slice(0, -1) + next, `${mac}=`, `${mac} `, ` ${mac}`, `${mac.slice(0, 9)}\n${mac.slice(9)}`]
  for (const other of others) {
    const token = withPart(id, 7, other)
    await unseal(token, keys, { ...defaults, decode: String })
    await expectInvalid(store.read(asSessionId(token)), 'malformed')
  }
})

test.each<[string, (id: string) => string]>([
  ['the empty text', () => ''],
  ['a NUL', (id) => `${id}\0`],
  ['a trailing line break', (id) => `${id}\n`],
  ['another version of the format', (id) => id.replace('Fe26.2', 'Fe26.1')],
  ['another case', (id) => id.replace('Fe26', 'fe26')],
  ['an empty key id', (id) => id.replace('*k1*', '**')],
  ['a salt', (id) => id.replace('**', '*abc*')],
  ['a salt of the MAC', (id) => withPart(id, 6, 'abc')],
  ['an extra part', (id) => `${id}*`],
  ['half a block', (id) => withPart(id, 4, id.split('*')[4]!.slice(0, -8))],
  ['no ciphertext', (id) => withPart(id, 4, '')],
  ['10 MB of letters', () => 'a'.repeat(10_000_000)],
  ['10 MB of blocks', (id) => withPart(id, 4, 'A'.repeat(10_000_000))],
  ['10 MB of stars', () => '*'.repeat(10_000_000)],
  ['an id of a server-backed store', () => 'A'.repeat(43)],
])('%s is malformed, at once (R4)', async (_title, change) => {
  const token = asSessionId(change(await store.create(good)))
  await expectInvalid(store.read(token), 'malformed')
  await expectInvalid(store.update(token, '1'), 'malformed')
  await expectInvalid(store.touch(token, hourMs), 'malformed')
  await store.delete(token)
})

test.each([undefined, null, 7, {}, [], { toString: () => 'x' }])('the id %j is malformed (R4, D1)', async (id) => {
  await expectInvalid(store.read(id as never), 'malformed')
  await expectInvalid(store.update(id as never, '1'), 'malformed')
  await expectInvalid(store.touch(id as never, hourMs), 'malformed')
  await store.delete(id as never)
})

test('a token without an expiry is malformed, even with a valid MAC (R4)', async () => {
  const token = await sealPayload(payloadOf('0', Date.now(), '{}'), secret, 0)
  expect(token.split('*')[5]).toBe('')
  await expectInvalid(store.read(token), 'malformed')
})

describe('a payload with a valid MAC', () => {
  const now = Date.now()
  test.each<[string, string, string]>([
    ['the empty text', 'unsupported_version', ''],
    ['JSON', 'unsupported_version', `[1,"session",null,${now},{}]`],
    ['the next version', 'unsupported_version', payloadOf('8', now, '{}')],
    ['the last of other versions', 'unsupported_version', payloadOf('/', now, '{}')],
    ['deflated data, without the option compression', 'unsupported_version', payloadOf('4', now, 'AA')],
    ['no time', 'malformed', '0'],
    ['half a time', 'malformed', '0abc'],
    ['no data', 'malformed', payloadOf('0', now, '')],
    ['no user', 'malformed', payloadOf('1', now, '')],
    ['a user without a length', 'malformed', payloadOf('1', now, '{}')],
    ['a user whose length is not a number', 'malformed', payloadOf('1', now, 'x:u{}')],
    ['a user whose length is a fraction', 'malformed', payloadOf('1', now, '1.5:u1{}')],
    ['a user whose length is negative', 'malformed', payloadOf('1', now, '-1:u1{}')],
    ['a user longer than the payload', 'malformed', payloadOf('1', now, '9:u1{}')],
    ['a user without data', 'malformed', payloadOf('1', now, '2:u1')],
    ['a user where a family id must follow', 'malformed', payloadOf('3', now, '2:u1{}')],
  ])('%s is Invalid (R4)', async (_title, reason, text) => {
    await expectInvalid(store.read(await sealPayload(text, secret)), reason)
  })

  test.each<[string, string, string | undefined]>([
    ['0', '', undefined],
    ['1', '2:u1', 'u1'],
    ['1', '0:', ''],
    ['2', '3:abc', undefined],
    ['3', '4:7:"ü3:abc', '7:"ü'],
  ])('is read if it is well formed: %s, %j', async (kind, fields, userId) => {
    const id = await sealPayload(payloadOf(kind, now, `${fields}{"b":1, "a":2}`), secret)
    const expiresAtMs = Number(id.split('*')[5])
    expect(await store.read(id)).toEqual({ id, userId, createdAtMs: now, expiresAtMs, dataJson: '{"b":1, "a":2}' })
  })

  test('is what the store seals', async () => {
    const { encryption, integrity } = await deriveKeys(secret)
    const keys = { k1: { encryption: new Uint8Array(encryption), integrity: new Uint8Array(integrity) } }
    const id = await store.create({ userId: 'u1', dataJson: '{"a":1}', ttlMs: hourMs })
    const { createdAtMs } = await store.read(id)
    const text = await unseal(id, keys, { ...defaults, decode: String })
    expect(text).toBe(payloadOf('1', createdAtMs, '2:u1{"a":1}'))
  })
})

test.each([
  ' {"a":1} ',
  '\n\t[ ]\r\n',
  '{"b":1,"a":2,"b":3}',
  '{"__proto__":{"x":1},"constructor":2}',
  '[1e2,100,1.0,-0,12345678901234567890]',
  '"\\u0000\\ud800\\u00e9\\/"',
  '"🙂é\u2028\u007f],["',
  'null',
  '"]"',
])('data is read byte for byte: %j (R2)', async (dataJson) => {
  const id = await store.create({ dataJson: '0', ttlMs: hourMs })
  expect((await store.read(await store.create({ dataJson, ttlMs: hourMs }))).dataJson).toBe(dataJson)
  expect((await store.read(await store.update(id, dataJson))).dataJson).toBe(dataJson)
})

const userIds = ['', 'null', '"],["', '\u0000', '🙂', '__proto__', '\\']
test.each(userIds)('the user id %j is read unchanged (C6, I3)', async (userId) => {
  const id = await store.create({ ...good, userId })
  expect(await store.read(id)).toMatchObject({ userId, dataJson: good.dataJson })
})
