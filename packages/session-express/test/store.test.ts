import { promisify } from 'node:util'
import express, { type ErrorRequestHandler } from 'express'
import session, { type SessionData } from 'express-session'
import { describe, expect, it } from 'vitest'
import { asSessionId, SessionError, type SessionPlugin } from '@bext/session-core'
import { sessionErrorStatus } from '@bext/session-core/manager'
import { memorySessions } from '@bext/session-core/memory'
import { expressStore, mintSessionId, type ExpressStore } from '@bext/session-express'
import { createGate, openBrowser, serve } from './helpers.js'

const hourMs = 3_600_000

function newCookie(ttlMs: number | undefined = hourMs): session.Cookie {
  const cookie = new session.Cookie()
  cookie.originalMaxAge = null
  if (ttlMs !== undefined) cookie.maxAge = ttlMs
  return cookie
}

function newSession(data: object = {}, ttlMs?: number): SessionData {
  return { cookie: newCookie(ttlMs), ...data }
}

/** The calls of a store in promises. */
function calls(store: ExpressStore) {
  return {
    get: (sid: string) =>
      promisify(store.get.bind(store))(sid) as Promise<(SessionData & Record<string, unknown>) | null>,
    set: (sid: string, data: SessionData) => promisify(store.set.bind(store))(sid, data),
    touch: (sid: string, data: SessionData) => promisify(store.touch.bind(store))(sid, data),
    destroy: (sid: string) => promisify(store.destroy.bind(store))(sid),
  }
}

function open(plugin: SessionPlugin = memorySessions(), options = {}) {
  const store = expressStore(plugin, options)
  return { plugin, store, sid: mintSessionId(), ...calls(store) }
}

describe('set', () => {
  it('creates what the host generated, and updates what it loaded or has saved before', async () => {
    const { plugin, sid, get, set } = open()
    const generated = newSession({ n: 1 })
    await set(sid, generated)
    await set(sid, Object.assign(generated, { n: 2 }))
    const loaded = await get(sid)
    expect(loaded).toMatchObject({ n: 2 })
    await set(sid, { ...loaded!, n: 3 } as SessionData)
    await set(sid, Object.assign(loaded!, { n: 4 }))
    expect(JSON.parse((await plugin.read(sid)).dataJson)).toMatchObject({ n: 4 })
  })

  it('leaves an ended session ended, without an error, for each kind of session object', async () => {
    const { plugin, store, sid, get, set, touch, destroy } = open()
    const generated = newSession()
    await set(sid, generated)
    const loaded = (await get(sid))!
    const request = { sessionID: sid, sessionStore: store } as unknown as express.Request
    const made = store.createSession(request, (await get(sid))!)
    await destroy(sid)
    for (const late of [generated, loaded, { ...loaded }, made]) {
      await set(sid, Object.assign(late, { late: true }) as SessionData)
      await touch(sid, late)
      expect(await get(sid)).toBeNull()
    }
    await expect(plugin.read(sid)).rejects.toMatchObject({ code: 'NotFound' })
  })

  it('waits for its own create when a session is saved twice at once, and a destroy waits for both', async () => {
    const { sid, get, set, destroy } = open()
    const generated = newSession({ n: 1 })
    const first = set(sid, generated)
    const second = set(sid, Object.assign(generated, { n: 2 }))
    await Promise.all([first, second])
    expect(await get(sid)).toMatchObject({ n: 2 })

    const other = mintSessionId()
    const ended = newSession()
    const saves = [set(other, ended), set(other, ended)]
    await destroy(other)
    await Promise.all(saves)
    expect(await get(other)).toBeNull()
  })

  it('does not overwrite the session that has the id of a generated one', async () => {
    const { sid, get, set } = open()
    await set(sid, newSession({ owner: 'ann' }))
    await expect(set(sid, newSession({ owner: 'ben' }))).rejects.toThrow('A session has this id already')
    expect(await get(sid)).toMatchObject({ owner: 'ann' })
  })

  it('refuses a copy of a loaded session that went through JSON, so that a cache before the store is noticed', async () => {
    const { sid, get, set } = open()
    await set(sid, newSession({ n: 1 }))
    const copy = JSON.parse(JSON.stringify(await get(sid))) as SessionData
    await expect(set(sid, copy)).rejects.toThrow('pass what get() returned to set()')
  })

  it('says how to generate ids if the id was not minted', async () => {
    const { set, get } = open()
    await expect(set('an id of another library', newSession())).rejects.toThrow('genid: mintSessionId')
    expect(await get('an id of another library')).toBeNull()
  })

  it('saves a session whose create failed, although it may exist', async () => {
    const right = memorySessions()
    let fails = true
    const plugin: SessionPlugin = {
      ...right,
      async createWithId(...args: Parameters<typeof right.createWithId>) {
        const result = await right.createWithId(...args)
        if (!fails) return result
        fails = false
        throw new SessionError('unavailable', 'The reply was lost.')
      },
    } as SessionPlugin
    const { sid, get, set } = open(plugin)
    const generated = newSession({ n: 1 })
    await expect(set(sid, generated)).rejects.toMatchObject({ code: 'Backend' })
    await set(sid, Object.assign(generated, { n: 2 }))
    expect(await get(sid)).toMatchObject({ n: 2 })
  })

  it('rejects data that JSON cannot carry, and a failing store', async () => {
    const { sid, set } = open()
    await expect(set(sid, newSession({ big: 1n }))).rejects.toThrow(TypeError)
    const { set: setClosed } = open({
      ...memorySessions(),
      createWithId: () => Promise.reject(new SessionError('unavailable', 'It is down.')),
    } as SessionPlugin)
    await expect(setClosed(sid, newSession())).rejects.toMatchObject({ code: 'Backend' })
  })
})

