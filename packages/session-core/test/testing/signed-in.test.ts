import { memorySessions } from '@bext/session-core/memory'
import { createSessionManager } from '@bext/session-core/manager'
import { signedInCookie, signedInStorageState } from '@bext/session-core/testing'
import { describe, expect, it } from 'vitest'

const initialData = (): { visits: number; note?: string } => ({ visits: 0 })

describe('signedInCookie', () => {
  it('resolves to a Cookie header that opens a session of the user, with the given data', async () => {
    const sessions = createSessionManager({ store: memorySessions(), initialData })
    const cookie = await signedInCookie(sessions, 'ann', { note: 'tea' })
    expect(cookie).toMatch(/^__Host-session=[\w-]{43}$/)
    const { userId, data } = await sessions.open(cookie)
    expect([userId, data]).toEqual(['ann', { visits: 0, note: 'tea' }])
    expect((await sessions.open(await signedInCookie(sessions, 'bob'))).data).toEqual({ visits: 0 })
  })

  it('rejects with Invalid for a user id that is empty', async () => {
    const sessions = createSessionManager({ store: memorySessions(), initialData })
    await expect(signedInCookie(sessions, '')).rejects.toMatchObject({ code: 'Invalid', reason: 'bad_argument' })
  })
})

describe('signedInStorageState', () => {
  it('resolves to the cookie as Playwright needs it', async () => {
    const sessions = createSessionManager({ store: memorySessions(), initialData, absoluteTimeoutMs: 3_600_000 })
    const beforeS = Math.floor(Date.now() / 1000)
    const state = await signedInStorageState(sessions, 'http://localhost:3000/start', 'ann', { note: 'tea' })
    const flags = { domain: 'localhost', path: '/', httpOnly: true, secure: true, sameSite: 'Lax' }
    expect(state).toEqual({
      cookies: [{ name: '__Host-session', value: expect.any(String), expires: expect.any(Number), ...flags }],
      origins: [],
    })
    const [{ name, value, expires } = expect.fail('no cookie')] = state.cookies
    expect(expires - beforeS - 3600).toBeLessThanOrEqual(60)
    expect(expires - beforeS).toBeGreaterThanOrEqual(3600)
    const session = await sessions.open(`${name}=${value}`)
    expect([session.userId, session.data.note]).toEqual(['ann', 'tea'])
  })

  it('has the attributes of the manager', async () => {
    const cookie = { name: 'session', secure: false, sameSite: 'strict' } as const
    const sessions = createSessionManager({ store: memorySessions(), initialData, cookie })
    const { cookies } = await signedInStorageState(sessions, 'https://shop.example.com', 'ann')
    expect(cookies).toMatchObject([
      { name: 'session', secure: false, sameSite: 'Strict', domain: 'shop.example.com', httpOnly: true },
    ])
  })

  it('is a cookie of the browser session and of the domain, if the manager sets such a cookie', async () => {
    const cookie = { domain: 'example.com', persistent: false } as const
    const sessions = createSessionManager({ store: memorySessions(), initialData, cookie })
    const { cookies } = await signedInStorageState(sessions, 'https://shop.example.com', 'ann')
    expect(cookies).toMatchObject([{ name: '__Secure-session', domain: '.example.com', expires: -1 }])
  })

  it('stores nothing for a URL that is not absolute', async () => {
    const sessions = createSessionManager({ store: memorySessions(), initialData })
    await expect(signedInStorageState(sessions, '/start', 'ann')).rejects.toBeInstanceOf(TypeError)
    const session = await sessions.open(await signedInCookie(sessions, 'ann'))
    expect(await session.listSessions()).toHaveLength(1)
  })
})
