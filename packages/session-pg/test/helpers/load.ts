import type { SessionId } from '@bext/session-core'
import { isSessionError } from '@bext/session-core'
import type { PgSessions } from '@bext/session-pg'
import { expect } from 'vitest'

/** Concurrent calls of many visitors, and the check of the store afterwards. */
export interface Load {
  /** Returns the number of acknowledged writes. */
  readonly written: () => number
  /** Codes of all rejections. Errors that are not a `SessionError` have a separate code. */
  readonly codes: ReadonlySet<string>
  /** Returns the duration of the slowest call, in milliseconds. */
  readonly slowestMs: () => number
  /** Sends no more calls. Resolves when all calls have ended. */
  stop(): Promise<void>
  /** Fails unless every acknowledged write is stored, and every deleted session is gone. */
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
    // A failed update may or may not have taken effect.
    written.set(id, new Set(updated ? [dataJson] : ['"first"', dataJson]))
    if (round % 3 > 0) return
    if (await note(store.delete(id))) deleted.add(id)
    else written.delete(id)
  }

  async function visitRepeatedly(visitor: number): Promise<void> {
    for (let round = 0; !stopped; round += 1) await visit(visitor, round)
  }

  const visits = Promise.all(Array.from({ length: visitors }, (_, visitor) => visitRepeatedly(visitor)))
  return {
    written: () => acknowledged,
    codes,
    slowestMs: () => slowestMs,
    async stop() {
      stopped = true
      await visits
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
