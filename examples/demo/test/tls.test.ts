import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { expect, it, onTestFinished } from 'vitest'
import { createApp } from '../src/app.js'
import { startServer } from '../src/server.js'
import { openCookieStore } from '../src/stores/cookie.js'
import { openMemoryStore } from '../src/stores/memory.js'
import { createCertificate } from '@bext-internal/test-services/certificate'

const certificate = await createCertificate()

async function signIn(url: string, origin: string): Promise<IncomingMessage> {
  const sent = request(`${url}/sign-in`, { method: 'POST', headers: { origin }, ca: certificate.cert })
  sent.end('name=ada')
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  response.resume()
  return response
}

it.each([
  ['asks the browser for a key at a sign-in', openMemoryStore, /^\(ES256 RS256\);path="\/session-device\/register";/],
  ['asks for none with a sealed cookie', openCookieStore, /^$/],
])('over HTTPS, %s', async (_title, open, header) => {
  const store = open()
  const server = await startServer((url) => createApp(store, url), 0, certificate)
  onTestFinished(() => server.close())
  const { statusCode, headers } = await signIn(server.url, server.url)
  expect(statusCode).toBe(303)
  expect(headers['secure-session-registration'] ?? '').toMatch(header)
  expect((await signIn(server.url, server.url.replace('https', 'http'))).statusCode).toBe(403)
})

it('over HTTP, asks for no key', async () => {
  const store = openMemoryStore()
  const server = await startServer((url) => createApp(store, url), 0)
  onTestFinished(() => server.close())
  const body = new URLSearchParams({ name: 'ada' })
  const headers = { origin: server.url }
  const response = await fetch(`${server.url}/sign-in`, { method: 'POST', headers, body, redirect: 'manual' })
  expect(response.status).toBe(303)
  expect(response.headers.get('secure-session-registration')).toBeNull()
})
