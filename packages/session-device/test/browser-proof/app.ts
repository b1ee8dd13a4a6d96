import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { startRedisProcess } from '@bext-internal/test-services'
import { createSessionManager, sessionErrorStatus } from '@bext/session-core/manager'
import { deviceBinding, deviceNode } from '@bext/session-device'
import { redisSessions } from '@bext/session-redis'
import { Redis } from 'ioredis'
import { createCertificate } from '@bext-internal/test-services/certificate'

/** An app over Redis, with pages to sign in, to rotate and to sign out. */
export interface RunningApp {
  readonly origin: string
  readonly publicKeyHash: string
  readonly redis: Awaited<ReturnType<typeof startRedisProcess>>
  /** Answered requests to the endpoints, each with its status. */
  readonly endpointCalls: readonly string[]
  /** Makes the refresh endpoint accept requests and not answer them. */
  setHanging(isHanging: boolean): void
  isHealthy(): Promise<boolean>
  close(): Promise<void>
}

/** Starts the app. */
export async function startApp(boundCookieMs: number): Promise<RunningApp> {
  const { key, cert, publicKeyHash } = await createCertificate()
  const server = createServer({ key, cert })
  await new Promise<void>((resolve) => {
    server.listen(0, 'localhost', resolve)
  })
  const origin = `https://localhost:${(server.address() as AddressInfo).port}`
  const redis = await startRedisProcess({ settings: ['--appendonly', 'yes', '--appendfsync', 'always'] })
  const client = new Redis(redis.url)
  client.on('error', () => undefined)
  const sessions = createSessionManager({
    store: redisSessions({ client }),
    initialData: () => ({ visits: 0 }),
    device: deviceBinding({ secrets: [{ id: 'k1', secret: randomBytes(32) }], origins: [origin], boundCookieMs }),
  })
  const endpoints = deviceNode(sessions)
  const endpointCalls: string[] = []
  let isHanging = false

  async function page(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const session = await sessions.openNode(request, response)
    if (request.method === 'POST') {
      if (request.url === '/sign-in') session.signIn('ann')
      else if (request.url === '/rotate') session.rotate()
      else session.signOut()
      await session.commit()
      response.writeHead(303, { location: '/' }).end()
      return
    }
    session.data.visits += 1
    const devices = (await session.listSessions()).map(
      ({ isCurrent, isDeviceBound }) =>
        `<li>${isCurrent ? 'This device' : 'Another device'}: ${isDeviceBound ? 'bound to this device' : 'not bound'}</li>`,
    )
    await session.commit()
    const buttons = ['sign-in', 'rotate', 'sign-out'].map(
      (action) => `<form method="post" action="/${action}"><button id="${action}">${action}</button></form>`,
    )
    response.writeHead(200, { 'content-type': 'text/html' }).end(
      `<h1 id="who">${session.userId ?? 'guest'}</h1><p id="device">${session.device}</p>
       <h2>Your devices</h2><ul id="devices">${devices.join('')}</ul>${buttons.join('')}`,
    )
  }

  server.on('request', (request, response) => {
    if (isHanging && request.url === '/session-device/refresh') return
    response.on('finish', () => {
      if (request.url?.startsWith('/session-device')) endpointCalls.push(`${request.url} ${response.statusCode}`)
    })
    endpoints(request, response, () => {
      page(request, response).catch((error: unknown) =>
        response.writeHead(sessionErrorStatus(error) ?? 500).end('error'),
      )
    })
  })

  return {
    origin,
    publicKeyHash,
    redis,
    endpointCalls,
    setHanging: (hangs) => (isHanging = hangs),
    isHealthy: () => sessions.isHealthy(),
    async close() {
      client.disconnect()
      await redis.stop()
      server.close()
      server.closeAllConnections()
    },
  }
}
