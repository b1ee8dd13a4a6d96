import { createHash } from 'node:crypto'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { SessionError } from '@bext/session-core'
import { describe, expect, it, vi } from 'vitest'
import { openCookieStore } from '../src/stores/cookie.js'
import { openMemoryStore } from '../src/stores/memory.js'
import { browse, startApp } from './support.js'

const stores = { memory: openMemoryStore, cookie: openCookieStore }

describe.each(Object.entries(stores))('the app on the %s store', (name, open) => {
  it('counts visits, and says where sessions are kept', async () => {
    const client = await browse(await startApp(open()))
    expect((await client.get('/')).body).toContain('<output id="visits">1</output>')
    const { body } = await client.get('/')
    expect(body).toContain('<output id="visits">2</output>')
    expect(body).toContain(`<b id="store">${name}</b>`)
    expect((await client.get('/store')).body).toContain('<output id="visits">2</output>')
  })

  it('sets no cookie for a visitor whose session is untouched', async () => {
    const client = await browse(await startApp(open()))
    const reply = await client.get('/store')
    expect(reply.status).toBe(200)
    expect(reply.cookies).toEqual([])
  })

  it('signs in and out', async () => {
    const client = await browse(await startApp(open()))
    expect((await client.post('/sign-in', { name: ' Ada ' })).status).toBe(303)
    expect((await client.get('/')).body).toContain('Signed in as Ada<')
    expect((await client.post('/sign-out')).status).toBe(303)
    expect(await client.cookie()).toBeUndefined()
    expect((await client.get('/')).body).toContain('Not signed in')
  })

  it('escapes what users write', async () => {
    const client = await browse(await startApp(open()))
    await client.post('/sign-in', { name: `<script>"&'` })
    expect((await client.get('/')).body).toContain('Signed in as &lt;script&gt;&quot;&amp;&#39;<')
  })

  it.each(['', '  ', 'x'.repeat(65)])('refuses the name "%s"', async (userName) => {
    const client = await browse(await startApp(open()))
    expect((await client.post('/sign-in', { name: userName })).status).toBe(400)
    expect((await client.post('/sign-in')).status).toBe(400)
    expect(await client.cookie()).toBeUndefined()
  })

  it.each(['http://elsewhere.example', 'http://localhost', 'null'])('refuses forms from %s', async (origin) => {
    const client = await browse(await startApp(open()))
    await client.post('/sign-in', { name: 'ada' })
    expect((await client.post('/sign-out', {}, origin)).status).toBe(403)
    expect((await client.get('/')).body).toContain('Signed in as ada')
  })

  it('refuses a form that states no origin', async () => {
    const url = await startApp(open())
    expect((await fetch(`${url}/sign-in`, { method: 'POST', body: 'name=ada' })).status).toBe(403)
  })

  it('refuses what is too large, unknown, or not how an address is used', async () => {
    const url = await startApp(open())
    const client = await browse(url)
    expect((await client.post('/sign-in', { name: 'x'.repeat(100_000) })).status).toBe(413)
    expect((await client.get('/nowhere')).status).toBe(404)
    expect((await client.get('/sign-out')).status).toBe(405)
    expect((await client.post('/')).status).toBe(405)
  })

  it('answers a request target that is no path', async () => {
    const { port } = new URL(await startApp(open()))
    const socket = connect(Number(port), 'localhost')
    socket.end('GET // HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 404 /)
  })
})

describe('the page', () => {
  it('marks the hash of the id in what the store holds, and never shows the id', async () => {
    const client = await browse(await startApp(openMemoryStore()))
    await client.post('/sign-in', { name: 'ada' })
    const { body } = await client.get('/')
    const id = (await client.cookie())?.value ?? ''
    expect(body).toContain(`<mark>${createHash('sha256').update(id).digest('base64url')}</mark>`)
    expect(body).not.toContain(id)
  })

  it('loads nothing, is kept nowhere, and may run one script, which only signed-in users get', async () => {
    const url = await startApp(openMemoryStore())
    const response = await fetch(`${url}/store`)
    const body = await response.text()
    expect(body).not.toMatch(/<script|<link|<img|url\(| style=/)
    const client = await browse(url)
    await client.post('/sign-in', { name: 'ada' })
    const page = (await client.get('/store')).body
    const [style, script] = ['style', 'script'].map((tag) => {
      const source = new RegExp(`<${tag}>([^]*)</${tag}>`).exec(page)?.[1] ?? ''
      return `${tag}-src 'sha256-${createHash('sha256').update(source).digest('base64')}'`
    })
    const rest = "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    expect(response.headers.get('content-security-policy')).toBe(`default-src 'none'; ${style}; ${script}; ${rest}`)
    expect(response.headers.get('cache-control')).toBe('no-store')
  })
})

it('answers 503, and signs nobody out, while the store is down (E4)', async () => {
  const store = openMemoryStore()
  let isDown = false
  const plugin = new Proxy(store.plugin, {
    get(target, key): unknown {
      if (!isDown || key !== 'read') return Reflect.get(target, key)
      return () => Promise.reject(new SessionError('unavailable', 'The backend cannot be reached.'))
    },
  })
  const client = await browse(await startApp({ ...store, plugin }))
  await client.post('/sign-in', { name: 'ada' })
  const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
  isDown = true
  const reply = await client.get('/')
  isDown = false
  expect(logged).toHaveBeenCalledOnce()
  logged.mockRestore()
  expect(reply.status).toBe(503)
  expect(reply.cookies).toEqual([])
  expect((await client.get('/')).body).toContain('Signed in as ada')
})

it('answers 409, and says so, if another device changed the session at the same moment', async () => {
  const store = openMemoryStore()
  const plugin = { ...store.plugin, updateIfUnchanged: async () => ({ outcome: 'changed' }) }
  const client = await browse(await startApp({ ...store, plugin }))
  await client.get('/')
  const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
  const reply = await client.get('/')
  logged.mockRestore()
  expect(reply.status).toBe(409)
  expect(reply.body).toContain('changed from another device at the same moment')
})
