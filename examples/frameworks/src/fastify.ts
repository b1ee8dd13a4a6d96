import type { Server } from 'node:http'
import { Readable } from 'node:stream'
import type { NodeSession } from '@bext/session-core/manager'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { fastify } from 'fastify'
import type { SessionData } from './sessions.js'
import { sessions, statusOf } from './sessions.js'
import { ticks } from './ticks.js'

const app = fastify()

/** Headers go by the reply: those that it has replace those of `reply.raw`, and a cookie of the app's the session's. */
function openSession({ raw }: FastifyRequest, reply: FastifyReply): Promise<NodeSession<SessionData>> {
  return sessions.openNode(raw, {
    get headersSent() {
      return reply.raw.headersSent
    },
    getHeader: (name) => reply.getHeader(name),
    setHeader: (name, value) => reply.removeHeader(name).header(name, value),
    removeHeader: (name) => reply.removeHeader(name),
  })
}

app.get('/', async (request, reply) => {
  const session = await openSession(request, reply)
  session.data.visits += 1
  const text = `Visit ${session.data.visits} of ${session.userId ?? 'a guest'}`
  await session.commit()
  return text
})

app.post<{ Querystring: { name: string } }>('/sign-in', async (request, reply) => {
  const session = await openSession(request, reply)
  session.signIn(request.query.name)
  await session.commit()
  reply.header('Set-Cookie', 'theme=dark')
  return 'Welcome'
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
  const first = `Visit ${session.data.visits}`
  await session.commit()
  return reply.send(Readable.from(ticks(first)))
})

app.get('/fail', async (request, reply) => {
  const session = await openSession(request, reply)
  session.data.visits += 100
  throw new Error('This page is broken.')
})

app.setErrorHandler(async (error, _request, reply) => reply.status(statusOf(error)).send('Something went wrong.'))

export async function createFastify(): Promise<Server> {
  await app.ready()
  return app.server
}
