import { memorySessions } from '@bext/session-core/memory'
import { honoSessions } from '@bext/session-hono'
import { Hono, type Context } from 'hono'
import { compress } from 'hono/compress'
import { setCookie } from 'hono/cookie'
import { cors } from 'hono/cors'
import { etag } from 'hono/etag'
import { HTTPException } from 'hono/http-exception'
import { stream } from 'hono/streaming'
import { describe, expect, it, vi } from 'vitest'
import { appOf, type Env, managerOf, stores, visitApp } from './helpers.js'

const guest = '__Host-session-guest'
const main = '__Host-session'
const page = 'The same page. '.repeat(100)

const redirect = (): Response => Response.redirect('https://example.com/', 303)

/** Ways to answer, without a word about commits. */
const answers: Readonly<Record<string, (c: Context<Env>) => Response | Promise<Response>>> = {
  text: (c) => c.text(page),
  json: (c) => c.json({ page }),
  redirect: (c) => c.redirect('/', 303),
  responseRedirect: redirect,
  // Its headers cannot be changed.
  fetched: () => fetch('data:text/plain,fetched'),
  response: () => new Response(page, { headers: { 'Cache-Control': 'public', 'Set-Cookie': 'theme=dark' } }),
  empty: (c) => c.body(null, 204),
  notFound: (c) => c.notFound(),
  refusal: (c) => c.text(page, 422),
  readable: (c) => c.body(ReadableStream.from([page, page].map((text) => new TextEncoder().encode(text)))),
  streaming: (c) => stream(c, (to) => to.write(page).then(() => undefined)),
  thrown() {
    throw new HTTPException(303, { res: redirect() })
  },
}

function addRoutes(app: Hono<Env>): void {
  app.get('/', (c) => {
    c.var.session.data.visits += 1
    return c.text(`Visit ${c.var.session.data.visits} of ${c.var.session.userId ?? 'a guest'}`)
  })
  app.get('/look', (c) => c.text(String(c.var.session.data.visits)))
  app.post('/sign-in', (c) => {
    c.var.session.signIn('ann')
    return c.redirect('/', 303)
  })
  app.post('/sign-out', (c) => {
    c.var.session.signOut()
    return c.text('Goodbye')
  })
  app.get('/rotate', (c) => {
    c.var.session.rotate()
    return c.text(page)
  })
  app.get('/page', (c) => c.text(page))
  for (const [name, answer] of Object.entries(answers)) {
    app.get(`/${name}`, (c) => {
      c.var.session.data.visits += 1
      return answer(c)
    })
  }
}

/** Creates an app that passes on the response of an `HTTPException`. */
function withRoutes(app: Hono<Env> = appOf()): Hono<Env> {
  app.onError((error, c) => (error instanceof HTTPException ? error.getResponse() : c.text('Sorry.', 500)))
  addRoutes(app)
  return app
}

describe.each(Object.entries(stores))('sessions in Hono over %s', (_, open) => {
  it('work from the first visit to the sign-out', async () => {
    const ann = await visitApp(withRoutes(appOf(managerOf(open()))))
    expect((await ann.send('GET /look')).headers.getSetCookie()).toEqual([])
    const first = await ann.send('GET /')
    expect([await first.text(), first.headers.get('cache-control')]).toEqual(['Visit 1 of a guest', 'no-store'])
    expect(await ann.textOf('GET /')).toBe('Visit 2 of a guest')
    await ann.send('POST /sign-in')
    expect([...(await ann.cookies()).keys()]).toEqual([main])
    expect(await ann.textOf('GET /')).toBe('Visit 3 of ann')
    await ann.send('POST /sign-out')
    expect(await ann.cookies()).toEqual(new Map())
  })
})

