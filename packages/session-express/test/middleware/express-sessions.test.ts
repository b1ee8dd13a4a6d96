import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import compression from 'compression'
import connect from 'connect'
import type { Express, NextFunction, Request, RequestHandler, Response } from 'express'
import onHeaders from 'on-headers'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { serve } from '@bext-internal/test-services/visitor'
import { SessionError } from '@bext/session-core'
import { sessionErrorStatus } from '@bext/session-core/manager'
import { memorySessions } from '@bext/session-core/memory'
import { expressSessions, type SessionRequest } from '@bext/session-express/middleware'
import { type AppData, expresses, managerOf, redisStore, visitApp } from './helpers.js'

const guest = '__Host-session-guest'
const main = '__Host-session'
const large = 'x'.repeat(10_000)
const page = 'The same page. '.repeat(20)
const thisFile = fileURLToPath(import.meta.url)

/** A source that yields in several turns, as a database does. */
async function* lines(): AsyncGenerator<string> {
  for (const line of [page, page, 'end']) {
    await new Promise((resolve) => setImmediate(resolve))
    yield line
  }
}

/** Ways to answer, without a word about commits. */
const answers: Readonly<Record<string, (request: Request, response: Response) => unknown>> = {
  send: (_, response) => response.send(page),
  json: (_, response) => response.json({ page }),
  redirect: (_, response) => response.redirect(303, '/'),
  sendFile: (_, response) => response.sendFile(thisFile),
  end: (_, response) => response.end(),
  noContent: (_, response) => response.sendStatus(204),
  writeHead: (_, response) =>
    response
      .writeHead(200, { 'Set-Cookie': 'theme=dark', 'Cache-Control': 'public', 'Content-Type': 'text/plain' })
      .end(page),
  flushHeaders(_, response) {
    response.type('text')
    response.flushHeaders()
    setImmediate(() => response.end(page))
  },
  write(_, response) {
    response.type('text').write(page)
    response.write(page)
    response.end('end')
  },
  pipe: (_, response) => Readable.from(lines()).pipe(response.type('text')),
  pipeline: (_, response) => pipeline(lines(), response.type('text')),
  refusal: (_, response) => response.status(422).send(page),
}

const bodies: Readonly<Record<string, string>> = {
  write: `${page}${page}end`,
  pipe: `${page}${page}end`,
  pipeline: `${page}${page}end`,
}

function addRoutes(app: Express): void {
  app.get('/', ({ session }, response) => {
    session.data.visits += 1
    response.send(`Visit ${session.data.visits} of ${session.userId ?? 'a guest'}`)
  })
  app.get('/look', ({ session }, response) => {
    response.send(String(session.data.visits))
  })
  app.post('/sign-in', ({ session }, response) => {
    session.signIn('ann')
    response.redirect('/')
  })
  app.post('/sign-out', ({ session }, response) => {
    session.signOut()
    response.send('Goodbye')
  })
  for (const [name, answer] of Object.entries(answers)) {
    app.get(`/${name}`, (request, response) => {
      request.session.data.visits += 1
      return answer(request, response)
    })
    app.get(`/large/${name}`, (request, response) => {
      request.session.data.note = large
      return answer(request, response)
    })
  }
  app.get('/fail', ({ session }) => {
    session.data.visits += 1
    throw new Error('broken')
  })
  app.get('/rotate', async ({ session }, _response, next) => {
    session.rotate()
    await session.commit()
    next(new Error('broken'))
  })
  app.get('/caught', (request, response) => {
    request.session.data.note = large
    request.session
      .commit()
      .catch((error: unknown) => response.status(sessionErrorStatus(error) ?? 500).send('Too much.'))
  })
}

function handleError(error: unknown, _request: Request, response: Response, next: NextFunction): void {
  if (response.headersSent) next(error)
  else response.status(sessionErrorStatus(error) ?? 500).send('Sorry.')
}

/** Middleware that sets headers when the head is written. */
function late(_request: unknown, response: Response, next: NextFunction): void {
  onHeaders(response, () => {
    response.setHeader('Cache-Control', 'public')
    response.setHeader('Set-Cookie', 'seen=yes')
  })
  next()
}

const compress = compression({ threshold: 0 })
const sessionsOf = () => expressSessions(managerOf())

