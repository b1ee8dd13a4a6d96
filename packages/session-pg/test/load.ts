import type { SessionId } from '@bext/session-core'
import { isSessionError } from '@bext/session-core'
import type { PgSessions } from '@bext/session-pg'
import { expect } from 'vitest'

/** Calls of many visitors at once, and what must be true of the store afterwards. */
export interface Load {
  /** How many writes were acknowledged. */
  readonly written: () => number
  /** The codes of all rejections; what is no `SessionError` has one of its own. */
  readonly codes: ReadonlySet<string>
  /** How long the slowest call took, in milliseconds. */
  readonly slowestMs: () => number
  /** Lets all calls end. */
  stop(): Promise<void>
  /** Fails unless each acknowledged write is there, and what was deleted is gone. */
  verify(store: PgSessions): Promise<void>
}

const visitors = 24

export function startLoad(store: PgSessions): Load {
  const codes = new Set<string>()
  const written = new Map<SessionId, ReadonlySet<string>>()
  const deleted = new Set<SessionId>()
  let acknowledged = 0
  let slowestMs = 0
  let stopped = false

  async function note(call: Promise<unknown>): Promise<boolean> {
    const startedAtMs = performance.now()
    try {
      await call
      acknowledged += 1
      return true
    } catch (error) {
      codes.add(isSessionError(error) ? error.code : 'not a SessionError')
      return false
    } finally {
      slowestMs = Math.max(slowestMs, performance.now() - startedAtMs)
    }
  }

  async function visit(visitor: number, round: number): Promise<void> {
    const creating = store.create({ dataJson: '"first"', ttlMs: 600_000 })
    if (!(await note(creating))) return
    const id = await creating
    const dataJson = `"${visitor} ${round}"`
    const updated = await note(store.update(id, dataJson))
    // Of an update that failed it is not known whether it took effect.
    written.set(id, new Set(updated ? [dataJson] : ['"first"', dataJson]))
    if (round % 3 > 0) return
    if (await note(store.delete(id))) deleted.add(id)
    else written.delete(id)
  }

  async function live(visitor: number): Promise<void> {
    for (let round = 0; !stopped; round += 1) await visit(visitor, round)
  }

  const living = Promise.all(Array.from({ length: visitors }, (_, visitor) => live(visitor)))
  return {
    written: () => acknowledged,
    codes,
    slowestMs: () => slowestMs,
    async stop() {
      stopped = true
      await living
    },
    async verify(healed) {
      const checks = [...written].map(async ([id, texts]) => {
        if (deleted.has(id)) await expect(healed.read(id)).rejects.toMatchObject({ code: 'NotFound' })
        else expect([...texts]).toContain((await healed.read(id)).dataJson)
      })
      await Promise.all(checks)
    },
  }
}
