import { createRevocation, memoryRevocations } from '@bext/session-cookie/revocation'
import { cookieSessions } from '@bext/session-cookie'
import { ironSessionCookies } from '@bext/session-cookie/iron-session'
import { asSessionId } from '@bext/session-core'
import { sealData as seal8 } from 'iron-session-8'
import { sealData as seal9 } from 'iron-session-9'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { expectInvalid, hourMs, newSecret } from './helpers.js'

const dayMs = 24 * hourMs
const password = 'a password of thirty-two characters, or more'
const older = 'the password before, of thirty-two or more'
const data = { user: { name: 'ada' }, cart: [1, '🙂'] }
const userIdOf = (value: object): string | undefined => (value as { user?: { name: string } }).user?.name

function open(options: Parameters<typeof ironSessionCookies>[0] = { password, userIdOf }) {
  return cookieSessions({ secrets: [newSecret('k1')], legacyDecoder: ironSessionCookies(options) })
}

afterEach(() => {
  vi.useRealTimers()
})

describe.each([
  ['iron-session 8', seal8],
  ['iron-session 9', seal9],
])('%s', (_name, seal) => {
  test('its cookies are sessions, and a write seals them in our format', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_800_000_000_000 })
    const store = open()
    const id = asSessionId(await seal(data, { password }))
    const record = { userId: 'ada', dataJson: JSON.stringify(data), createdAtMs: 0 }
    const expiresAtMs = 1_800_000_000_000 + 14 * dayMs
    expect(await store.read(id)).toEqual({ id, ...record, expiresAtMs })
    expect(store.needsReseal(id)).toBe(true)

    const updated = await store.update(id, '{"a":1}')
    expect(store.needsReseal(updated)).toBe(false)
    expect(await store.read(updated)).toEqual({ id: updated, ...record, expiresAtMs, dataJson: '{"a":1}' })
    const touched = await store.touch(id, hourMs)
    expect(await store.read(touched)).toMatchObject({ ...record, expiresAtMs: 1_800_000_000_000 + hourMs })
    await store.delete(id)

    vi.setSystemTime(expiresAtMs - 1)
    await store.read(id)
    vi.setSystemTime(expiresAtMs)
    await expect(store.read(id)).rejects.toMatchObject({ code: 'NotFound', reason: 'expired' })
  })

  test('password objects open cookies of each of their passwords', async () => {
    const store = open({ password: { 1: older, 2: password } })
    const passwords = [{ 1: older }, { 1: older, 2: password }, older] as const
    for (const one of passwords) {
      const id = asSessionId(await seal(data, { password: one, ttl: 3600 }))
      const { userId, dataJson } = await store.read(id)
      expect([userId, dataJson]).toEqual([undefined, JSON.stringify(data)])
    }
    const unknown = asSessionId(await seal(data, { password: { 3: password } }))
    await expectInvalid(store.read(unknown), 'unknown_key')
    const wrong = asSessionId(await seal(data, { password: { 2: older } }))
    await expectInvalid(store.read(wrong), 'tampered')
  })

  test('cookies without an expiry are opened until neverExpiringUntilMs', async () => {
    const id = asSessionId(await seal(data, { password, ttl: 0 }))
    await expectInvalid(open().read(id), 'malformed')
    const neverExpiringUntilMs = Date.now() + dayMs
    expect(await open({ password, neverExpiringUntilMs }).read(id)).toMatchObject({ expiresAtMs: neverExpiringUntilMs })
    await expect(open({ password, neverExpiringUntilMs: 1 }).read(id)).rejects.toMatchObject({ code: 'NotFound' })
  })

  test('a cookie with any character altered is Invalid (R4)', async () => {
    const store = open()
    const id = await seal(data, { password })
    const altered = Array.from(
      id,
      (character, at) => id.slice(0, at) + (character === 'A' ? 'B' : 'A') + id.slice(at + 1),
    )
    for (const one of [...altered, `${id}0`, `${id}=`, ` ${id}`, id.slice(0, -3) + '=~2', `${id}~2`]) {
      await expect(store.read(asSessionId(one)), one).rejects.toMatchObject({ code: 'Invalid' })
    }
    await store.read(asSessionId(id))
  }, 120_000)

  test('an altered cookie is Invalid, not NotFound, also when it has expired (R4)', async () => {
    const id = await seal(data, { password })
    const forged = asSessionId(id.replace(/\*\d{13}\*/, '*1700000000000*'))
    await expectInvalid(open().read(forged), 'tampered')
  })

  test('with revocation, delete revokes the cookie and all ids of its session, in any version', async () => {
    const revocation = createRevocation({ store: memoryRevocations(), maxTtlMs: 14 * dayMs })
    const legacyDecoder = ironSessionCookies({ password, userIdOf })
    const store = cookieSessions({ secrets: [newSecret('k1')], revocation, legacyDecoder })
    const id = asSessionId(await seal(data, { password }))
    const updated = await store.update(id, '1')
    await store.delete(updated)
    for (const ended of [id, asSessionId(id.slice(0, -2)), updated]) {
      await expect(store.read(ended)).rejects.toMatchObject({ code: 'NotFound', reason: 'unknown' })
    }
  })
})