describe('the expiry', () => {
  it('is that of the cookie, and moves only with it', async () => {
    const { plugin, sid, get, set, touch } = open()
    await set(sid, newSession({}, hourMs))
    const { createdAtMs, expiresAtMs } = await plugin.read(sid)
    expect(expiresAtMs - createdAtMs).toBeGreaterThan(hourMs - 1000)
    const loaded = (await get(sid))!
    expect(loaded.cookie.expires).toEqual(new Date(expiresAtMs))
    await plugin.touch(sid, 2 * hourMs)
    // A save beside a touch does not put the older expiry back.
    await set(sid, Object.assign(loaded, { n: 1 }))
    expect((await plugin.read(sid)).expiresAtMs).toBeGreaterThan(expiresAtMs + hourMs / 2)
    await touch(sid, newSession({}, 60_000))
    expect((await plugin.read(sid)).expiresAtMs).toBeLessThan(expiresAtMs)
    await touch(sid, newSession({}, -1))
    expect(await get(sid)).toBeNull()
  })

  it.each([
    [undefined, 24 * hourMs],
    [{ ttlMs: 60_000 }, 60_000],
  ])('of a session whose cookie has none is the option ttlMs: %j', async (options, ttlMs) => {
    const { plugin, sid, get, set } = open(memorySessions(), options)
    const cookie = new session.Cookie()
    await set(sid, { cookie })
    const { createdAtMs, expiresAtMs } = await plugin.read(sid)
    expect(expiresAtMs - createdAtMs).toBe(ttlMs)
    expect((await get(sid))?.cookie.expires).toBeNull()
  })

  it('a session whose cookie has expired is not created', async () => {
    const { sid, get, set } = open()
    await set(sid, newSession({}, -1))
    expect(await get(sid)).toBeNull()
  })
})

const user = (value: unknown) => ({ passport: { user: value } })
const accountOf = ({ account }: Readonly<Record<string, unknown>>) => account as string | undefined

describe('the user', () => {
  it.each([
    ['ann', 'ann'],
    [7, '7'],
    [0, '0'],
    [{ id: 7, name: 'ann' }, '7'],
    [{ id: 'ann' }, 'ann'],
    [{ name: 'ann' }, undefined],
    [undefined, undefined],
    [Number.NaN, undefined],
  ])('of passport %j is %j', async (value, userId) => {
    const { plugin, sid, set } = open()
    await set(sid, newSession(user(value)))
    expect((await plugin.read(sid)).userId).toBe(userId)
  })

  it('is what the option userIdOf returns', async () => {
    const { plugin, sid, set } = open(memorySessions(), { userIdOf: accountOf })
    await set(sid, newSession({ account: 'ann' }))
    expect((await plugin.read(sid)).userId).toBe('ann')
    await expect(set(mintSessionId(), newSession({ account: 7 }))).rejects.toThrow('must return a string or undefined')
  })

  it('cannot change without a new id, except that it may be removed', async () => {
    const { plugin, sid, get, set } = open()
    await set(sid, newSession())
    const anonymous = (await get(sid))!
    await expect(set(sid, Object.assign(anonymous, user('ann')))).rejects.toThrow('req.session.regenerate()')
    const other = mintSessionId()
    await set(other, newSession(user('ann')))
    await expect(set(other, Object.assign((await get(other))!, user('ben')))).rejects.toThrow('regenerate')
    await set(other, Object.assign((await get(other))!, user(undefined)))
    expect((await plugin.read(other)).userId).toBe('ann')
  })

  it('may be added by the request that created the session, unless the session has ended', async () => {
    const { plugin, sid, get, set, destroy } = open(memorySessions(), { userIdOf: accountOf })
    const created = newSession({ n: 1 })
    await set(sid, created)
    await set(sid, Object.assign(created, { account: 'ann' }))
    expect(await plugin.read(sid)).toMatchObject({ userId: 'ann' })
    expect(await get(sid)).toMatchObject({ n: 1, account: 'ann' })
    await expect(set(sid, Object.assign(created, { account: 'ben' }))).rejects.toThrow('regenerate')

    const other = mintSessionId()
    const ended = newSession()
    await set(other, ended)
    await destroy(other)
    await set(other, Object.assign(ended, { account: 'ann' }))
    expect(await get(other)).toBeNull()

    const third = mintSessionId()
    const ending = newSession()
    await set(third, ending)
    const saved = set(third, Object.assign(ending, { account: 'ann' }))
    await destroy(third)
    await saved
    expect(await get(third)).toBeNull()
  })
})

