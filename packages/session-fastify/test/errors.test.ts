import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import fastifyCompress from '@fastify/compress'
import { sessionErrorStatus } from '@bext/session-core/manager'
import { memorySessions } from '@bext/session-core/memory'
import type { FastifyInstance } from 'fastify'
import { describe, expect, it, vi } from 'vitest'
import { failing, managerOf, start } from './helpers.js'

const main = '__Host-session'
const fault = (): Error => Object.assign(new Error('broken'), { statusCode: 422 })

function addRoutes(app: FastifyInstance): void {
  app.get('/', async ({ session }) => `${session.data.visits} ${session.data.note ?? ''}`)
  app.post('/sign-in', async ({ session }) => {
    session.signIn('ann')
    return 'Welcome'
  })
  app.get('/throw', async ({ session }) => {
    session.data.visits += 1
    throw fault()
  })
  app.get('/send', ({ session }, reply) => {
    session.data.visits += 1
    reply.send(fault())
  })
  app.get('/refuse', async ({ session }, reply) => {
    session.data.visits += 1
    return reply.code(422).send('wrong')
  })
  app.get('/rotate', async ({ session }) => {
    session.rotate()
    await session.commit()
    throw fault()
  })
  app.get('/commit-twice', ({ session }, reply) => {
    session.rotate()
    void session.commit()
    session.commit().catch(() => undefined)
    reply.send('rotated')
  })
  app.get('/caught', async ({ session }, reply) => {
    session.data.note = 'x'.repeat(100_000)
    try {
      await session.commit()
      return 'stored'
    } catch (error) {
      return reply.code(sessionErrorStatus(error) ?? 500).send('Too much.')
    }
  })
  app.get('/large', async ({ session }, reply) => {
    session.data.note = 'x'.repeat(100_000)
    return reply.header('Content-Disposition', 'attachment').header('Cache-Control', 'public').send({ large: true })
  })
}

const manager = () => managerOf(memorySessions({ maxDataBytes: 5000 }))

describe.each<[string, (app: FastifyInstance) => void]>([
  ['the error handler of Fastify', () => undefined],
  [
    'an error handler of the app',
    (app) => {
      app.setErrorHandler(async (error: { statusCode?: number }, _request, reply) =>
        reply.code(sessionErrorStatus(error) ?? error.statusCode ?? 500).send('Sorry.'),
      )
    },
  ],
])('with %s', (_, setHandler) => {
  const open = () =>
    start(manager(), (app) => {
      setHandler(app)
      addRoutes(app)
    })

  it('a handler that fails stores nothing', async () => {
    const ann = await open()
    for (const path of ['/throw', '/send'] as const) {
      const failed = await ann.send(`GET ${path}`)
      expect([failed.status, failed.headers.getSetCookie()]).toEqual([422, []])
    }
    await ann.send('POST /sign-in')
    await ann.send('GET /throw')
    expect(await ann.textOf('GET /')).toBe('0 ')
  })

  it.each([
    ['Response.error()', async () => Response.error()],
    [
      'a Response that was already read',
      async () => {
        const read = new Response('read')
        await read.text()
        return read
      },
    ],
  ])('%s is not sent, and stores nothing', async (_name, answer) => {
    const ann = await start(manager(), (app) => {
      setHandler(app)
      app.get('/fail', async ({ session }) => {
        session.data.visits += 1
        return answer()
      })
    })
    const failed = await ann.send('GET /fail')
    expect([failed.status, failed.headers.getSetCookie()]).toEqual([500, []])
  })

  it('an answer with the status of an error is no error: its changes are stored', async () => {
    const ann = await open()
    expect((await ann.send('GET /refuse')).status).toBe(422)
    expect(await ann.textOf('GET /')).toBe('1 ')
  })

  it('an error after an explicit commit keeps its cookie', async () => {
    const ann = await open()
    await ann.send('POST /sign-in')
    const before = (await ann.cookies()).get(main)
    expect((await ann.send('GET /rotate')).status).toBe(422)
    const after = (await ann.cookies()).get(main)
    expect(after).toBeDefined()
    expect(after).not.toBe(before)
    expect(await ann.textOf('GET /')).toBe('0 ')
  })

  it('a second commit is refused, and the response has the cookie of the first', async () => {
    const ann = await open()
    await ann.send('POST /sign-in')
    expect((await ann.send('GET /commit-twice')).headers.getSetCookie()).toHaveLength(1)
    expect(await ann.textOf('GET /')).toBe('0 ')
  })

  it('a failed commit is an error page, without headers of the page that it replaces', async () => {
    const ann = await open()
    await ann.send('POST /sign-in')
    const failed = await ann.send('GET /large')
    const text = await failed.text()
    expect([failed.status, failed.headers.get('cache-control')]).toEqual([413, 'no-store'])
    expect(failed.headers.get('content-disposition')).toBeNull()
    expect(text).not.toContain('"large":true')
    expect(await ann.textOf('GET /')).toBe('0 ')
  })

  it('a handler may answer to its failed commit itself', async () => {
    const ann = await open()
    const caught = await ann.send('GET /caught')
    expect([caught.status, await caught.text()]).toEqual([413, 'Too much.'])
  })
})

