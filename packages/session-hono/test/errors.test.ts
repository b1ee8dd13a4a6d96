import { SessionError } from '@bext/session-core'
import { sessionErrorStatus } from '@bext/session-core/manager'
import { memorySessions } from '@bext/session-core/memory'
import { honoSessions } from '@bext/session-hono'
import type { Context, Hono } from 'hono'
import { compress } from 'hono/compress'
import { cors } from 'hono/cors'
import { etag } from 'hono/etag'
import { HTTPException } from 'hono/http-exception'
import { describe, expect, it, vi } from 'vitest'
import { appOf, type Env, managerOf, visitApp } from './helpers.js'

const main = '__Host-session'
const large = 'x'.repeat(10_000)

function unavailable(): SessionError {
  return new SessionError('unavailable', 'The backend cannot be reached.')
}

function addRoutes(app: Hono<Env>): Hono<Env> {
  app.get('/look', (c) => c.text(String(c.var.session.data.visits)))
  app.post('/sign-in', (c) => {
    c.var.session.signIn('ann')
    return c.text('Welcome')
  })
  return app
}

describe('a handler that throws', () => {
  it.each<[string, number, () => unknown]>([
    ['an error', 500, () => new Error('broken')],
    ['an HTTPException', 422, () => new HTTPException(422, { message: 'wrong' })],
  ])('%s stores nothing', async (_, status, thrown) => {
    const app = addRoutes(appOf())
    app.onError((error, c) => (error instanceof HTTPException ? error.getResponse() : c.text('Sorry.', 500)))
    app.get('/fail', (c) => {
      c.var.session.data.visits += 1
      throw thrown()
    })
    const ann = await visitApp(app)
    await ann.send('POST /sign-in')
    expect((await ann.send('GET /fail')).status).toBe(status)
    expect(await ann.textOf('GET /look')).toBe('0')
  })

  it('stores nothing, also if the error page is a redirect', async () => {
    const app = addRoutes(appOf())
    app.onError((_, c) => c.redirect('/', 303))
    app.get('/fail', (c) => {
      c.var.session.data.visits += 1
      throw new Error('broken')
    })
    const ann = await visitApp(app)
    const failed = await ann.send('GET /fail')
    expect([failed.status, failed.headers.getSetCookie()]).toEqual([303, []])
  })

  it('stores nothing afterwards', async () => {
    const app = addRoutes(appOf())
    app.get('/who', (c) => c.text(c.var.session.userId ?? 'guest'))
    let commitLate: (() => Promise<unknown>) | undefined
    app.get('/fail', (c) => {
      const { session } = c.var
      session.rotate()
      commitLate = () => session.commit()
      throw new Error('broken')
    })
    const ann = await visitApp(app)
    await ann.send('POST /sign-in')
    expect((await ann.send('GET /fail')).status).toBe(500)
    await expect(commitLate?.()).rejects.toThrow('the response is already sent')
    expect(await ann.textOf('GET /who')).toBe('ann')
  })

  it('and one that returns Response.error() stores nothing, and is not answered with a page', async () => {
    const store = memorySessions()
    const create = vi.spyOn(store, 'create')
    const app = appOf(managerOf(store))
    app.post('/fail', (c) => {
      c.var.session.signIn('ann')
      return Response.error()
    })
    vi.spyOn(console, 'error').mockReturnValue()
    const { status, headers } = await (await visitApp(app)).send('POST /fail')
    expect({ status, cookies: headers.getSetCookie() }).toEqual({ status: 500, cookies: [] })
    expect(create).not.toHaveBeenCalled()
  })

  it('after an explicit commit keeps its cookie', async () => {
    const app = addRoutes(appOf())
    app.get('/fail', async (c) => {
      c.var.session.rotate()
      await c.var.session.commit()
      throw new Error('broken')
    })
    const ann = await visitApp(app)
    await ann.send('POST /sign-in')
    const before = (await ann.cookies()).get(main)
    expect((await ann.send('GET /fail')).status).toBe(500)
    expect((await ann.cookies()).get(main)).not.toBe(before)
    expect(await ann.textOf('GET /look')).toBe('0')
  })

  it('after a second commit, which is refused, keeps the cookie of the first', async () => {
    const app = addRoutes(appOf())
    app.get('/twice', async (c) => {
      c.var.session.rotate()
      await c.var.session.commit()
      await c.var.session.commit()
      return c.text('rotated')
    })
    const ann = await visitApp(app)
    await ann.send('POST /sign-in')
    const refused = await ann.send('GET /twice')
    expect([refused.status, refused.headers.getSetCookie().length]).toEqual([500, 1])
    expect(await ann.textOf('GET /look')).toBe('0')
  })

  it('nothing that is an error is not answered, and stores nothing', async () => {
    const store = memorySessions()
    const create = vi.spyOn(store, 'create')
    const app = appOf(managerOf(store))
    app.get('/fail', (c) => {
      c.var.session.data.visits += 1
      // oxlint-disable-next-line typescript/only-throw-error -- what an app may do
      throw 'text'
    })
    await expect(app.request('/fail')).rejects.toBe('text')
    expect(create).not.toHaveBeenCalled()
  })
})

