import type { Server } from 'node:http'
import { Readable } from 'node:stream'
import type { NodeSession } from '@bext/session-core/manager'
import { sessionErrorStatus } from '@bext/session-core/manager'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { fastify } from 'fastify'
import type { SessionData } from './sessions.js'
import { sessions } from './sessions.js'
import { ticks } from './ticks.js'

/** Sets headers on the reply, because they overwrite those of `reply.raw`: a cookie of the app would replace the session's. */
function openSession({ raw }: FastifyRequest, reply: FastifyReply): Promise<NodeSession<SessionData>> {
  return sessions.openNode(raw, {
    get headersSent() {
      return reply.raw.headersSent
    },
    getHeader: (name) => reply.getHeader(name),
    setHeader: (name, value) => reply.removeHeader(name).header(name, value),
    removeHeader: (name) => reply.removeHeader(name),
    get statusCode() {
      return reply.statusCode
    },
    once: (event, listener) => reply.raw.once(event, listener),
  })
}

/** Adds the app to an instance, which may have plugins. */
export function addRoutes(app: FastifyInstance): void {
  app.get('/', async (request, reply) => {
    const session = await openSession(request, reply)
    session.data.visits += 1
    await session.commit()
    return `Visit ${session.data.visits} of ${session.userId ?? 'a guest'}`
  })

  app.post<{ Querystring: { name: string } }>('/sign-in', async (request, reply) => {
    const session = await openSession(request, reply)
    session.signIn(request.query.name)
    await session.commit()
    reply.header('Set-Cookie', 'theme=dark')
    return 'Welcome'
  })

  app.post<{ Querystring: { text: string } }>('/note', async (request, reply) => {
    const session = await openSession(request, reply)
    session.data.note = request.query.text
    await session.commit()
    return reply.redirect('/', 303)
  })

  app.post('/sign-out', async (request, reply) => {
    const session = await openSession(request, reply)
    session.signOut()
    await session.commit()
    return 'Goodbye'
  })

  app.get('/stream', async (request, reply) => {
    const session = await openSession(request, reply)
    session.data.visits += 1
    await session.commit()
    return reply.send(Readable.from(ticks(`Visit ${session.data.visits}`)))
  })

  app.get('/fail', async (request, reply) => {
    const session = await openSession(request, reply)
    session.data.visits += 100
    throw new Error('This page is broken.')
  })

  app.post('/fail-late', async (request, reply) => {
    const session = await openSession(request, reply)
    session.rotate()
    await session.commit()
    throw new Error('This page is broken.')
  })

  app.setErrorHandler(async (error, _request, reply) =>
    reply.status(sessionErrorStatus(error) ?? 500).send('Something went wrong.'),
  )
}

export async function createFastify(): Promise<Server> {
  const app = fastify()
  addRoutes(app)
  await app.ready()
  return app.server
}
