import { createHash } from 'node:crypto'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { SessionError } from '@bext/session-core'
import { describe, expect, it, vi } from 'vitest'
import type { Client } from '../walk/client.js'
import { openCookieStore } from '../src/stores/cookie.js'
import { openMemoryStore } from '../src/stores/memory.js'
import type { DemoStore } from '../src/stores/store.js'
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

async function signInTwice(store: DemoStore): Promise<readonly [Client, Client]> {
  const url = await startApp(store)
  const [laptop, phone] = [await browse(url), await browse(url)]
  await laptop.post('/sign-in', { name: 'ada' })
  await phone.post('/sign-in', { name: 'ada' })
  return [laptop, phone]
}

describe('sessions of one user', () => {
  it('are listed, with a button for each but this one', async () => {
    const [laptop, phone] = await signInTwice(openMemoryStore())
    const handles: (string | undefined)[] = []
    for (const client of [laptop, phone]) {
      const { body } = await client.get('/store')
      expect(body.match(/<li /g)).toHaveLength(2)
      expect(body.match(/>This one</g)).toHaveLength(1)
      const found = Array.from(body.matchAll(/name="handle" value="([\w-]{43})"/g), ([, handle]) => handle)
      expect(found).toHaveLength(1)
      handles.push(...found)
    }
    expect(handles[0]).not.toBe(handles[1])
    await laptop.post('/end-session', { handle: handles[0] ?? '' })
    expect((await phone.get('/store')).body).toContain('Not signed in')
    const { body } = await laptop.get('/store')
    expect(body).toContain('Signed in as ada')
    expect(body).not.toContain('Sign out all others')
  })

  it('end but for this one', async () => {
    const [laptop, phone] = await signInTwice(openMemoryStore())
    await laptop.post('/sign-out-others')
    expect((await phone.get('/store')).body).toContain('Not signed in')
    expect((await laptop.get('/store')).body).toContain('Signed in as ada')
  })

  it('end everywhere', async () => {
    const [laptop, phone] = await signInTwice(openMemoryStore())
    await laptop.post('/sign-out-everywhere')
    expect(await laptop.cookie()).toBeUndefined()
    expect((await phone.get('/store')).body).toContain('Not signed in')
  })

  it("cannot be ended by another user's handle, nor by who is not signed in", async () => {
    const store = openMemoryStore()
    const url = await startApp(store)
    const [ada, grace, guest] = [await browse(url), await browse(url), await browse(url)]
    await ada.post('/sign-in', { name: 'ada' })
    await grace.post('/sign-in', { name: 'grace' })
    const { rows } = await store.look('ada')
    for (const client of [guest, grace]) {
      for (const path of ['/end-session', '/sign-out-others', '/sign-out-everywhere']) {
        expect((await client.post(path, { handle: rows[0]?.[0] ?? '' })).status).toBe(303)
      }
    }
    expect((await ada.get('/store')).body).toContain('Signed in as ada')
  })

  it('are not offered to be listed where the store cannot, and the page says so', async () => {
    const client = await browse(await startApp(openCookieStore()))
    await client.post('/sign-in', { name: 'ada' })
    const { body } = await client.get('/')
    expect(body).toContain('This store cannot list them')
    expect(body).not.toContain('Sign out everywhere')
    for (const path of ['/end-session', '/sign-out-others', '/sign-out-everywhere']) {
      expect((await client.post(path)).status).toBe(404)
    }
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

  it('may run no script, load nothing, and be kept nowhere', async () => {
    const response = await fetch(`${await startApp(openMemoryStore())}/store`)
    const body = await response.text()
    const style = /<style>([^]*)<\/style>/.exec(body)?.[1] ?? ''
    const hash = createHash('sha256').update(style).digest('base64')
    const policy = `default-src 'none'; style-src 'sha256-${hash}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`
    expect(response.headers.get('content-security-policy')).toBe(policy)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(body).not.toMatch(/<script|<link|<img|url\(| style=/)
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