it('a handler that returns nothing stores nothing', async () => {
  const app = addRoutes(appOf())
  app.get('/nothing', ((c: Context<Env>) => {
    c.var.session.data.visits += 1
  }) as never)
  const ann = await visitApp(app)
  const failed = await ann.send('GET /nothing')
  expect([failed.status, failed.headers.getSetCookie()]).toEqual([500, []])
})

describe('a commit that fails', () => {
  const answers: Readonly<Record<string, (c: Context<Env>) => Response | Promise<Response>>> = {
    json: (c) => c.json({ sent: 'never' }, 201, { 'Content-Disposition': 'attachment', 'Cache-Control': 'public' }),
    redirect: (c) => c.redirect('/', 303),
    fetched: () => fetch('data:text/plain,never'),
    stream: (c) => c.body(ReadableStream.from([new TextEncoder().encode('never')])),
  }
  it.each(Object.keys(answers))('is an error page in place of %s', async (name) => {
    const app = appOf()
    app.use(cors({ origin: 'https://example.com' }), etag(), compress({ threshold: 0 }))
    app.get('/large', (c) => {
      c.var.session.data.note = large
      return answers[name]!(c)
    })
    const ann = await visitApp(app)
    const failed = await ann.send('GET /large', { Origin: 'https://example.com', 'Accept-Encoding': 'gzip' })
    expect([failed.status, await failed.text()]).toEqual([413, 'Sorry.'])
    expect(failed.headers.get('access-control-allow-origin')).toBe('https://example.com')
    expect(failed.headers.get('cache-control')).toBe('no-store')
    for (const header of ['content-disposition', 'content-encoding', 'etag', 'location']) {
      expect(failed.headers.get(header)).toBeNull()
    }
    expect(failed.headers.getSetCookie()).toEqual([])
  })

  it('cancels the body that is not sent', async () => {
    const cancel = vi.fn<() => void>()
    const app = appOf()
    app.get('/large', (c) => {
      c.var.session.data.note = large
      return c.body(new ReadableStream({ cancel }))
    })
    expect((await (await visitApp(app)).send('GET /large')).status).toBe(413)
    await vi.waitFor(() => expect(cancel).toHaveBeenCalledTimes(1))
  })

  it('is answered 401 if the session was ended meanwhile, and 503 if the store is down', async () => {
    const store = memorySessions()
    const sessions = managerOf(store)
    const app = addRoutes(appOf(sessions))
    app.get('/ended', async (c) => {
      c.var.session.data.visits += 1
      await sessions.endUserSessions('ann')
      return c.text('never')
    })
    const ann = await visitApp(app)
    await ann.send('POST /sign-in')
    expect((await ann.send('GET /ended')).status).toBe(401)
    vi.spyOn(store, 'create').mockRejectedValueOnce(unavailable())
    expect((await ann.send('POST /sign-in')).status).toBe(503)
  })

  it('is left to the handler that started it', async () => {
    const app = appOf()
    app.get('/large', async (c) => {
      c.var.session.data.note = large
      try {
        await c.var.session.commit()
        return c.text('stored')
      } catch (error) {
        return c.text('Too much.', sessionErrorStatus(error) ?? 500)
      }
    })
    const caught = await (await visitApp(app)).send('GET /large')
    expect([caught.status, await caught.text()]).toEqual([413, 'Too much.'])
  })
})

it('a session that cannot be opened is answered 503', async () => {
  const store = memorySessions()
  const app = addRoutes(appOf(managerOf(store)))
  const ann = await visitApp(app)
  await ann.send('POST /sign-in')
  vi.spyOn(store, 'read').mockRejectedValueOnce(unavailable())
  expect((await ann.send('GET /look')).status).toBe(503)
  expect(await ann.textOf('GET /look')).toBe('0')
})

it('a second middleware for sessions is an error', async () => {
  const app = appOf()
  app.use(honoSessions(managerOf()))
  app.onError((error, c) => c.text(error.message, 500))
  expect(await (await visitApp(app)).textOf('GET /look')).toContain('has a session already')
})
