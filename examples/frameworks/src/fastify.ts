import type { Server } from 'node:http'
import { Readable } from 'node:stream'
import { sessionErrorStatus } from '@bext/session-core/manager'
import { fastifySessions } from '@bext/session-fastify'
import type { FastifyInstance } from 'fastify'
import { fastify } from 'fastify'
import type { SessionData as AppData } from './sessions.js'
import { sessions } from './sessions.js'
import { ticks } from './ticks.js'

declare module '@bext/session-fastify' {
  interface SessionData extends AppData {}
}

/** Adds the app to an instance, which may have plugins. */
export async function addRoutes(app: FastifyInstance): Promise<void> {
  await app.register(fastifySessions, { sessions })

  app.get('/', async ({ session }) => {
    session.data.visits += 1
    return `Visit ${session.data.visits} of ${session.userId ?? 'a guest'}`
  })

  app.post<{ Querystring: { name: string } }>('/sign-in', async ({ session, query }, reply) => {
    session.signIn(query.name)
    reply.header('Set-Cookie', 'theme=dark')
    return 'Welcome'
  })

  app.post<{ Querystring: { text: string } }>('/note', async ({ session, query }, reply) => {
    session.data.note = query.text
    return reply.redirect('/', 303)
  })

  app.post('/sign-out', async ({ session }) => {
    session.signOut()
    return 'Goodbye'
  })

  app.get('/stream', async ({ session }, reply) => {
    session.data.visits += 1
    return reply.send(Readable.from(ticks(`Visit ${session.data.visits}`)))
  })

  app.get('/fail', async ({ session }) => {
    session.data.visits += 100
    throw new Error('This page is broken.')
  })

  app.post('/fail-late', async ({ session }) => {
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
  await addRoutes(app)
  await app.ready()
  return app.server
}