describe.each(expresses)('%s', (_, create) => {
  function appOf(...middleware: readonly RequestHandler[]): Express {
    const app = create()
    app.set('env', 'test')
    for (const one of middleware) app.use(one)
    addRoutes(app)
    return app
  }

  it('sets and clears a cookie of a domain that ends with the browser there', async () => {
    const sessions = managerOf(undefined, { domain: 'shop.example.com', persistent: false })
    const url = await serve(createServer(appOf(expressSessions(sessions))))
    const post = (path: string, headers = {}) => fetch(url + path, { method: 'POST', headers, redirect: 'manual' })
    const [setCookie = ''] = (await post('/sign-in')).headers.getSetCookie()
    expect(setCookie).toMatch(
      /^__Secure-session=[^;]+; Domain=shop\.example\.com; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    )
    const signedOut = await post('/sign-out', { cookie: setCookie.split(';', 1).join('') })
    expect(signedOut.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^__Secure-session=; Max-Age=0; Domain=shop\.example\.com; Path=\/; Expires=.* 1970 /),
    ])
  })

  it.each(['memory', 'redis'])('keeps sessions over %s from the first visit to the sign-out', async (store) => {
    const ann = await visitApp(appOf(expressSessions(managerOf(store === 'redis' ? redisStore() : undefined))))
    expect((await ann.send('GET /look')).headers.getSetCookie()).toEqual([])
    const first = await ann.send('GET /')
    expect([await first.text(), first.headers.get('cache-control')]).toEqual(['Visit 1 of a guest', 'no-store'])
    const second = await ann.send('GET /')
    expect([await second.text(), second.headers.getSetCookie()]).toEqual(['Visit 2 of a guest', []])
    await ann.send('POST /sign-in')
    expect([...(await ann.cookies()).keys()]).toEqual([main])
    expect(await ann.textOf('GET /')).toBe('Visit 3 of ann')
    await ann.send('POST /sign-out')
    expect(await ann.cookies()).toEqual(new Map())
  })

  describe.each<[string, () => Express]>([
    ['alone', () => appOf(sessionsOf())],
    ['after compression', () => appOf(compress, sessionsOf())],
    ['before compression', () => appOf(sessionsOf(), compress)],
  ])('%s', (_place, open) => {
    it.each(Object.keys(answers))('stores before the first byte of %s', async (name) => {
      const ann = await visitApp(open())
      const response = await ann.send(`GET /${name}`)
      const text = await response.text()
      expect(text).toBe(
        bodies[name] ?? (['redirect', 'sendFile', 'end', 'noContent', 'json'].includes(name) ? text : page),
      )
      expect([...(await ann.cookies()).keys()]).toContain(guest)
      expect(response.headers.get('cache-control')).toBe('no-store')
      expect(await ann.textOf('GET /look')).toBe('1')
      const head = await ann.send(`HEAD /${name}`)
      expect([head.status, await head.text()]).toEqual([response.status, ''])
      expect(await ann.textOf('GET /look')).toBe('2')
    })

    it.each(Object.keys(answers))('a commit that fails is an error page in place of %s', async (name) => {
      const app = open()
      app.use(handleError)
      const ann = await visitApp(app)
      for (const path of [`/large/${name}`, `/large/${name}`] as const) {
        const failed = await ann.send(`GET ${path}`)
        expect([failed.status, await failed.text()]).toEqual([413, 'Sorry.'])
        expect(failed.headers.get('content-type')).toMatch(/^text\/html/)
        expect(failed.headers.get('cache-control')).toBe('no-store')
        for (const header of ['location', 'last-modified']) expect(failed.headers.get(header)).toBeNull()
        expect(failed.headers.getSetCookie().filter((one) => one.includes('session'))).toEqual([])
      }
      expect(await ann.textOf('GET /look')).toBe('0')
    })
  })

  it('answers 304 with the cookie of a rotation', async () => {
    const app = appOf(sessionsOf())
    app.get('/rotated', ({ session }, response) => {
      session.rotate()
      response.send(page)
    })
    const ann = await visitApp(app)
    await ann.send('POST /sign-in')
    const before = (await ann.cookies()).get(main)
    const etag = (await ann.send('GET /rotated')).headers.get('etag') ?? ''
    // Without a Cache-Control, fetch sends no-cache, which Express does not answer with 304.
    const conditional = { 'If-None-Match': etag, 'Cache-Control': 'max-age=0' }
    expect((await ann.send('GET /rotated', conditional)).status).toBe(304)
    expect((await ann.cookies()).get(main)).not.toBe(before)
    expect(await ann.textOf('GET /')).toBe('Visit 1 of ann')
  })

  it('stores nothing with a status of 500 or more', async () => {
    const ann = await visitApp(appOf(sessionsOf()))
    expect((await ann.send('GET /fail')).status).toBe(500)
    await ann.send('GET /')
    await ann.send('GET /fail')
    expect(await ann.textOf('GET /look')).toBe('1')
  })

  it('without an error handler of the app, answers with the status of the error', async () => {
    const store = memorySessions()
    const sessions = managerOf(store)
    const app = appOf(expressSessions(sessions))
    app.get('/ended', ({ session }, response, next) => {
      session.data.visits += 1
      sessions.endUserSessions('ann').then(() => response.send('never sent'), next)
    })
    const ann = await visitApp(app)
    await ann.send('POST /sign-in')
    const ended = await ann.send('GET /ended')
    expect([ended.status, await ended.text()]).not.toContain('never sent')
    expect(ended.status).toBe(401)
    vi.spyOn(store, 'create').mockRejectedValueOnce(new SessionError('unavailable', 'The backend cannot be reached.'))
    expect((await ann.send('GET /')).status).toBe(503)
  })

  it('answers 503 if the session cannot be opened', async () => {
    const store = memorySessions()
    const ann = await visitApp(appOf(expressSessions(managerOf(store))))
    await ann.send('GET /')
    vi.spyOn(store, 'read').mockRejectedValueOnce(new SessionError('unavailable', 'The backend cannot be reached.'))
    expect((await ann.send('GET /')).status).toBe(503)
    expect(await ann.textOf('GET /')).toBe('Visit 2 of a guest')
  })

  it('keeps the cookie of an explicit commit on the error page', async () => {
    const ann = await visitApp(appOf(sessionsOf()))
    await ann.send('POST /sign-in')
    const before = (await ann.cookies()).get(main)
    expect((await ann.send('GET /rotate')).status).toBe(500)
    expect((await ann.cookies()).get(main)).not.toBe(before)
    expect(await ann.textOf('GET /')).toBe('Visit 1 of ann')
  })

  it('leaves the answer to a failed explicit commit to the handler', async () => {
    const ann = await visitApp(appOf(sessionsOf()))
    const caught = await ann.send('GET /caught')
    expect([caught.status, await caught.text()]).toEqual([413, 'Too much.'])
  })

  it('keeps the response out of caches, whatever middleware sets when the head is written', async () => {
    const ann = await visitApp(appOf(sessionsOf(), late))
    expect((await ann.send('GET /')).headers.get('cache-control')).toBe('no-store')
    expect([...(await ann.cookies()).keys()].toSorted()).toEqual([guest, 'seen'])
    expect((await ann.send('GET /look')).headers.get('cache-control')).toBe('public')
  })

  it('refuses a second middleware for sessions', async () => {
    const app = appOf(sessionsOf(), sessionsOf())
    app.use((error: Error, _request: Request, response: Response, _next: NextFunction) => {
      response.status(500).send(error.message)
    })
    expect(await (await visitApp(app)).textOf('GET /look')).toContain('request.session exists already')
  })
})

