import fastifyCookie from '@fastify/cookie'
import fastifySession, { type SessionStore } from '@fastify/session'
import fastify from 'fastify'
import { describe, expect, it, onTestFinished } from 'vitest'
import { expressStore, mintSessionId, type ExpressStore } from '@bext/session-express'
import { memorySessions } from '@bext/session-core/memory'
import { backends, createGate, openBackend, openBrowser, type Gate } from './helpers.js'

declare module 'fastify' {
  interface Session {
    userId?: string | undefined
    note?: string
    visits?: number
  }
}

interface ServeOptions {
  readonly gate?: Gate
  /** False: the default of @fastify/session. */
  readonly mints?: boolean
  readonly maxAge?: number
}

const userIdOf = ({ userId }: Readonly<Record<string, unknown>>) => userId as string | undefined
const noteOf = ({ note }: Readonly<Record<string, unknown>>) => note as string | undefined

/** Serves an app with @fastify/session. Resolves to its URL. */
async function serve(store: ExpressStore, { gate, maxAge, mints = true }: ServeOptions = {}): Promise<string> {
  const app = fastify()
  onTestFinished(() => app.close())
  await app.register(fastifyCookie)
  await app.register(fastifySession, {
    // Its types do not compile with `exactOptionalPropertyTypes`, which this repository sets.
    store: store as SessionStore,
    ...(mints ? { idGenerator: mintSessionId } : {}),
    secret: 'a secret of thirty-two characters or more',
    saveUninitialized: false,
    cookie: { secure: false, ...(maxAge === undefined ? {} : { maxAge }) },
  })
  app.get('/', async ({ session }) => session.userId ?? 'nobody')
  app.get('/note', async ({ session }) => session.note ?? 'none')
  app.get('/count', async ({ session }) => {
    session.visits = (session.visits ?? 0) + 1
    return String(session.visits)
  })
  app.route({
    method: 'GET',
    url: '/login',
    async handler(request) {
      await request.session.regenerate(['visits'])
      request.session.userId = 'ann'
      return 'signed in'
    },
  })
  app.get('/logout', async ({ session }) => {
    await session.destroy()
    return 'signed out'
  })
  app.route({
    method: 'GET',
    url: '/reload',
    async handler(request) {
      request.session.note = 'discarded'
      await request.session.reload()
      return request.session.note ?? 'none'
    },
  })
  app.get('/slow', async ({ session }) => {
    await gate?.wait()
    session.note = 'late'
    return 'done'
  })
  return app.listen({ host: '127.0.0.1', port: 0 })
}

describe.each(backends)('@fastify/session over %s', (backend) => {
  it('signs in and out, and a late save does not bring the session back', async () => {
    const open = await openBackend(backend)
    const gate = createGate()
    const url = await serve(expressStore(open()), { gate, maxAge: 60_000 })
    const otherUrl = await serve(expressStore(open()))
    const browser = openBrowser(url)
    expect((await browser.get('/count')).text).toBe('1')
    expect((await browser.get('/count')).text).toBe('2')
    await browser.get('/login')
    expect((await browser.get('/')).text).toBe('ann')
    expect((await browser.get('/count')).text).toBe('3')
    expect((await browser.get('/reload')).text).toBe('none')
    const stolen = openBrowser(url, browser)
    const late = openBrowser(url, browser).get('/slow')
    await gate.reached
    expect((await openBrowser(otherUrl, browser).get('/logout')).text).toBe('signed out')
    gate.open()
    expect(await late).toMatchObject({ status: 200, text: 'done' })
    expect((await stolen.get('/')).text).toBe('nobody')
    expect((await stolen.get('/note')).text).toBe('none')
  })
})

it('@fastify/session keeps sessions without maxAge for the time of the option ttlMs', async () => {
  const plugin = memorySessions()
  const browser = openBrowser(await serve(expressStore(plugin, { ttlMs: 5000 })))
  await browser.get('/count')
  expect((await browser.get('/count')).text).toBe('2')
})

it('@fastify/session answers with an error that names idGenerator, if it is forgotten', async () => {
  const browser = openBrowser(await serve(expressStore(memorySessions()), { mints: false }))
  const { status, text } = await browser.get('/count')
  expect(status).toBe(500)
  expect(text).toContain('idGenerator: mintSessionId')
})

it('@fastify/session signs in by regenerate, and the session is listed for the user', async () => {
  const plugin = memorySessions()
  const browser = openBrowser(await serve(expressStore(plugin, { userIdOf })))
  await browser.get('/count')
  expect(await browser.get('/login')).toMatchObject({ status: 200, text: 'signed in' })
  expect((await browser.get('/')).text).toBe('ann')
  expect((await browser.get('/count')).text).toBe('2')
  await plugin.endUserSessions('ann')
  expect((await browser.get('/')).text).toBe('nobody')
})

it('@fastify/session cannot sign in under the old id', async () => {
  const gate = createGate()
  gate.open()
  const browser = openBrowser(await serve(expressStore(memorySessions(), { userIdOf: noteOf }), { gate }))
  await browser.get('/count')
  const { status, text } = await browser.get('/slow')
  expect(status).toBe(500)
  expect(text).toContain('regenerate')
})
