import { EventEmitter } from 'node:events'
import type { ExpressCallback, ExpressSession, ExpressStore } from '../../src/express.js'

/** A store of express-session in memory. It stores JSON text, and removes expired sessions. */
export class MapStore extends EventEmitter implements ExpressStore {
  readonly kept = new Map<string, string>()

  get(sid: string, callback: ExpressCallback<ExpressSession | null>): void {
    const text = this.kept.get(sid)
    const session = text === undefined ? null : (JSON.parse(text) as ExpressSession)
    const isOver = new Date(session?.cookie.expires ?? 0).getTime() <= Date.now()
    setImmediate(callback, null, isOver ? null : session)
  }

  set(sid: string, session: ExpressSession, callback: ExpressCallback): void {
    this.kept.set(sid, JSON.stringify(session))
    setImmediate(callback)
  }

  destroy(sid: string, callback: ExpressCallback): void {
    this.kept.delete(sid)
    setImmediate(callback)
  }

  touch(sid: string, { cookie }: ExpressSession, callback: ExpressCallback): void {
    const text = this.kept.get(sid)
    if (text !== undefined) this.kept.set(sid, JSON.stringify({ ...(JSON.parse(text) as ExpressSession), cookie }))
    setImmediate(callback)
  }
}

/** Returns the only session of a store, as it is stored. */
export function onlySession(store: MapStore): Record<string, unknown> {
  const [text = '{}', ...others] = store.kept.values()
  if (others.length > 0) throw new Error('The store keeps more than one session.')
  return JSON.parse(text) as Record<string, unknown>
}