describe('Connect', () => {
  it('keeps sessions, and a failed commit is an error page', async () => {
    const app = connect()
    app.use(expressSessions(managerOf()))
    app.use('/large', ({ session }: SessionRequest<AppData>, response: ServerResponse) => {
      if (session) session.data.note = large
      response.setHeader('Content-Type', 'image/png')
      Readable.from(lines()).pipe(response)
    })
    app.use(({ session }: SessionRequest<AppData>, response: ServerResponse) => {
      if (session) session.data.visits += 1
      response.write(`Visit ${session?.data.visits} `)
      response.end('end')
    })
    const ann = await visitApp(app)
    expect(await ann.textOf('GET /')).toBe('Visit 1 end')
    const failed = await ann.send('GET /large')
    expect([failed.status, failed.headers.get('content-type')]).toEqual([413, 'text/html; charset=utf-8'])
    expect(await ann.textOf('GET /')).toBe('Visit 2 end')
  })

  it('sets the cookie over HTTP/2, also of an empty response', async () => {
    const app = connect()
    app.use(expressSessions(managerOf()))
    app.use(({ session }: SessionRequest<AppData>, response: ServerResponse) => {
      if (session) session.data.visits += 1
      response.end()
    })
    const server = createHttp2Server(app as never)
    await once(server.listen(0, 'localhost'), 'listening')
    const client = connectHttp2(`http://localhost:${(server.address() as AddressInfo).port}`)
    onTestFinished(() => {
      client.destroy()
      server.close()
    })
    const [headers] = (await once(client.request(), 'response')) as [IncomingHttpHeaders]
    expect([headers['cache-control'], headers['set-cookie']?.[0]]).toEqual(['no-store', expect.stringContaining(guest)])
  })
})

it.each([
  ['nothing', undefined],
  ['a bare store', memorySessions()],
])('refuses %s as its manager', (_, sessions) => {
  expect(() => expressSessions(sessions as never)).toThrow('expected a manager')
})
