import { cookieSessions } from '@bext/session-cookie'
import type { CookieSessions, LegacyDecoder } from '@bext/session-cookie'
import { ironSessionCookies } from '@bext/session-cookie/iron-session'
import { createRevocation, memoryRevocations } from '@bext/session-cookie/revocation'
import { SessionError } from '@bext/session-core'
import type { SessionManager } from '@bext/session-core/manager'
import { createSessionManager } from '@bext/session-core/manager'
import { sealData } from 'iron-session-9'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { hourMs, newSecret } from './helpers.js'

interface Visit {
  visits?: number
  userId?: unknown
}

const startMs = Date.UTC(2030, 0, 1)
const dayMs = 24 * hourMs
const password = 'a password of thirty-two characters, or more'
const secrets = [newSecret('k1')]
const userIdOf = (data: object): string | undefined => (data as { userId?: string }).userId

const defaultLegacy = ironSessionCookies({ password, userIdOf })

function managerOf(store: CookieSessions): SessionManager<Visit> {
  return createSessionManager<Visit>({ store, initialData: () => ({}), cookie: { name: 'my-app' } })
}

function migratingManager(legacyDecoder: LegacyDecoder = defaultLegacy): SessionManager<Visit> {
  return managerOf(cookieSessions({ secrets, legacyDecoder }))
}

async function ironCookie(data: object, options: { ttl?: number } = {}): Promise<string> {
  return `my-app=${await sealData(data, { password, ...options })}`
}

function cookieOf(setCookies: readonly string[]): string {
  return setCookies.map((setCookie) => setCookie.split(';')[0]).join('; ')
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: startMs })
})

afterEach(() => {
  vi.useRealTimers()
})

describe('migrating a session of iron-session', () => {
  it.each([
    ['almost expired', {}, 14 * dayMs - 1000],
    ['thirteen hours old', {}, 13 * hourMs],
    ['of a shorter ttl', { ttl: 86_400 }, 0],
    ['of a longer ttl', { ttl: 90 * 86_400 }, 80 * dayMs],
  ])('starts both timeouts again: %s', async (_title, options, ageMs) => {
    const old = await ironCookie({ userId: 'ann' }, options)
    vi.setSystemTime(startMs + ageMs)
    const session = await migratingManager().open(old)
    session.data.visits = 1
    const setCookies = await session.commit()
    expect(setCookies[0]).toContain('; Max-Age=43200;')
    const moved = await migratingManager().open(cookieOf(setCookies))
    expect([moved.userId, moved.data]).toEqual(['ann', { userId: 'ann', visits: 1 }])
    expect(moved.expiresAtMs).toBe(startMs + ageMs + 30 * 60_000)
    expect(moved.absoluteExpiresAtMs).toBe(startMs + ageMs + 12 * hourMs)
  })

  it('starts them again for a cookie without an expiry', async () => {
    const old = await ironCookie({ userId: 'ann' }, { ttl: 0 })
    const legacyDecoder = ironSessionCookies({ password, userIdOf, neverExpiringUntilMs: startMs + 10 * dayMs })
    vi.setSystemTime(startMs + 9 * dayMs)
    const session = await migratingManager(legacyDecoder).open(old)
    session.data.visits = 1
    expect((await session.commit())[0]).toContain('; Max-Age=43200;')
  })

  it('happens at the first commit, whether data changed or not', async () => {
    const old = await ironCookie({ userId: 'ann' })
    const session = await migratingManager().open(old)
    expect([session.createdAtMs, session.absoluteExpiresAtMs]).toEqual([undefined, undefined])
    expect(session.expiresAtMs).toBe(startMs + 14 * dayMs)
    const moved = await migratingManager().open(cookieOf(await session.commit()))
    expect([moved.userId, moved.absoluteExpiresAtMs]).toEqual(['ann', startMs + 12 * hourMs])
  })

  it("leaves no session that outlasts the manager's idle timeout", async () => {
    const session = await migratingManager().open(await ironCookie({ userId: 'ann' }))
    session.data.visits = 1
    const copied = cookieOf(await session.commit())
    vi.setSystemTime(startMs + 30 * 60_000)
    expect((await migratingManager().open(copied)).userId).toBeUndefined()
  })

  it('ends at the absolute timeout, counted from the migration', async () => {
    let cookie = cookieOf(await (await migratingManager().open(await ironCookie({ userId: 'ann' }))).commit())
    for (let passedMs = 0; passedMs < 12 * hourMs; passedMs += 20 * 60_000) {
      vi.setSystemTime(startMs + passedMs)
      const session = await migratingManager().open(cookie)
      expect(session.userId).toBe('ann')
      const setCookies = await session.commit()
      if (setCookies.length > 0) cookie = cookieOf(setCookies)
    }
    vi.setSystemTime(startMs + 12 * hourMs)
    expect((await migratingManager().open(cookie)).userId).toBeUndefined()
  })

  it('waits if the data does not fit, and then a change of the data is too_large (L1)', async () => {
    const store = cookieSessions({ secrets, legacyDecoder: defaultLegacy, maxIdBytes: 1000 })
    const old = await ironCookie({ userId: 'ann', note: 'x'.repeat(1000) })
    const session = await managerOf(store).open(old)
    expect(await session.commit()).toEqual([])
    const changing = await managerOf(store).open(old)
    changing.data.visits = 1
    await expect(changing.commit()).rejects.toMatchObject({ code: 'Invalid', reason: 'too_large' })
    expect((await managerOf(store).open(old)).userId).toBe('ann')
  })
})