test('an id of this store is opened as without the option', async () => {
  const store = open()
  const id = await store.create({ dataJson: '1', ttlMs: hourMs })
  expect(await store.read(id)).toMatchObject({ dataJson: '1' })
  await expectInvalid(store.read(asSessionId('x')), 'malformed')
  await expectInvalid(store.read(asSessionId('x'.repeat(5000))), 'malformed')
})

test('a creation time that an id cannot hold is Backend (E1)', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: 128 ** 6 - 1 })
  const store = cookieSessions({ secrets: [newSecret('k1')] })
  const id = await store.create({ dataJson: '1', ttlMs: hourMs })
  expect(await store.read(id)).toMatchObject({ createdAtMs: 128 ** 6 - 1 })
  vi.setSystemTime(128 ** 6)
  const creating = store.create({ dataJson: '1', ttlMs: hourMs })
  await expect(creating).rejects.toMatchObject({ code: 'Backend', cause: expect.any(RangeError) })
})

test('an error in userIdOf is Invalid for that cookie, so that only SessionErrors escape (E1)', async () => {
  const cause = new Error('no such field')
  const store = open({
    password,
    userIdOf: () => {
      throw cause
    },
  })
  const id = asSessionId(await seal9(data, { password }))
  await expect(store.read(id)).rejects.toMatchObject({ code: 'Invalid', reason: 'malformed', cause })
})

test.each<[string, unknown, RegExp]>([
  ['no options', undefined, /ironSessionCookies: expected an object/],
  ['an unknown option', { password, ttl: 1 }, /no option "ttl"/],
  ['no password', {}, /option password must be a string or an object of strings, but it is undefined/],
  [
    'a short password',
    { password: 'canary' },
    /option password must be one or more strings, each of at least 32 characters/,
  ],
  [
    'a short one among others',
    { password: { 1: password, 2: 'canary' } },
    /option password must be one or more strings, each of at least 32 characters/,
  ],
  ['none', { password: {} }, /option password must be one or more strings, each of at least 32 characters/],
  ['text for userIdOf', { password, userIdOf: 'name' }, /option userIdOf must be a function, but it is a string/],
  ['the ttl of iron-session', { password, ttlMs: 1 }, /no option "ttlMs"/],
  ['an end of 0', { password, neverExpiringUntilMs: 0 }, /option neverExpiringUntilMs must be/],
])('%s: a TypeError that shows no password (E1)', (_title, options, message) => {
  expect(() => ironSessionCookies(options as never)).toThrow(message)
  expect(() => ironSessionCookies(options as never)).not.toThrow(/canary/)
})
