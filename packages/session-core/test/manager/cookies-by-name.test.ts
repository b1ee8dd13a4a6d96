import type { CookieByName, CookiesByName, CookiesSession, SetCookieAttributes } from '@bext/session-core/manager'
import { memorySessions } from '@bext/session-core/memory'
import { describe, expect, it, vi } from 'vitest'
import { backendError, begin, managerOf, unsealedSessions, watched } from './helpers.js'

const main = '__Host-session'
const guest = '__Host-session-guest'
const dayMs = 86_400_000

interface NamedJar extends CookiesByName {
  readonly cookies: Map<string, string>
  /** Cookies that were set, in order, until `sent` is emptied. */
  readonly sent: [name: string, value: string, attributes: SetCookieAttributes][]
}

/** Cookies of a browser, as SvelteKit's `event.cookies` reads and sets them. */
function jar(header = ''): NamedJar {
  const pairs = header.split('; ').filter((pair) => pair !== '')
  const cookies = new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]))
  const sent: NamedJar['sent'] = []
  return {
    cookies,
    sent,
    get: (name) => cookies.get(name),
    set(name, value, attributes) {
      sent.push([name, value, attributes])
      if (attributes.maxAge === 0) cookies.delete(name)
      else cookies.set(name, value)
    },
  }
}

/** Cookies where they cannot be set, as `await cookies()` in a server component of Next.js. */
function readable(header: string): CookiesByName {
  return {
    get: (name) => jar(header).get(name),
    set() {
      throw new Error('Cookies can only be modified in a Server Action.')
    },
  }
}

