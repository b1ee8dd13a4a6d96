import { createServer, type RequestListener } from 'node:http'
import { openRedisNamespace } from '@bext-internal/test-services/redis-namespace'
import { serve, visit, type Visitor } from '@bext-internal/test-services/visitor'
import type { SessionPlugin } from '@bext/session-core'
import {
  createSessionManager,
  type NodeSession,
  type SessionCookieOptions,
  type SessionManager,
} from '@bext/session-core/manager'
import { memorySessions } from '@bext/session-core/memory'
import { redisSessions } from '@bext/session-redis'
import express5, { type Express } from 'express'
import express4 from 'express-4'

export interface AppData {
  visits: number
  note?: string
}

declare global {
  namespace Express {
    interface Request {
      session: NodeSession<AppData>
    }
  }
}

export const redisStore = (): SessionPlugin => redisSessions(openRedisNamespace())

export const expresses: readonly [name: string, create: () => Express][] = [
  ['Express 5', express5],
  ['Express 4', express4],
]

/** Creates a manager of a store that refuses more than 5000 bytes of data. */
export function managerOf(
  store: SessionPlugin = memorySessions({ maxDataBytes: 5000 }),
  cookie?: SessionCookieOptions,
): SessionManager<AppData> {
  return createSessionManager<AppData>({ store, initialData: () => ({ visits: 0 }), cookie })
}

export async function visitApp(app: RequestListener): Promise<Visitor> {
  return visit(await serve(createServer(app)))
}

/** A memory store whose next commits wait until the test lets them continue. */
export function gatedStore(): { store: SessionPlugin; reached: Promise<void>; open: () => void } {
  const store = memorySessions({ maxDataBytes: 5000 })
  const reached = deferred()
  const opened = deferred()
  async function create(...[options]: Parameters<typeof store.create>) {
    reached.resolve()
    await opened.promise
    return store.create(options)
  }
  return { store: { ...store, create }, reached: reached.promise, open: opened.resolve }
}

interface Deferred {
  readonly promise: Promise<void>
  readonly resolve: () => void
}

function deferred(): Deferred {
  const events = new EventTarget()
  const promise = new Promise<void>((done) => {
    events.addEventListener('resolve', () => done())
  })
  return { promise, resolve: () => void events.dispatchEvent(new Event('resolve')) }
}
