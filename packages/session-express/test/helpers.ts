import { randomBytes } from 'node:crypto'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ServiceUrls } from '@bext-internal/test-services'
import { openRedisNamespace } from '@bext-internal/test-services/redis-namespace'
import type { CompareCapability, GivenIdCapability, SessionPlugin, UserIndexCapability } from '@bext/session-core'
import { memorySessions } from '@bext/session-core/memory'
import { migrate, pgSessions } from '@bext/session-pg'
import { redisSessions } from '@bext/session-redis'
import { Redis } from 'ioredis'
import postgres from 'postgres'
import { inject, onTestFinished } from 'vitest'

export type Plugin = SessionPlugin & UserIndexCapability & CompareCapability & GivenIdCapability

const redisUrl: ServiceUrls['redisUrl'] = inject('redisUrl')
const postgresUrl: ServiceUrls['postgresUrl'] = inject('postgresUrl')

/** Opens another store over the same sessions, as another process does. */
export type OpenPlugin = () => Plugin

const openers: Readonly<Record<string, () => Promise<OpenPlugin>>> = {
  async memory() {
    const plugin = memorySessions()
    return () => plugin
  },

  async redis() {
    const { prefix } = openRedisNamespace()
    return () => {
      const client = new Redis(redisUrl)
      onTestFinished(() => client.disconnect())
      return redisSessions({ client, prefix })
    }
  },

  async postgres() {
    const table = `express_${randomBytes(6).toString('hex')}`
    const clients = [postgres(postgresUrl, { max: 2, onnotice: () => {} })]
    await migrate(clients[0]!, { table })
    onTestFinished(async () => {
      await clients[0]!`drop table ${clients[0]!(table)}`
      await Promise.all(clients.map((client) => client.end({ timeout: 1 })))
    })
    return () => {
      const client = postgres(postgresUrl, { max: 4, onnotice: () => {} })
      clients.push(client)
      return pgSessions({ client, table })
    }
  },
}

export const backends: readonly string[] = Object.keys(openers)

/** Opens an empty backend for the test. */
export function openBackend(name: string): Promise<OpenPlugin> {
  return openers[name]!()
}

/** Serves the app until the test has finished. Resolves to its URL. */
export async function serve(app: RequestListener): Promise<string> {
  const server = createServer(app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

export interface Answer {
  readonly status: number
  readonly text: string
  readonly headers: Headers
}

/** A client that keeps cookies as a browser does, and follows no redirect. */
export interface Browser {
  readonly cookies: Map<string, string>
  get(path: string, from?: string): Promise<Answer>
  post(path: string, form?: Readonly<Record<string, string>>): Promise<Answer>
}

/** Opens a browser without cookies, or with the cookies of another one. */
export function openBrowser(url: string, { cookies: given }: Partial<Pick<Browser, 'cookies'>> = {}): Browser {
  const cookies = new Map(given)

  async function send(path: string, init: RequestInit, from = url): Promise<Answer> {
    const headers = new Headers(init.headers)
    if (cookies.size > 0) headers.set('cookie', Array.from(cookies, ([name, value]) => `${name}=${value}`).join('; '))
    const response = await fetch(from + path, { ...init, headers, redirect: 'manual' })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      const expires = /expires=([^;]+)/i.exec(line)?.[1]
      if (expires !== undefined && new Date(expires).getTime() <= Date.now()) cookies.delete(name)
      else cookies.set(name, value)
    }
    return { status: response.status, text: await response.text(), headers: response.headers }
  }

  return {
    cookies,
    get: (path, from) => send(path, {}, from),
    post: (path, form = {}) => send(path, { method: 'POST', body: new URLSearchParams(form) }),
  }
}

/** A point at which a request waits until the test lets it go on. */
export interface Gate {
  /** Resolves once a request waits. */
  readonly reached: Promise<void>
  wait(): Promise<void>
  open(): void
}

export function createGate(): Gate {
  const events = new EventTarget()
  const reached = new Promise<void>((resolve) => {
    events.addEventListener('reach', () => resolve())
  })
  const opened = new Promise<void>((resolve) => {
    events.addEventListener('open', () => resolve())
  })
  return {
    reached,
    wait() {
      events.dispatchEvent(new Event('reach'))
      return opened
    },
    open: () => void events.dispatchEvent(new Event('open')),
  }
}
