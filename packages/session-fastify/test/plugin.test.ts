import { Readable } from 'node:stream'
import { fastify } from 'fastify'
import { describe, expect, it, vi } from 'vitest'
import { serve, visit } from '@bext-internal/test-services/visitor'
import { createSessionManager } from '@bext/session-core/manager'
import { memorySessions } from '@bext/session-core/memory'
import { fastifySessions } from '@bext/session-fastify'
import { failing, managerOf, start, stores, visitApp } from './helpers.js'
import type { FastifyInstance } from 'fastify'

const guest = '__Host-session-guest'
const main = '__Host-session'

/** Adds an app without a word about commits. */
function addRoutes(app: FastifyInstance): void {
  app.get('/', async ({ session }) => {
    session.data.visits += 1
    return `Visit ${session.data.visits} of ${session.userId ?? 'a guest'}`
  })
  app.get('/json', async ({ session }) => ({ visits: (session.data.visits += 1) }))
  app.get('/idle', async () => 'nothing')
  app.post<{ Querystring: { name: string } }>('/sign-in', async ({ session, query }) => {
    session.signIn(query.name)
    return 'Welcome'
  })
  app.post('/sign-out', async ({ session }) => {
    session.signOut()
    return 'Goodbye'
  })
  app.post('/note', async ({ session }, reply) => {
    session.data.note = 'tea'
    return reply.redirect('/', 303)
  })
  app.get('/callback', ({ session }, reply) => {
    session.data.visits += 1
    reply.send('done')
  })
  app.get('/empty', ({ session }, reply) => {
    session.data.visits += 1
    reply.code(204).send()
  })
}

describe.each(Object.entries(stores))('sessions in Fastify over %s', (_, open) => {
  it('work from the first visit to the sign-out', async () => {
    const ann = await start(managerOf(open()), addRoutes)
    expect((await ann.send('GET /idle')).headers.getSetCookie()).toEqual([])
    const first = await ann.send('GET /')
    expect(await first.text()).toBe('Visit 1 of a guest')
    expect(first.headers.get('cache-control')).toBe('no-store')
    expect(first.headers.getSetCookie()).toHaveLength(1)
    const second = await ann.send('GET /json')
    expect([await second.json(), second.headers.getSetCookie()]).toEqual([{ visits: 2 }, []])
    expect([...(await ann.cookies()).keys()]).toEqual([guest])
    await ann.send('POST /sign-in?name=ann')
    expect([...(await ann.cookies()).keys()]).toEqual([main])
    expect(await ann.textOf('GET /')).toBe('Visit 3 of ann')
    await ann.send('POST /sign-out')
    expect(await ann.cookies()).toEqual(new Map())
    expect(await ann.textOf('GET /')).toBe('Visit 1 of a guest')
  })

  it('are stored however a route answers', async () => {
    const ann = await start(managerOf(open()), addRoutes)
    const redirected = await ann.send('POST /note')
    expect([redirected.status, redirected.headers.getSetCookie().length]).toEqual([303, 1])
    await ann.send('GET /callback')
    await ann.send('GET /empty')
    const head = await ann.send('HEAD /')
    expect([head.status, await head.text()]).toEqual([200, ''])
    expect(await ann.textOf('GET /')).toBe('Visit 4 of a guest')
  })
})

it('a cookie of a domain that ends with the browser is set and cleared there', async () => {
  const app = fastify()
  const sessions = managerOf(undefined, { domain: 'shop.example.com', persistent: false })
  await app.register(fastifySessions, { sessions })
  addRoutes(app)
  const signedIn = await app.inject({ method: 'POST', url: '/sign-in?name=ann' })
  const setCookie = String(signedIn.headers['set-cookie'])
  expect(setCookie).toMatch(
    /^__Secure-session=[^;]+; Domain=shop\.example\.com; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
  )
  const headers = { cookie: setCookie.split(';', 1).join('') }
  const signedOut = await app.inject({ method: 'POST', url: '/sign-out', headers })
  expect(String(signedOut.headers['set-cookie'])).toMatch(
    /^__Secure-session=; Max-Age=0; Domain=shop\.example\.com; Path=\/; Expires=[^;]* 1970 [^;]*; HttpOnly; Secure; SameSite=Lax$/,
  )
})

it('a guest who sends HEAD first gets the cookie', async () => {
  const ann = await start(managerOf(), addRoutes)
  expect((await ann.send('HEAD /')).headers.getSetCookie()).toHaveLength(1)
  expect(await ann.textOf('GET /')).toBe('Visit 2 of a guest')
})

it('a request costs no read without a session cookie, and one read with it', async () => {
  const store = memorySessions()
  const read = vi.spyOn(store, 'read')
  const ann = await start(managerOf(store), addRoutes)
  await ann.send('GET /')
  expect(read).not.toHaveBeenCalled()
  await ann.send('GET /idle')
  expect(read).toHaveBeenCalledTimes(1)
})

