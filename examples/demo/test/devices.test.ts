import type { MemorySessions } from '@bext/session-core/memory'
import { describe, expect, it } from 'vitest'
import { deviceName } from '../src/device-name.js'
import { formatAge } from '../src/format-time.js'
import { openCookieStore } from '../src/stores/cookie.js'
import { openMemoryStore } from '../src/stores/memory.js'
import { androidChrome, firefox } from '../walk/user-agents.js'
import { browse, signInTwice, startApp } from './support.js'

const ofOthers = ['/end-session', '/sign-out-others', '/sign-out-everywhere']

describe('the devices page', () => {
  it('names each device, marks its own, and has a button for each', async () => {
    const [laptop, phone] = await signInTwice(openMemoryStore())
    const handles: (string | undefined)[] = []
    for (const [client, own, other] of [
      [laptop, firefox, androidChrome],
      [phone, androidChrome, firefox],
    ] as const) {
      const { body } = await client.get('/devices')
      const [, first = '', second = '', ...more] = body.split('<li ')
      expect(more).toEqual([])
      expect(first).toContain(`>${own.name}</b>`)
      expect(first).toContain('>This device<')
      expect(first).toContain('In use now')
      expect(first).toMatch(/action="\/sign-out"><button>Sign out</)
      expect(second).toContain(`>${other.name}</b>`)
      expect(second).not.toContain('>This device<')
      expect(second).toContain('>just now<')
      expect(second).toMatch(
        /Signed in <time datetime="[^"]+">[^<]+<\/time> from (127\.0\.0\.1|::1|::ffff:127\.0\.0\.1)\s/,
      )
      handles.push(/name="handle" value="([\w-]{43})"/.exec(second)?.[1])
      expect(body).not.toContain('Bound to')
    }
    expect(handles[0]).not.toBe(handles[1])
    expect((await laptop.post('/end-session', { handle: handles[0] ?? '' })).status).toBe(303)
    expect((await phone.get('/devices')).body).toContain('Sign in</a> first')
    const { body } = await laptop.get('/devices')
    expect(body).toContain('Signed in as ada')
    expect(body).not.toContain('Sign out all others')
  })

  it('says when a device was last used', async () => {
    const store = openMemoryStore()
    const [laptop] = await signInTwice(store)
    const records = store.plugin as MemorySessions
    const agoMs = 5 * 60_000
    // As if nothing had been used for five minutes.
    const plugin: MemorySessions = {
      ...records,
      async listUserRecords(userId) {
        const listed = await records.listUserRecords(userId)
        return listed.map((one) => ({
          ...one,
          createdAtMs: one.createdAtMs - agoMs,
          expiresAtMs: one.expiresAtMs - agoMs,
        }))
      },
    }
    const url = await startApp({ ...store, plugin })
    const client = await browse(url, { cookie: await laptop.cookie() })
    expect((await client.get('/devices')).body).toContain('>5 minutes ago<')
  })

  it('escapes what a browser calls itself', async () => {
    const url = await startApp(openMemoryStore())
    const client = await browse(url, { userAgent: '<b>Mallory</b>/1 (<i>; x)' })
    await client.post('/sign-in', { name: 'ada' })
    expect((await client.get('/devices')).body).not.toMatch(/<b>Mallory|<i>/)
  })

  it('asks a guest to sign in', async () => {
    const client = await browse(await startApp(openMemoryStore()))
    expect((await client.get('/devices')).body).toContain('<a href="/">Sign in</a> first')
  })

  it('says that the store cannot list sessions, and has no paths to end others', async () => {
    const client = await browse(await startApp(openCookieStore()))
    await client.post('/sign-in', { name: 'ada' })
    const { body } = await client.get('/devices')
    expect(body).toContain('This store cannot list them')
    expect(body).not.toContain('Sign out everywhere')
    for (const path of ofOthers) expect((await client.post(path)).status).toBe(404)
  })
})

describe('sessions of one user', () => {
  it('end except for this one', async () => {
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
      for (const path of ofOthers) {
        expect((await client.post(path, { handle: rows[0]?.[0] ?? '' })).status).toBe(303)
      }
    }
    expect((await ada.get('/store')).body).toContain('Signed in as ada')
  })
})

it.each([
  [firefox.header, firefox.name],
  [androidChrome.header, androidChrome.name],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1',
    'Safari 26 on iOS',
  ],
  ['', 'Unknown browser'],
  ['node', 'Unknown browser'],
])('the browser "%s" is %s', (header, name) => {
  expect(deviceName(header)).toBe(name)
})

it.each([
  [-5000, 'just now'],
  [59_999, 'just now'],
  [60_000, '1 minute ago'],
  [3_599_999, '59 minutes ago'],
  [7_200_000, '2 hours ago'],
])('an age of %i ms is %s', (ageMs, text) => {
  expect(formatAge(1_000_000_000, 1_000_000_000 + ageMs)).toBe(text)
})
