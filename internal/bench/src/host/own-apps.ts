import type { RequestListener } from 'node:http'
import type { SessionPlugin } from '@bext/session-core'
import { createSessionManager, type NodeSession, type SessionManager } from '@bext/session-core/manager'
import { expressSessions } from '@bext/session-express/middleware'
import { fastifySessions } from '@bext/session-fastify'
import { honoSessions, type SessionEnv } from '@bext/session-hono'
import { getRequestListener } from '@hono/node-server'
import express, { type Request, type RequestHandler } from 'express'
import { fastify } from 'fastify'
import { Hono } from 'hono'
import { filler, ttlMs, type AppData } from './host-server.js'

declare module '@bext/session-fastify' {
  interface SessionData extends AppData {}
}

const managerOf = (store: SessionPlugin): SessionManager<AppData> =>
  createSessionManager({ store, initialData: () => ({ visits: 0, filler }), idleTimeoutMs: ttlMs })

// In this program, express-session declares the type of `request.session`.
const sessionOf = (request: Request): NodeSession<AppData> =>
  Reflect.get(request, 'session') as unknown as NodeSession<AppData>

/** Opens the app in Express, with the middleware. */
export async function ownExpressApp(store: SessionPlugin): Promise<RequestListener> {
  const app = express()
  app.use(expressSessions(managerOf(store)) as unknown as RequestHandler)

  app.get('/unchanged', (request, response) => {
    response.send(String(sessionOf(request).data.visits))
  })
  app.get('/changed', (request, response) => {
    const { data } = sessionOf(request)
    data.visits += 1
    response.send(String(data.visits))
  })
  app.get('/sign-in', (request, response) => {
    sessionOf(request).signIn('user')
    response.send('0')
  })
  app.get('/sign-out', (request, response) => {
    sessionOf(request).signOut()
    response.send('0')
  })
  return app
}

/** Opens the app in Fastify, with the plugin. */
export async function ownFastifyApp(store: SessionPlugin): Promise<RequestListener> {
  const app = fastify()
  await app.register(fastifySessions, { sessions: managerOf(store) })

  app.get('/unchanged', async ({ session }) => String(session.data.visits))
  app.get('/changed', async ({ session }) => {
    session.data.visits += 1
    return String(session.data.visits)
  })
  app.get('/sign-in', async ({ session }) => {
    session.signIn('user')
    return '0'
  })
  app.get('/sign-out', async ({ session }) => {
    session.signOut()
    return '0'
  })
  await app.ready()
  return (request, response) => app.routing(request, response)
}

/** Opens the app in Hono, with the middleware. */
export async function ownHonoApp(store: SessionPlugin): Promise<RequestListener> {
  const app = new Hono<SessionEnv<AppData>>()
  app.use(honoSessions(managerOf(store)))

  app.get('/unchanged', (c) => c.text(String(c.var.session.data.visits)))
  app.get('/changed', (c) => {
    c.var.session.data.visits += 1
    return c.text(String(c.var.session.data.visits))
  })
  app.get('/sign-in', (c) => {
    c.var.session.signIn('user')
    return c.text('0')
  })
  app.get('/sign-out', (c) => {
    c.var.session.signOut()
    return c.text('0')
  })
  const listener = getRequestListener(app.fetch)
  return (request, response) => void listener(request, response)
}
