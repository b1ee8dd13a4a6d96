import { spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { ServiceUrls } from '@bext-internal/test-services'
import { io, type Socket } from 'socket.io-client'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { WebSocket } from 'ws'

const redisUrl: ServiceUrls['redisUrl'] = inject('redisUrl')
const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const prefix = `sockets-${randomUUID()}:`
const children: ChildProcess[] = []

/** Starts a process, and resolves to its URL. */
async function start(sockets: 'ws' | 'socket.io'): Promise<string> {
  const env = {
    ...process.env,
    REDIS_URL: redisUrl,
    PREFIX: prefix,
    PORT: '0',
    WATCH_MS: '300',
    SOCKETS: sockets,
  }
  const child = spawn(process.execPath, ['--import', 'tsx', main], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  return line
}

afterAll(() => {
  for (const child of children) child.kill()
})

async function signIn(url: string, user: string): Promise<string> {
  const response = await fetch(`${url}/sign-in?user=${user}`, { method: 'POST' })
  return response.headers.getSetCookie()[0]?.split(';')[0] ?? ''
}

async function signOut(url: string, cookie: string): Promise<void> {
  await fetch(`${url}/sign-out`, { method: 'POST', headers: { cookie } })
}

describe('ws', () => {
  const urls: string[] = []
  beforeAll(async () => {
    urls.push(...(await Promise.all([start('ws'), start('ws')])))
  })

  async function open(cookie: string, origin?: string): Promise<WebSocket> {
    const socket = new WebSocket(urls[1]?.replace('http', 'ws') ?? '', {
      headers: { cookie },
      ...(origin && { origin }),
    })
    await once(socket, 'message')
    return socket
  }

  it('closes a socket after a sign-out in another process, and no other', async () => {
    const [ann, ben] = [await signIn(urls[0] ?? '', 'ann'), await signIn(urls[1] ?? '', 'ben')]
    const [anns, bens] = await Promise.all([open(ann), open(ben, urls[1])])
    await signOut(urls[0] ?? '', ann)
    const [code] = (await once(anns, 'close')) as [number]
    expect(code).toBe(4401)
    expect(bens.readyState).toBe(WebSocket.OPEN)
    bens.terminate()
  })

  it('does not sign out by a form to another path', async () => {
    const cookie = await signIn(urls[0] ?? '', 'ann')
    const response = await fetch(`${urls[0]}/other`, { method: 'POST', headers: { cookie } })
    expect(response.status).toBe(404)
    const socket = await open(cookie)
    socket.terminate()
  })

  it('refuses a socket without a session, and one of another site', async () => {
    await expect(open('__Host-session=none')).rejects.toThrow('401')
    const cookie = await signIn(urls[0] ?? '', 'ann')
    await expect(open(cookie, 'https://evil.example')).rejects.toThrow('403')
  })
})

function next(socket: Socket, event: string): Promise<unknown> {
  return new Promise((resolve) => socket.once(event, resolve))
}

describe('Socket.IO', () => {
  const urls: string[] = []
  beforeAll(async () => {
    urls.push(...(await Promise.all([start('socket.io'), start('socket.io')])))
  })

  function connect(cookie: string): Socket {
    return io(urls[1] ?? '', { extraHeaders: { cookie }, reconnection: false, forceNew: true })
  }

  it('closes a socket after a sign-out in another process, and no other', async () => {
    const [ann, ben] = [await signIn(urls[0] ?? '', 'ann'), await signIn(urls[1] ?? '', 'ben')]
    const [anns, bens] = [connect(ann), connect(ben)]
    expect(await Promise.all([next(anns, 'hello'), next(bens, 'hello')])).toEqual(['ann', 'ben'])
    const ended = Promise.all([next(anns, 'session-ended'), next(anns, 'disconnect')])
    await signOut(urls[0] ?? '', ann)
    await ended
    expect(bens.connected).toBe(true)
    bens.disconnect()
  })

  it('refuses a socket without a session', async () => {
    const socket = connect('__Host-session=none')
    expect(await next(socket, 'connect_error')).toMatchObject({ message: 'unauthorized' })
    socket.disconnect()
  })
})