describe('with revocation', () => {
  it.each([
    ['iron-session ttl 90 days', { ttl: 90 * 86_400 }, {}],
    ['iron-session ttl 0', { ttl: 0 }, { neverExpiringUntilMs: startMs + 90 * dayMs }],
    ['iron-session ttl 14 days', {}, {}],
  ])('signOutEverywhere revokes migrated and old cookies: %s', async (_title, sealOptions, legacyOptions) => {
    const revocation = createRevocation({ store: memoryRevocations(), maxTtlMs: 90 * dayMs })
    const legacyDecoder = ironSessionCookies({ password, userIdOf, ...legacyOptions })
    const manager = managerOf(cookieSessions({ secrets, revocation, legacyDecoder }))
    const [laptop, phone] = [
      await ironCookie({ userId: 'ann' }, sealOptions),
      await ironCookie({ userId: 'ann' }, sealOptions),
    ]
    const phoneMoved = cookieOf(await (await manager.open(phone)).commit())
    vi.setSystemTime(startMs + 1000)
    const session = await manager.open(laptop)
    session.signOutEverywhere()
    // revokeUser waits for the next millisecond.
    vi.useRealTimers()
    vi.useFakeTimers({ toFake: ['Date'], now: startMs + 2000, shouldAdvanceTime: true })
    await session.commit()
    for (const cookie of [laptop, phone, phoneMoved]) expect((await manager.open(cookie)).userId).toBeUndefined()
  })
})

describe('the result of userIdOf or legacyDecoder', () => {
  it.each([undefined, null])('is anonymous: %o', async (none) => {
    const manager = migratingManager(ironSessionCookies({ password, userIdOf: () => none }))
    const session = await manager.open(await ironCookie({ visits: 1 }))
    expect(session.userId).toBeUndefined()
    session.data.visits = 2
    const moved = await manager.open(cookieOf(await session.commit()))
    expect([moved.userId, moved.data]).toEqual([undefined, { visits: 2 }])
  })

  it.each([
    [42, 'a number'],
    [{ id: 'ann' }, 'an object'],
    [true, 'a boolean'],
  ])(
    'is rejected at the first request by an error that names userIdOf and hides the value: %o',
    async (wrong, type) => {
      const manager = migratingManager(ironSessionCookies({ password, userIdOf: () => wrong as never }))
      const error: unknown = await manager.open(await ironCookie({})).catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ name: 'SessionError', message: expect.stringContaining('userIdOf') })
      expect((error as Error).message).toContain(type)
      expect((error as Error).message).not.toContain('42')
    },
  )

  it('an error in userIdOf makes that visitor a guest and is reported to onRejection', async () => {
    const reasons: string[] = []
    const legacyDecoder = ironSessionCookies({ password, userIdOf: (data) => (data as { a: { b: string } }).a.b })
    const manager = createSessionManager<Visit>({
      store: cookieSessions({ secrets, legacyDecoder }),
      initialData: () => ({}),
      cookie: { name: 'my-app' },
      onRejection: ({ reason }) => reasons.push(reason),
    })
    expect((await manager.open(await ironCookie({ a: 1 }))).userId).toBeUndefined()
    expect((await manager.open(await ironCookie({}))).userId).toBeUndefined()
    expect((await manager.open(await ironCookie({ a: { b: 'ann' } }))).userId).toBe('ann')
    expect(reasons).toEqual(['malformed'])
  })

  const right = { userId: 'ann', dataJson: '{"visits":1}', expiresAtMs: startMs + hourMs, familyId: 's' }

  it('needs no creation time', async () => {
    const manager = migratingManager(async () => right)
    const moved = await manager.open(cookieOf(await (await manager.open('my-app=old')).commit()))
    expect(moved.userId).toBe('ann')
  })

  it.each([
    ['userId', { ...right, userId: 42 }],
    ['dataJson', { ...right, dataJson: undefined }],
    ['dataJson', { ...right, dataJson: '{' }],
    ['expiresAtMs', { ...right, expiresAtMs: Number.NaN }],
    ['expiresAtMs', { ...right, expiresAtMs: '2030' }],
    ['familyId', { ...right, familyId: undefined }],
    ['an object', 'text'],
  ])('is rejected by an error that names the field: %s', async (name, wrong) => {
    const opening = migratingManager(async () => wrong as never).open('my-app=old')
    await expect(opening).rejects.toMatchObject({ name: 'SessionError', message: expect.stringContaining(name) })
    await expect(opening).rejects.toMatchObject({ message: expect.stringContaining('legacyDecoder') })
  })

  it('an error in legacyDecoder makes that visitor a guest, except Backend, which stays Backend', async () => {
    const throwing = migratingManager(() => {
      throw new SyntaxError('no cookie of ours')
    })
    expect((await throwing.open('my-app=old')).userId).toBeUndefined()
    const failing = migratingManager(() => Promise.reject(new SessionError('unavailable', 'The old store is down.')))
    await expect(failing.open('my-app=old')).rejects.toMatchObject({ code: 'Backend' })
  })
})