it('a commit fails with 401 if the session was ended while the request ran, and with 503 if the store is down', async () => {
  const store = memorySessions()
  const sessions = managerOf(store)
  const routes = (app: FastifyInstance): void => {
    addRoutes(app)
    app.get('/ended', async ({ session }) => {
      session.data.visits += 1
      await sessions.endUserSessions('ann')
      return 'never sent'
    })
  }
  const ann = await start(sessions, routes)
  await ann.send('POST /sign-in')
  expect((await ann.send('GET /ended')).status).toBe(401)
  const down = await start(managerOf(failing(store, 'create')), routes)
  const failed = await down.send('POST /sign-in')
  expect([failed.status, failed.headers.getSetCookie()]).toEqual([503, []])
})

it.each(['gzip', 'identity'])(
  'a stream that is not sent is destroyed, and the page has no encoding of it (%s)',
  async (encoding) => {
    const stream = Readable.from(['never ', 'sent'])
    const ann = await start(manager(), async (app) => {
      await app.register(fastifyCompress, { threshold: 0 })
      app.get('/stream', async ({ session }, reply) => {
        session.data.note = 'x'.repeat(100_000)
        return reply.type('text/plain').send(stream)
      })
      app.setErrorHandler(async (error, _request, reply) => reply.code(sessionErrorStatus(error) ?? 500).send('Sorry.'))
    })
    const failed = await ann.send('GET /stream', { 'Accept-Encoding': encoding })
    expect([failed.status, await failed.text()]).toEqual([413, 'Sorry.'])
    expect(stream.destroyed).toBe(true)
  },
)

it('a file that is found to be missing while the commit runs is an error page, and the server goes on', async () => {
  const store = memorySessions()
  let file: Readable | undefined
  async function create(...[options]: Parameters<typeof store.create>) {
    await vi.waitFor(() => expect(file?.errored).toBeInstanceOf(Error))
    return store.create(options)
  }
  const ann = await start(managerOf({ ...store, create }), (app) => {
    app.get('/', async () => 'home')
    app.get('/file', async ({ session }, reply) => {
      session.data.visits += 1
      file = createReadStream('/missing')
      return reply.send(file)
    })
  })
  expect((await ann.send('GET /file')).status).toBe(500)
  expect(await ann.textOf('GET /')).toBe('home')
})

it.each<[string, (cancelled: () => void) => unknown]>([
  ['a stream of the web', (cancelled) => new ReadableStream({ cancel: cancelled })],
  ['a Response', (cancelled) => new Response(new ReadableStream({ cancel: cancelled }))],
])('%s that is not sent is cancelled', async (_, bodyOf) => {
  const cancelled = vi.fn<() => void>()
  const ann = await start(manager(), (app) => {
    app.get('/stream', async ({ session }, reply) => {
      session.data.note = 'x'.repeat(100_000)
      return reply.send(bodyOf(cancelled))
    })
  })
  expect((await ann.send('GET /stream')).status).toBe(413)
  expect(cancelled).toHaveBeenCalledTimes(1)
})