describe('openCookies', () => {
  it('works from the first visit to the sign-out', async () => {
    const manager = managerOf(watched().plugin)
    const ann = jar()
    const first = await manager.openCookies(ann)
    expect([first.userId, first.data]).toEqual([undefined, {}])
    expect(await first.commit()).toBe(false)
    expect(ann.sent).toEqual([])

    const second = await manager.openCookies(ann)
    second.data.visits = 1
    expect(await second.commit()).toBe(true)
    const flags = { path: '/', httpOnly: true, secure: true, sameSite: 'lax', partitioned: false }
    expect(ann.sent.splice(0)).toEqual([[guest, expect.stringMatching(/^[\w-]{43}$/), { ...flags, maxAge: 43_200 }]])

    const third = await manager.openCookies(ann)
    third.data.visits = 2
    expect(await third.commit()).toBe(false)
    const signingIn = await manager.openCookies(ann)
    signingIn.signIn('ann')
    expect(await signingIn.commit()).toBe(true)
    expect([...ann.cookies.keys()]).toEqual([main])
    ann.sent.length = 0

    const signingOut = await manager.openCookies(ann)
    expect([signingOut.userId, signingOut.data]).toEqual(['ann', { visits: 2 }])
    signingOut.signOut()
    expect(await signingOut.commit()).toBe(true)
    expect(ann.sent).toEqual([[main, '', { ...flags, maxAge: 0, expires: new Date(0) }]])
    expect(ann.cookies).toEqual(new Map())
  })

  it('passes the attributes of the options', async () => {
    const cookie = { name: 'shop', secure: true, sameSite: 'none', partitioned: true, priority: 'high' } as const
    const manager = managerOf(watched().plugin, { cookie })
    const ann = jar()
    const session = await manager.openCookies(ann)
    session.signIn('ann')
    await session.commit()
    const expected = { path: '/', secure: true, sameSite: 'none', partitioned: true, priority: 'high', maxAge: 43_200 }
    expect(ann.sent).toEqual([['shop', expect.any(String), { httpOnly: true, ...expected }]])
  })

  it.each<[string, (value: string | undefined) => CookieByName | Promise<CookieByName>]>([
    ['strings', (value) => value],
    ['objects, as in Next.js and Astro', (value) => (value === undefined ? undefined : { value })],
    ['null for a missing cookie', (value) => value ?? null],
    ['promises', async (value) => value],
  ])('reads cookies that are %s', async (_, wrap) => {
    const manager = managerOf(watched().plugin)
    const cookies = jar(await begin(manager, { note: 'tea' }, 'ann'))
    const { data, userId } = await manager.openCookies({ ...cookies, get: (name) => wrap(cookies.cookies.get(name)) })
    expect([userId, data.note]).toEqual(['ann', 'tea'])
  })

  it('awaits a set that is asynchronous', async () => {
    const manager = managerOf(watched().plugin)
    const cookies = jar()
    const session = await manager.openCookies({
      get: (name) => cookies.get(name),
      async set(name, value, attributes) {
        await Promise.resolve()
        cookies.set(name, value, attributes)
      },
    })
    session.signIn('ann')
    await session.commit()
    expect((await manager.openCookies(cookies)).userId).toBe('ann')
  })

  it('treats an outdated, malformed or empty cookie as none, and leaves it', async () => {
    const manager = managerOf(memorySessions())
    for (const value of ['x'.repeat(43), 'no id', '']) {
      const cookies = jar(`${main}=${value}`)
      const session = await manager.openCookies(cookies)
      expect(session.userId).toBeUndefined()
      expect(await session.commit()).toBe(false)
      expect(cookies.sent).toEqual([])
    }
  })

  it('opens the session that another form of the manager committed, and the other way round', async () => {
    const manager = managerOf(watched().plugin)
    const cookies = jar()
    const session = await manager.openCookies(cookies)
    session.signIn('ann')
    await session.commit()
    expect((await manager.open(`${main}=${cookies.cookies.get(main)}`)).userId).toBe('ann')
  })

  it('finds the session of an earlier commit of the same request', async () => {
    const manager = managerOf(watched().plugin)
    const cookies = jar()
    const one = await manager.openCookies(cookies)
    one.data.visits = 1
    await one.commit()
    expect((await manager.openCookies(cookies)).data).toEqual({ visits: 1 })
  })

  it('migrates a legacy cookie in parts, and removes it at its path and domain', async () => {
    const store = unsealedSessions()
    const id = await store.create({ userId: 'ann', dataJson: '{"visits":7}', ttlMs: dayMs })
    const parts = [id.slice(0, 20), id.slice(20)]
    const legacy = { name: 'iron', path: '/app', domain: 'example.com' }
    const manager = managerOf(store, { cookie: { legacy } })
    const cookies = jar(parts.map((part, at) => `iron.${at}=${part}`).join('; '))
    const session = await manager.openCookies(cookies)
    expect([session.userId, session.data]).toEqual(['ann', { visits: 7 }])
    session.rotate()
    await session.commit()
    expect(
      cookies.sent.map(([name, , { path, domain, maxAge }]) => ({ name, path, domain, ends: maxAge === 0 })),
    ).toEqual([
      { name: main, path: '/', domain: undefined, ends: false },
      { name: 'iron.0', path: '/app', domain: 'example.com', ends: true },
      { name: 'iron.1', path: '/app', domain: 'example.com', ends: true },
    ])
  })

  it('asks for each name once, also if the legacy cookie has the name of the main one', async () => {
    const manager = managerOf(watched().plugin, { cookie: { legacy: { name: main } } })
    const get = vi.fn<(name: string) => undefined>()
    await manager.openCookies({ get, set: () => undefined })
    expect(get.mock.calls.flat()).toEqual([main, guest, `${main}.0`, `${main}.1`, `${main}.2`, `${main}.3`])
  })

  it('rejects with Backend if the store fails, and with the error of get', async () => {
    const { plugin, failures } = watched()
    const manager = managerOf(plugin)
    const cookies = jar(await begin(manager, {}, 'ann'))
    failures.read = backendError()
    await expect(manager.openCookies(cookies)).rejects.toMatchObject({ code: 'Backend' })
    const broken = new Error('broken')
    await expect(manager.openCookies({ ...cookies, get: () => Promise.reject(broken) })).rejects.toBe(broken)
  })

  it('names what it needs: an object with get and set, not its Promise', async () => {
    const manager = managerOf(watched().plugin)
    const open = (cookies: unknown): Promise<unknown> => manager.openCookies(cookies as CookiesByName)
    await expect(open(Promise.resolve(jar()))).rejects.toThrow(/get and set, but it was given a Promise.*await/)
    await expect(open({ get: () => undefined })).rejects.toBeInstanceOf(TypeError)
    await expect(open(undefined)).rejects.toThrow(/given undefined/)
  })
})

