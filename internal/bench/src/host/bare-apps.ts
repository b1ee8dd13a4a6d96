import type { RequestListener } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import express from 'express'
import { fastify } from 'fastify'
import { Hono } from 'hono'

/** Counters in this process, by `Cookie` header. */
function createCounters() {
  const visits = new Map<string, number>()
  return {
    read: (cookie = ''): string => String(visits.get(cookie)),
    increment(cookie = ''): string {
      visits.set(cookie, (visits.get(cookie) ?? 0) + 1)
      return String(visits.get(cookie))
    },
    create(): string {
      const cookie = `visitor=${visits.size}`
      visits.set(cookie, 0)
      return cookie
    },
  }
}

/** Opens the app in Express, without a store. It shows the cost of the framework itself. */
export async function bareExpressApp(): Promise<RequestListener> {
  const counters = createCounters()
  const app = express()
  app.get('/unchanged', ({ headers }, response) => {
    response.send(counters.read(headers.cookie))
  })
  app.get('/changed', ({ headers }, response) => {
    response.send(counters.increment(headers.cookie))
  })
  app.get('/sign-in', (_request, response) => {
    response.setHeader('set-cookie', counters.create())
    response.send('0')
  })
  app.get('/sign-out', (_request, response) => {
    response.send('0')
  })
  return app
}

/** Opens the app in Fastify, without a store. */
export async function bareFastifyApp(): Promise<RequestListener> {
  const counters = createCounters()
  const app = fastify()
  app.get('/unchanged', async ({ headers }) => counters.read(headers.cookie))
  app.get('/changed', async ({ headers }) => counters.increment(headers.cookie))
  app.get('/sign-in', async (_request, reply) => reply.header('set-cookie', counters.create()).send('0'))
  app.get('/sign-out', async () => '0')
  await app.ready()
  return (request, response) => app.routing(request, response)
}

/** Opens the app in Hono, without a store. */
export async function bareHonoApp(): Promise<RequestListener> {
  const counters = createCounters()
  const app = new Hono()
  app.get('/unchanged', (c) => c.text(counters.read(c.req.header('cookie'))))
  app.get('/changed', (c) => c.text(counters.increment(c.req.header('cookie'))))
  app.get('/sign-in', (c) => c.text('0', 200, { 'set-cookie': counters.create() }))
  app.get('/sign-out', (c) => c.text('0'))
  const listener = getRequestListener(app.fetch)
  return (request, response) => void listener(request, response)
}
