import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { DeviceRequest } from '@bext/session-core/manager'
import { expect, onTestFinished, test } from 'vitest'
import { deviceNode } from '../src/node.js'

/** Serves a middleware, and resolves to the URL. A request that it does not answer gets 404, or 500 with the error. */
async function serve(handleDevice: (request: DeviceRequest) => Promise<Response | undefined>): Promise<string> {
  const middleware = deviceNode({ handleDevice })
  const server = createServer((request, response) => {
    middleware(request, response, (error) => {
      response.writeHead(error === undefined ? 404 : 500).end(error instanceof Error ? error.message : '')
    })
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/session-device/refresh?a=1`
}

test('the middleware of Node passes on the request, and sends each cookie of the answer', async () => {
  const seen: unknown[] = []
  const url = await serve(async ({ method, url: path, headers }) => {
    seen.push(method, path, headers.get('X-Given'), headers.get('X-Missing'))
    const cookies = ['a=1; Path=/', 'b=2; Path=/']
    return new Response('{}', { status: 201, headers: cookies.map((cookie) => ['Set-Cookie', cookie]) })
  })
  const answer = await fetch(url, { method: 'POST', headers: { 'x-given': 'yes' } })
  expect(seen).toEqual(['POST', '/session-device/refresh?a=1', 'yes', null])
  expect([answer.status, await answer.text()]).toEqual([201, '{}'])
  expect(answer.headers.getSetCookie()).toEqual(['a=1; Path=/', 'b=2; Path=/'])
})

test('the middleware of Node sends no header for cookies if the answer has none', async () => {
  const answer = await fetch(
    await serve(async () => new Response(null, { status: 503, headers: { 'Retry-After': '1' } })),
  )
  expect([answer.status, answer.headers.get('Retry-After'), answer.headers.has('Set-Cookie')]).toEqual([
    503,
    '1',
    false,
  ])
})

test('the middleware of Node passes on what it does not answer, and the error of an answer', async () => {
  expect((await fetch(await serve(async () => undefined))).status).toBe(404)
  const failed = await fetch(await serve(async () => Promise.reject(new Error('not configured'))))
  expect([failed.status, await failed.text()]).toEqual([500, 'not configured'])
})