describe('openCookies where cookies cannot be set', () => {
  it('extends a server-backed session by reading it, with and without a commit', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    try {
      const manager = managerOf(memorySessions(), { idleTimeoutMs: 60_000, absoluteTimeoutMs: dayMs })
      const cookies = readable(await begin(manager, { visits: 1 }, 'ann'))
      for (let minute = 0; minute < 5; minute += 1) {
        vi.setSystemTime(Date.now() + 50_000)
        const session = await manager.openCookies(cookies)
        expect(session.userId).toBe('ann')
        expect(await session.commit()).toBe(false)
      }
    } finally {
      vi.useRealTimers()
    }
  })

  it('leaves the cookie of a sealed session that only has to be extended', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    try {
      const manager = managerOf(unsealedSessions(), { idleTimeoutMs: 60_000 })
      const header = await begin(manager, { visits: 1 }, 'ann')
      vi.setSystemTime(Date.now() + 50_000)
      const session = await manager.openCookies(readable(header))
      await session.commit()
      expect(session.userId).toBe('ann')
      const cookies = jar(header)
      expect(await (await manager.openCookies(cookies)).commit()).toBe(true)
    } finally {
      vi.useRealTimers()
    }
  })

  it('stores a change that needs no new cookie', async () => {
    const manager = managerOf(memorySessions())
    const header = await begin(manager, { visits: 1 }, 'ann')
    const session = await manager.openCookies(readable(header))
    session.data.visits = 2
    await session.commit()
    expect((await manager.open(header)).data).toEqual({ visits: 2 })
  })

  it('rejects a commit that needs a new cookie, ends the new session, and closes the session', async () => {
    const { plugin, calls } = watched()
    const manager = managerOf(plugin)
    const session = await manager.openCookies(readable(''))
    session.data.visits = 1
    const error: unknown = await session.commit().catch((reason: unknown) => reason)
    expect(error).toMatchObject({
      message: expect.stringMatching(/cookie cannot be set here.*Change the session where/),
    })
    expect(error).toMatchObject({ cause: { message: 'Cookies can only be modified in a Server Action.' } })
    expect(calls).toEqual(['create', 'delete'])
    expect(() => session.data).toThrow(/closed/)
  })

  it('keeps neither session of a sign-in: the visitor cannot get the new one', async () => {
    const manager = managerOf(memorySessions())
    const header = await begin(manager, { visits: 1 }, 'ann')
    const session = await manager.openCookies(readable(header))
    session.signIn('ann')
    await expect(session.commit()).rejects.toThrow(/cookie cannot be set here/)
    const again = await manager.open(null)
    again.signIn('ann')
    expect((await manager.open((await again.commit())[0]?.split(';')[0])).userId).toBe('ann')
    expect(await again.listSessions()).toHaveLength(1)
  })

  it('ends the session of a sign-out, although it rejects', async () => {
    const manager = managerOf(memorySessions())
    const header = await begin(manager, { visits: 1 }, 'ann')
    const session = await manager.openCookies(readable(header))
    session.signOut()
    await expect(session.commit()).rejects.toThrow(/cookie cannot be set here/)
    expect((await manager.open(header)).userId).toBeUndefined()
  })

  it.each<[string, (session: CookiesSession<{ visits?: number }>) => unknown]>([
    ['a changed value', (session) => (session.data.visits = 2)],
    ['a sign-in', (session) => session.signIn('bob')],
    ['a sign-out', (session) => session.signOut()],
  ])('with sealed sessions, rejects %s, and the visitor keeps the old session', async (_, change) => {
    const manager = managerOf(unsealedSessions())
    const header = await begin(manager, { visits: 1 }, 'ann')
    const session = await manager.openCookies(readable(header))
    change(session)
    await expect(session.commit()).rejects.toThrow(/cookie cannot be set here/)
    const kept = await manager.open(header)
    expect([kept.userId, kept.data]).toEqual(['ann', { visits: 1 }])
  })
})
