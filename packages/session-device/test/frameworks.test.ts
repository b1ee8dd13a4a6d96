import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { serve } from '@bext-internal/test-services/visitor'
import type { Session } from '@bext/session-core/manager'
import { deviceNode } from '@bext/session-device'
import { expressSessions } from '@bext/session-express/middleware'
import { fastifySessions } from '@bext/session-fastify'
import { honoSessions, type SessionEnv } from '@bext/session-hono'
import { getRequestListener } from '@hono/node-server'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { createBrowser } from './browser.js'
import { afterRegistrationMs, createApp, type Data, me, type Sessions, signIn } from './app.js'
import { advance } from './helpers.js'

function show({ userId, device, data }: Session<Data>): object {
  return { userId, device, visits: data.visits }
}

function sessionOf(request: object): Session<Data> {
  return (request as { session: Session<Data> }).session
}

function expressApp(sessions: Sessions): Server {
  const app = express()
  app.use(deviceNode(sessions))
  app.use(expressSessions(sessions))
  app.get('/', (request, response) => void response.json(show(sessionOf(request))))
  app.post('/sign-in', (request, response) => {
    sessionOf(request).signIn('ann')
    response.redirect(303, '/')
  })
  return createServer(app)
}

async function fastifyApp(sessions: Sessions): Promise<Server> {
  const app = fastify()
  const endpoints = deviceNode(sessions)
  app.addHook('onRequest', (request, reply, next) => endpoints(request.raw, reply.raw, next))
  await app.register(fastifySessions, { sessions })
  app.get('/', (request, reply) => reply.send(show(sessionOf(request))))
  app.post('/sign-in', async (request, reply) => {
    sessionOf(request).signIn('ann')
    return reply.redirect('/', 303)
  })
  await app.ready()
  return app.server
}

function honoApp(sessions: Sessions): Server {
  const app = new Hono<SessionEnv<Data>>()
  app.use(async (c, next) => (await sessions.handleDevice(c.req.raw)) ?? next())
  app.use(honoSessions(sessions))
  app.get('/', (c) => c.json(show(c.var.session)))
  app.post('/sign-in', (c) => {
    c.var.session.signIn('ann')
    return c.redirect('/', 303)
  })
  const listener = getRequestListener(app.fetch)
  return createServer((request, response) => void listener(request, response))
}

function nodeApp(sessions: Sessions): Server {
  const endpoints = deviceNode(sessions)

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const session = await sessions.openNode(request, response)
    if (request.url === '/sign-in') session.signIn('ann')
    await session.commit()
    response.end(JSON.stringify(show(session)))
  }

  return createServer((request, response) => {
    endpoints(request, response, () => void answer(request, response))
  })
}

const apps = { express: expressApp, fastify: fastifyApp, hono: honoApp, 'node:http': nodeApp }

test.each(Object.keys(apps) as (keyof typeof apps)[])(
  '%s: registration, refresh, and the reason of a browser',
  async (name) => {
    const { sessions } = createApp()
    const url = await serve(apps[name](sessions))
    const browser = createBrowser((request) => {
      const { pathname } = new URL(request.url)
      return fetch(url + pathname, { method: request.method, headers: request.headers, redirect: 'manual' })
    })
    await signIn(browser)
    expect(await me(browser)).toEqual({ userId: 'ann', device: 'bound', visits: 0 })
    browser.dropBoundCookie()
    expect(await me(browser)).toEqual({ userId: 'ann', device: 'bound', visits: 0 })
    expect(browser.events).toEqual(['registered', 'refreshed'])
    advance(afterRegistrationMs)
    const headers = {
      cookie: `__Host-session=${browser.cookies.get('__Host-session')?.value}`,
      'secure-session-skipped': 'quota_exceeded',
    }
    expect(await (await fetch(url, { headers })).json()).toEqual({ device: 'skipped:quota_exceeded', visits: 0 })
  },
)