describe('a streamed response', () => {
  const lines = ['one\n', 'two\n']
  it.each<[string, () => unknown]>([
    ['a stream of Node', () => Readable.from(lines)],
    ['a stream of the web', () => ReadableStream.from(lines.map((line) => Buffer.from(line)))],
    [
      'a Response',
      () => new Response(lines.join(''), { headers: { 'Cache-Control': 'public', 'Set-Cookie': 'seen=yes' } }),
    ],
  ])('of %s sets the cookie and is whole', async (_, body) => {
    const ann = await start(managerOf(), (app) => {
      addRoutes(app)
      app.get('/stream', async ({ session }, reply) => {
        session.data.visits += 1
        return reply.send(body())
      })
    })
    const { headers, ...response } = await ann
      .send('GET /stream')
      .then(async (one) => ({ headers: one.headers, text: await one.text() }))
    expect(response.text).toBe('one\ntwo\n')
    expect([...(await ann.cookies()).keys()]).toContain(guest)
    expect(headers.get('cache-control')).toBe('no-store')
    expect(await ann.textOf('GET /')).toBe('Visit 2 of a guest')
  })

  it('is stored before its first byte', async () => {
    const stream = new Readable({ read: () => undefined })
    const ann = await start(managerOf(), (app) => {
      addRoutes(app)
      app.get('/stream', async ({ session }, reply) => {
        session.data.visits += 1
        stream.push('first')
        return reply.send(stream)
      })
    })
    const { body } = await ann.send('GET /stream')
    const reader = body!.pipeThrough(new TextDecoderStream()).getReader()
    expect((await reader.read()).value).toBe('first')
    expect(await ann.textOf('GET /')).toBe('Visit 2 of a guest')
    stream.push(null)
    expect((await reader.read()).done).toBe(true)
  })
})

describe('reply.hijack', () => {
  it('sends the cookie of an explicit commit, whatever headers the handler writes', async () => {
    const ann = await start(managerOf(), (app) => {
      addRoutes(app)
      app.get('/raw', async ({ session }, reply) => {
        session.data.visits += 1
        await session.commit()
        reply.hijack()
        reply.raw.writeHead(200, { 'Set-Cookie': 'theme=dark', 'Cache-Control': 'public' }).end('raw')
      })
    })
    const response = await ann.send('GET /raw')
    expect([await response.text(), response.headers.get('cache-control')]).toEqual(['raw', 'no-store'])
    expect([...(await ann.cookies()).keys()].toSorted()).toEqual([guest, 'theme'])
    expect(await ann.textOf('GET /')).toBe('Visit 2 of a guest')
  })

  it('without a commit is reported', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
    const ann = await start(managerOf(), (app) => {
      app.get('/raw', ({ session }, reply) => {
        session.data.visits += 1
        reply.hijack()
        reply.raw.end('raw')
      })
    })
    await ann.send('GET /raw')
    await vi.waitFor(() => expect(warn).toHaveBeenCalledTimes(1))
    warn.mockRestore()
  })
})

describe('encapsulation', () => {
  it('gives a session only to routes of the instance that registers the plugin', async () => {
    const store = memorySessions()
    const read = vi.spyOn(store, 'read')
    const app = fastify()
    app.get('/outside', async ({ session }) => typeof session)
    await app.register(async (child) => {
      await child.register(fastifySessions, { sessions: managerOf(store) })
      addRoutes(child)
      await child.register(async (grandchild) => {
        grandchild.get('/inside', async ({ session }) => String(session.data.visits))
      })
    })
    const ann = await visitApp(app)
    await ann.send('GET /')
    expect(await ann.textOf('GET /outside')).toBe('undefined')
    expect(read).not.toHaveBeenCalled()
    expect(await ann.textOf('GET /inside')).toBe('1')
  })

  it('allows two managers with different prefixes and cookies', async () => {
    const app = fastify()
    for (const prefix of ['/a', '/b']) {
      await app.register(
        async (child) => {
          await child.register(fastifySessions, { sessions: managerOf() })
          child.get('/', async ({ session }) => String((session.data.visits += 1)))
        },
        { prefix },
      )
    }
    const url = await app.ready().then(() => serve(app.server))
    const [ann, bob] = [visit(url), visit(url)]
    expect([await ann.textOf('GET /a'), await ann.textOf('GET /a'), await bob.textOf('GET /b')]).toEqual([
      '1',
      '2',
      '1',
    ])
  })

  it('applies to routes that are declared before the plugin is loaded, and to the page of an unknown path', async () => {
    const app = fastify()
    void app.register(fastifySessions, { sessions: managerOf() })
    addRoutes(app)
    app.setNotFoundHandler(async ({ session }, reply) => reply.code(404).send(`Visit ${(session.data.visits += 1)}`))
    const ann = await visitApp(app)
    await ann.send('GET /')
    expect(await ann.textOf('GET /nowhere')).toBe('Visit 2')
    expect(await ann.textOf('GET /')).toBe('Visit 3 of a guest')
  })
})

it.each([
  ['nothing', undefined],
  ['a bare store', memorySessions()],
])('refuses %s as its manager', async (_, sessions) => {
  const app = fastify()
  const registered = Promise.resolve(app.register(fastifySessions, { sessions: sessions as never }))
  await expect(registered).rejects.toThrow('option sessions must be a manager')
})

it('accepts only a manager of the declared data', async () => {
  const sessions = createSessionManager({ store: memorySessions(), initialData: () => ({ visits: 'none' }) })
  // @ts-expect-error -- SessionData declares visits as a number
  await fastify().register(fastifySessions, { sessions })
})

it('answers 503 if the session cannot be opened', async () => {
  const store = memorySessions()
  const ann = await start(managerOf(store), addRoutes)
  await ann.send('GET /')
  const cookie = [...(await ann.cookies())].map(([name, value]) => `${name}=${value}`).join()
  const other = await start(managerOf(failing(store, 'read')), addRoutes)
  const failed = await other.send('GET /idle', { cookie })
  expect([failed.status, failed.headers.getSetCookie()]).toEqual([503, []])
})
