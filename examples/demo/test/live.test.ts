import { once } from 'node:events'
import { SessionError } from '@bext/session-core'
import { expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { createApp } from '../src/app.js'
import { startServer } from '../src/server.js'
import { watchIntervalMs } from '../src/sessions.js'
import { openCookieStore } from '../src/stores/cookie.js'
import { openMemoryStore } from '../src/stores/memory.js'
import { browse, signInTwice, startApp } from './support.js'

it('the socket closes within the stated time after a sign-out in another browser, and no other socket', async () => {
  const [laptop, phone] = await signInTwice(openMemoryStore())
  const [here, there] = [await laptop.live(), await phone.live()]
  const closed = once(there, 'close')
  await laptop.post('/sign-out-others')
  const sinceMs = performance.now()
  expect((await closed)[0]).toBe(4401)
  // A second for a machine that is busy.
  expect(performance.now() - sinceMs).toBeLessThan(watchIntervalMs + 1000)
  expect(here.readyState).toBe(here.OPEN)
  here.terminate()
})

it('a sealed cookie has a socket, too', async () => {
  const client = await browse(await startApp(openCookieStore()))
  await client.post('/sign-in', { name: 'ada' })
  const socket = await client.live()
  socket.terminate()
})

it('refuses guests, other sites, other paths, and everybody while the store is down', async () => {
  const store = openMemoryStore()
  const url = await startApp(store)
  const [client, guest] = [await browse(url), await browse(url)]
  await expect(guest.live()).rejects.toThrow('401')
  await client.post('/sign-in', { name: 'ada' })
  for (const origin of ['http://elsewhere.example', url.replace('http', 'https')]) {
    await expect(client.live(origin)).rejects.toThrow('403')
  }
  const elsewhere = new WebSocket(`${url.replace('http', 'ws')}/elsewhere`, { origin: url })
  await expect(once(elsewhere, 'open')).rejects.toThrow('404')
  const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
  const read = vi.spyOn(store.plugin, 'read').mockRejectedValue(new SessionError('unavailable', 'Unreachable.'))
  await expect(client.live()).rejects.toThrow('503')
  expect(logged).toHaveBeenCalledOnce()
  read.mockRestore()
  logged.mockRestore()
})

it('an app that stops closes its sockets', async () => {
  const store = openMemoryStore()
  const server = await startServer((url) => createApp(store, url), 0)
  const client = await browse(server.url)
  await client.post('/sign-in', { name: 'ada' })
  const socket = await client.live()
  const closed = once(socket, 'close')
  await server.close()
  expect((await closed)[0]).toBe(1006)
})
