import fastifyCookie from '@fastify/cookie'
import fastifySession from '@fastify/session'
import type { Store } from 'express-session'
import { fastify, type FastifyInstance, type FastifyRequest } from 'fastify'

/** Data of @fastify/session, whose type of `request.session` cannot be declared beside ours. */
const dataOf = ({ session }: FastifyRequest) => session as unknown as { userId?: string; visits?: number }

/** Creates the old app, with @fastify/session. */
export async function oldFastifyApp(store: Store, secret: string, cookiePrefix = ''): Promise<FastifyInstance> {
  const app = fastify()
  await app.register(fastifyCookie)
  await app.register(fastifySession, {
    store: store as fastifySession.SessionStore,
    secret,
    cookiePrefix,
    saveUninitialized: false,
    cookie: { secure: false },
  })

  app.get('/', async (request) => {
    const data = dataOf(request)
    data.visits = (data.visits ?? 0) + 1
    return `Visit ${data.visits} of ${data.userId ?? 'a guest'}`
  })

  app.post<{ Querystring: { name: string } }>('/sign-in', async (request) => {
    dataOf(request).userId = request.query.name
    return 'Welcome'
  })

  return app
}