describe('the middleware', () => {
  const options = { secret: 'keyboard cat', resave: false, saveUninitialized: true, cookie: { maxAge: hourMs } }

  it('answers the first request with an error that names genid, if it is forgotten', async () => {
    const app = express()
    app.use(session({ ...options, store: expressStore(memorySessions()) }))
    app.get('/', (_request, response) => void response.send('page'))
    const url = await serve(app)
    const { status, text } = await openBrowser(url).get('/')
    expect(status).toBe(500)
    expect(text).toContain('genid: mintSessionId')
  })

  it('treats a signed cookie of another store as no session', async () => {
    const app = express()
    const old = express()
    old.use(session({ ...options, store: new session.MemoryStore() }))
    app.use(session({ ...options, genid: mintSessionId, store: expressStore(memorySessions()) }))
    for (const each of [old, app]) each.get('/', (request, response) => void response.send(request.sessionID))
    const browser = openBrowser(await serve(old))
    const oldId = (await browser.get('/')).text
    const { status, text } = await browser.get('/', await serve(app))
    expect(status).toBe(200)
    expect(text).not.toBe(oldId)
    expect(text).toHaveLength(43)
  })

  it('reloads, regenerates and destroys, and keeps the cookie that the app set', async () => {
    const plugin = memorySessions()
    const app = express()
    app.use(session({ ...options, genid: mintSessionId, store: expressStore(plugin), unset: 'destroy' }))
    app.get('/remember', (request, response) => {
      request.session.cookie.maxAge = 30 * hourMs
      request.session.note = 'kept'
      response.send(request.sessionID)
    })
    app.get('/reload', (request, response, next) => {
      request.session.note = 'discarded'
      request.session.reload((error) => {
        if (error) next(error)
        else response.send({ note: request.session.note, life: request.session.cookie.originalMaxAge })
      })
    })
    app.get('/regenerate', (request, response, next) => {
      request.session.regenerate((error) => {
        if (error) next(error)
        else response.send(request.sessionID)
      })
    })
    app.get('/unset', (request, response) => {
      request.session = null as unknown as typeof request.session
      response.send('unset')
    })
    const url = await serve(app)
    const browser = openBrowser(url)
    const first = asSessionId((await browser.get('/remember')).text)
    const { createdAtMs, expiresAtMs } = await plugin.read(first)
    expect(expiresAtMs - createdAtMs).toBeGreaterThan(29 * hourMs)
    const reloaded = JSON.parse((await browser.get('/reload')).text) as { note: string; life: number }
    expect(reloaded.note).toBe('kept')
    // express-session computes it from the clock.
    expect(reloaded.life).toBeGreaterThan(29 * hourMs)
    const second = asSessionId((await browser.get('/regenerate')).text)
    await expect(plugin.read(first)).rejects.toMatchObject({ code: 'NotFound' })
    await plugin.read(second)
    await browser.get('/unset')
    await expect(plugin.read(second)).rejects.toMatchObject({ code: 'NotFound' })
  })

  it('passes a failure of the store on, and does not treat it as a missing session', async () => {
    const right = memorySessions()
    let isDown = false
    const plugin = {
      ...right,
      read: (...args: Parameters<typeof right.read>) =>
        isDown ? Promise.reject(new SessionError('unavailable', 'It is down.')) : right.read(...args),
    }
    const app = express()
    app.use(session({ ...options, genid: mintSessionId, store: expressStore(plugin) }))
    app.get('/', (_request, response) => void response.send('page'))
    const browser = openBrowser(await serve(app))
    await browser.get('/')
    const cookie = browser.cookies.get('connect.sid')
    isDown = true
    expect((await browser.get('/')).status).toBe(500)
    isDown = false
    expect((await browser.get('/')).status).toBe(200)
    expect(browser.cookies.get('connect.sid')).toBe(cookie)
  })

  it('answers a sign-in that cannot be stored with 503 if the handler saves, and otherwise with the page', async () => {
    const plugin: SessionPlugin = {
      ...memorySessions(),
      createWithId: () => Promise.reject(new SessionError('full', 'It is full.')),
    } as SessionPlugin
    const app = express()
    app.use(session({ ...options, saveUninitialized: false, genid: mintSessionId, store: expressStore(plugin) }))
    app.post('/sign-in', (request, response, next) => {
      request.session.regenerate((error) => {
        if (error) return next(error)
        request.session.note = 'signed in'
        response.send('Welcome')
      })
    })
    app.post('/save', (request, response, next) => {
      request.session.note = 'signed in'
      request.session.save((error) => (error ? next(error) : response.send('Welcome')))
    })
    const errors: unknown[] = []
    const answer: ErrorRequestHandler = (error, _request, response, _next) => {
      errors.push(error)
      if (!response.headersSent) response.status(sessionErrorStatus(error) ?? 500).end()
    }
    app.use(answer)
    const browser = openBrowser(await serve(app))
    expect(await browser.post('/sign-in')).toMatchObject({ status: 200, text: 'Welcome' })
    expect(errors).toMatchObject([{ reason: 'full' }])
    expect((await browser.post('/save')).status).toBe(503)
  })

  it('opens cookies that another of its secrets signed', async () => {
    const plugin = memorySessions()
    const withSecrets = async (secret: string[]) => {
      const app = express()
      app.use(session({ ...options, secret, genid: mintSessionId, store: expressStore(plugin) }))
      app.get('/', (request, response) => void response.send(request.sessionID))
      return serve(app)
    }
    const browser = openBrowser(await withSecrets(['old']))
    const id = (await browser.get('/')).text
    for (const secrets of [
      ['old', 'new'],
      ['new', 'old'],
    ])
      expect((await browser.get('/', await withSecrets(secrets))).text).toBe(id)
    expect((await browser.get('/', await withSecrets(['new']))).text).not.toBe(id)
  })

  it('does not take a session of another program for its own', async () => {
    const plugin = memorySessions()
    const { get } = open(plugin)
    const id = await plugin.create({ dataJson: '{"cart":[]}', ttlMs: 60_000 })
    await expect(get(id)).rejects.toThrow('was not written by expressStore')
  })

  it('lets a regenerated session live when the request with the old one saves late', async () => {
    const gate = createGate()
    const app = express()
    app.use(session({ ...options, genid: mintSessionId, store: expressStore(memorySessions()) }))
    app.get('/', (request, response) => void response.send(request.session.note ?? 'none'))
    app.get('/slow', (request, response, next) => {
      gate.wait().then(() => {
        request.session.note = 'late'
        return response.send('done')
      }, next)
    })
    app.get('/regenerate', (request, response, next) => {
      request.session.regenerate((error) => {
        request.session.note = 'new'
        if (error) next(error)
        else response.send('done')
      })
    })
    const url = await serve(app)
    const browser = openBrowser(url)
    await browser.get('/')
    const old = openBrowser(url, browser)
    const late = old.get('/slow')
    await gate.reached
    await browser.get('/regenerate')
    gate.open()
    expect((await late).status).toBe(200)
    expect((await browser.get('/')).text).toBe('new')
    expect((await old.get('/')).text).toBe('none')
  })
})

describe('the options', () => {
  it.each([
    [undefined, undefined, 'expected a store'],
    [memorySessions, undefined, 'expected a store'],
    [{ ...memorySessions(), createWithId: undefined }, undefined, 'has no createWithId'],
    [memorySessions(), { ttl: 5 }, 'no option "ttl"'],
    [memorySessions(), { ttlMs: 0 }, 'ttlMs'],
    [memorySessions(), { ttlMs: 1e15 }, 'at most'],
    [memorySessions(), { userIdOf: 'id' }, 'must be a function'],
  ])('a wrong one is a TypeError', (plugin, options, message) => {
    const create = () => expressStore(plugin as SessionPlugin, options as object)
    expect(create).toThrow(TypeError)
    expect(create).toThrow(message)
  })
})