it('a cookie of a domain that ends with the browser is set and cleared there', async () => {
  const app = withRoutes(appOf(managerOf(undefined, { domain: 'shop.example.com', persistent: false })))
  const signedIn = await app.request('/sign-in', { method: 'POST' })
  const [sent = ''] = signedIn.headers.getSetCookie()
  expect(sent).toMatch(/^__Secure-session=[^;]+; Domain=shop\.example\.com; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
  const headers = { cookie: sent.split(';', 1).join('') }
  const signedOut = await app.request('/sign-out', { method: 'POST', headers })
  expect(signedOut.headers.getSetCookie()).toEqual([
    expect.stringMatching(/^__Secure-session=; Max-Age=0; Domain=shop\.example\.com; Path=\/; Expires=.* 1970 /),
  ])
})

describe('stored before the response is sent', () => {
  it.each(Object.keys(answers))('%s', async (name) => {
    const ann = await visitApp(withRoutes())
    const response = await ann.send(`GET /${name}`)
    await response.text()
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect([...(await ann.cookies()).keys()]).toContain(guest)
    expect(await ann.textOf('GET /look')).toBe('1')
    const head = await ann.send(`HEAD /${name}`)
    expect([head.status, await head.text()]).toEqual([response.status, ''])
    expect(await ann.textOf('GET /look')).toBe('2')
  })
})

it('a streamed response is stored before its first byte', async () => {
  let finish: (() => void) | undefined
  const app = withRoutes()
  app.get('/slow', (c) => {
    c.var.session.data.visits += 1
    return stream(c, async (to) => {
      await to.write('first')
      await new Promise<void>((resolve) => {
        finish = resolve
      })
    })
  })
  const ann = await visitApp(app)
  const { body } = await ann.send('GET /slow')
  const reader = body!.pipeThrough(new TextDecoderStream()).getReader()
  expect((await reader.read()).value).toBe('first')
  expect(await ann.textOf('GET /look')).toBe('1')
  finish?.()
  expect((await reader.read()).done).toBe(true)
})

/** Creates an app with middleware of Hono, and with one that sets headers early and late. */
function besideMiddleware(): Hono<Env> {
  const app = appOf()
  app.use(cors({ origin: 'https://example.com', credentials: true }), etag(), compress({ threshold: 0 }))
  app.use(async (c, next) => {
    setCookie(c, 'early', 'yes')
    await next()
    setCookie(c, 'late', 'yes')
    c.header('Cache-Control', 'public, max-age=60')
    c.header('CDN-Cache-Control', 'max-age=60')
  })
  return withRoutes(app)
}

describe('beside cors, etag, compress and middleware that sets headers late', () => {
  it.each(['gzip', 'identity'])('a response in %s keeps all headers, and is kept out of caches', async (encoding) => {
    const ann = await visitApp(besideMiddleware())
    const first = await ann.send('GET /', { 'Accept-Encoding': encoding, Origin: 'https://example.com' })
    expect(await first.text()).toBe('Visit 1 of a guest')
    expect(first.headers.get('access-control-allow-origin')).toBe('https://example.com')
    expect([first.headers.get('cache-control'), first.headers.get('cdn-cache-control')]).toEqual(['no-store', null])
    expect([...(await ann.cookies()).keys()].toSorted()).toEqual([guest, 'early', 'late'])
    expect((await ann.send('GET /look')).headers.get('cache-control')).toBe('public, max-age=60')
  })

  it('a response 304 keeps the cookie of a rotation', async () => {
    const ann = await visitApp(besideMiddleware())
    await ann.send('POST /sign-in')
    const before = (await ann.cookies()).get(main)
    const identity = { 'Accept-Encoding': 'identity' }
    const tag = (await ann.send('GET /page', identity)).headers.get('etag') ?? ''
    const rotated = await ann.send('GET /rotate', { ...identity, 'If-None-Match': tag })
    expect([rotated.status, rotated.headers.get('cache-control')]).toEqual([304, 'no-store'])
    expect((await ann.cookies()).get(main)).not.toBe(before)
    expect(await ann.textOf('GET /look')).toBe('0')
  })
})

describe('a sub-app', () => {
  it('has the session of the app that it is part of', async () => {
    const inner = new Hono<Env>()
    inner.onError((_, c) => c.text('The page of the sub-app.', 500))
    inner.get('/', (c) => c.text(String((c.var.session.data.visits += 1))))
    inner.get('/fail', (c) => {
      c.var.session.data.visits += 1
      throw new Error('broken')
    })
    const ann = await visitApp(appOf().route('/inner', inner))
    expect([await ann.textOf('GET /inner'), await ann.textOf('GET /inner')]).toEqual(['1', '2'])
    expect(await ann.textOf('GET /inner/fail')).toBe('The page of the sub-app.')
    expect(await ann.textOf('GET /inner')).toBe('3')
  })

  it('can have sessions for itself', async () => {
    const store = memorySessions()
    const read = vi.spyOn(store, 'read')
    const app = new Hono()
    app.get('/outside', (c) => c.text(typeof c.get('session' as never)))
    app.route('/inner', withRoutes(appOf(managerOf(store))))
    const ann = await visitApp(app)
    expect(await ann.textOf('GET /inner')).toBe('Visit 1 of a guest')
    expect(await ann.textOf('GET /outside')).toBe('undefined')
    expect(read).not.toHaveBeenCalled()
    expect(await ann.textOf('GET /inner')).toBe('Visit 2 of a guest')
    expect(read).toHaveBeenCalledTimes(1)
  })
})

it('gives the routes of its chain a session of the type of its manager', async () => {
  const app = new Hono().use(honoSessions(managerOf())).get('/', (c) => {
    // @ts-expect-error -- visits is a number
    c.var.session.data.visits = ''
    return c.json(c.var.session.data.visits)
  })
  expect((await app.request('/')).status).toBe(200)
})

it.each([
  ['nothing', undefined],
  ['a bare store', memorySessions()],
])('refuses %s as its manager', (_, sessions) => {
  expect(() => honoSessions(sessions as never)).toThrow('expected a manager')
})
