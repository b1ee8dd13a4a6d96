import fastifyCompress from '@fastify/compress'
import fastifyCookie from '@fastify/cookie'
import fastifyEtag from '@fastify/etag'
import { fastifySessions } from '@bext/session-fastify'
import { fastify, type FastifyInstance } from 'fastify'
import { describe, expect, it } from 'vitest'
import { managerOf, visitApp } from './helpers.js'

const main = '__Host-session'

async function addPlugins(app: FastifyInstance): Promise<void> {
  await app.register(fastifyCookie)
  await app.register(fastifyCompress, { threshold: 0 })
  await app.register(fastifyEtag)
}

/** Adds an app that sets a cookie and cache headers, early and late. */
function addRoutes(app: FastifyInstance): void {
  app.addHook('onRequest', async (_request, reply) => {
    reply.setCookie('early', 'yes').header('CDN-Cache-Control', 'max-age=60')
  })
  app.addHook('onSend', async (_request, reply) => {
    reply.setCookie('late', 'yes').header('Cache-Control', 'public, max-age=60')
  })
  app.get('/', async ({ session }) => {
    session.data.visits += 1
    return { visits: session.data.visits, padding: 'x'.repeat(500) }
  })
  app.get('/page', async () => 'The same page. '.repeat(20))
  app.post('/sign-in', async ({ session }) => {
    session.signIn('ann')
    return 'Welcome'
  })
  app.get('/rotate', async ({ session }) => {
    session.rotate()
    return 'The same page. '.repeat(20)
  })
}

describe.each(['before', 'after'])('with @fastify/cookie, compress and etag registered %s the plugin', (place) => {
  async function open() {
    const app = fastify()
    if (place === 'before') await addPlugins(app)
    await app.register(fastifySessions, { sessions: managerOf() })
    if (place === 'after') await addPlugins(app)
    addRoutes(app)
    return visitApp(app)
  }

  it.each(['gzip', 'br', 'identity'])(
    'a response in %s keeps all cookies, and is kept out of caches',
    async (encoding) => {
      const ann = await open()
      const first = await ann.send('GET /', { 'Accept-Encoding': encoding })
      expect(await first.json()).toMatchObject({ visits: 1 })
      expect(first.headers.get('cache-control')).toBe('no-store')
      expect(first.headers.get('cdn-cache-control')).toBeNull()
      expect([...(await ann.cookies()).keys()].toSorted()).toEqual(['__Host-session-guest', 'early', 'late'])
      const second = await ann.send('GET /')
      expect(second.headers.get('cache-control')).toBe('public, max-age=60')
    },
  )

  it('a response 304 keeps the cookie of a rotation', async () => {
    const ann = await open()
    await ann.send('POST /sign-in')
    const before = (await ann.cookies()).get(main)
    const page = await ann.send('GET /page', { 'Accept-Encoding': 'identity' })
    const etag = page.headers.get('etag') ?? ''
    expect((await ann.send('GET /page', { 'If-None-Match': etag, 'Accept-Encoding': 'identity' })).status).toBe(304)
    const rotated = await ann.send('GET /rotate', { 'If-None-Match': etag, 'Accept-Encoding': 'identity' })
    expect([rotated.status, rotated.headers.get('cache-control')]).toEqual([304, 'no-store'])
    expect((await ann.cookies()).get(main)).not.toBe(before)
    expect(await (await ann.send('GET /')).json()).toMatchObject({ visits: 1 })
  })
})
