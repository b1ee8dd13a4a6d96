import type { Server } from 'node:http'
import { createServer } from 'node:http'
import fastifyCompress from '@fastify/compress'
import fastifyCookie from '@fastify/cookie'
import compression from 'compression'
import express from 'express'
import { fastify } from 'fastify'
import helmet from 'helmet'
import { Hono } from 'hono'
import { compress } from 'hono/compress'
import { setCookie } from 'hono/cookie'
import { cors } from 'hono/cors'
import { etag, RETAINED_304_HEADERS } from 'hono/etag'
import { describe, expect, it } from 'vitest'
import { app as expressApp } from '../src/express.js'
import { addRoutes } from '../src/fastify.js'
import { app as honoApp, createHono } from '../src/hono.js'
import { createKoa } from '../src/koa.js'
import { serve, visit } from '@bext-internal/test-services/visitor'

const forCdns = [
  'CDN-Cache-Control',
  'Cloudflare-CDN-Cache-Control',
  'Netlify-CDN-Cache-Control',
  'Surrogate-Control',
  'Vercel-CDN-Cache-Control',
  'X-Accel-Expires',
]

/** Cache headers that a middleware of the app sets on all pages. */
const cached = [['Cache-Control', 'public, max-age=60'], ...forCdns.map((name) => [name, '60'])] as [string, string][]

function createExpress(): Server {
  const outer = express()
  outer.use(compression({ threshold: 0 }), helmet())
  outer.use((_request, response, next) => {
    response.cookie('seen', 'yes')
    for (const [name, value] of cached) response.setHeader(name, value)
    next()
  })
  outer.use(expressApp)
  return createServer(outer)
}

function createKoaBesideOthers(): Server {
  return createKoa(async (ctx, next) => {
    ctx.cookies.set('seen', 'yes')
    for (const [name, value] of cached) ctx.set(name, value)
    await next()
  })
}

async function createFastify(): Promise<Server> {
  const app = fastify()
  await app.register(fastifyCookie)
  await app.register(fastifyCompress, { threshold: 0 })
  app.addHook('onRequest', async (_request, reply) => {
    reply.setCookie('seen', 'yes')
    for (const [name, value] of cached) reply.header(name, value)
  })
  await addRoutes(app)
  await app.ready()
  return app.server
}

function createHonoBesideOthers(): Server {
  const outer = new Hono()
  outer.use(cors({ origin: 'https://example.com', credentials: true }))
  outer.use(etag({ retainedHeaders: ['Set-Cookie', ...RETAINED_304_HEADERS] }))
  outer.use(compress({ threshold: 0 }))
  outer.use(async (c, next) => {
    setCookie(c, 'seen', 'yes')
    for (const [name, value] of cached) c.header(name, value)
    await next()
  })
  outer.route('/', honoApp)
  return createHono(outer)
}

describe.each<[string, () => Server | Promise<Server>]>([
  ['Express, with compression, helmet and an error handler', createExpress],
  ['Koa, with a middleware that sets headers', createKoaBesideOthers],
  ['Fastify, with @fastify/compress and @fastify/cookie', createFastify],
  ['Hono, with cors, etag and compress', createHonoBesideOthers],
])('a session in %s', (_, create) => {
  it('keeps its cookie and those of the app, and keeps the response out of caches', async () => {
    const ann = visit(await serve(create()))
    const first = await ann.send('GET /', { 'Accept-Encoding': 'gzip', Origin: 'https://example.com' })
    expect(await first.text()).toBe('Visit 1 of a guest')
    expect(first.headers.get('cache-control')).toBe('no-store')
    expect(forCdns.filter((name) => first.headers.has(name))).toEqual([])
    expect([...(await ann.cookies()).keys()].toSorted()).toEqual(['__Host-session-guest', 'seen'])

    const second = await ann.send('GET /')
    expect(await second.text()).toBe('Visit 2 of a guest')
    expect(second.headers.get('cache-control')).toBe('public, max-age=60')

    await ann.send('POST /sign-in?name=ann')
    expect([...(await ann.cookies()).keys()].toSorted()).toEqual(['__Host-session', 'seen', 'theme'])
    expect(await ann.textOf('GET /')).toBe('Visit 3 of ann')
  })

  it('keeps its cookie on an error page, on a redirect, and in a streaming response', async () => {
    const ann = visit(await serve(create()))
    await ann.send('POST /sign-in?name=ann')
    const before = (await ann.cookies()).get('__Host-session')
    const failed = await ann.send('POST /fail-late')
    expect([failed.status, await failed.text()]).toEqual([500, 'Something went wrong.'])
    expect((await ann.cookies()).get('__Host-session')).not.toBe(before)
    expect((await ann.send('POST /note?text=tea')).status).toBe(303)
    expect(await ann.textOf('GET /stream')).toBe('Visit 1\ntick\ntock\n')
    expect(await ann.textOf('GET /')).toBe('Visit 2 of ann')

    const bob = visit(await serve(create()))
    expect((await bob.send('POST /note?text=tea')).headers.getSetCookie()).toHaveLength(2)
    expect(await bob.textOf('GET /stream')).toBe('Visit 1\ntick\ntock\n')
    expect(await bob.textOf('GET /')).toBe('Visit 2 of a guest')
  })
})
