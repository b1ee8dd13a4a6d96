import { isSessionError } from '../contract/errors.js'
import type { SessionId, SessionRecord } from '../contract/plugin.js'
import { assertNotExpired } from './expiry.js'
import type { Host } from './host.js'
import { decodeStoredSession } from './stored-session.js'

/** A watched session. */
export interface SessionWatch {
  /**
   * Aborts once the session has ended, was rotated, or has another user. It aborts for nothing else: a store that fails
   * ends no session (contract E4).
   */
  readonly signal: AbortSignal
  /** Stops watching. The signal does not abort afterwards. */
  stop(): void
}

/** Watches sessions. */
export interface SessionWatcher {
  watch(record: SessionRecord): SessionWatch
}

interface Watched {
  readonly id: SessionId
  readonly userId: string | undefined
  /** One for each watch, because several sockets may share a session. */
  readonly controllers: Set<AbortController>
  readonly slot: Set<Watched>
}

// The reads of one interval are spread over this many moments, so that they do not all come at once.
const slotCount = 10

/**
 * Creates the watcher of a manager. Each session is read once in `intervalMs`, however many sockets it has. All reads of a
 * moment start together, so that the store can batch them. The timer runs while a session is watched, and does not keep the
 * process running.
 */
export function createSessionWatcher(
  host: Pick<Host, 'store' | 'lifetimes' | 'clock'>,
  intervalMs: number,
): SessionWatcher {
  const watchedById = new Map<SessionId, Watched>()
  const slots = Array.from({ length: slotCount }, () => new Set<Watched>())
  const slotsInCheck = new Set<Set<Watched>>()
  let next = 0
  let timer: ReturnType<typeof setInterval> | undefined

  function forget(watched: Watched): void {
    watchedById.delete(watched.id)
    watched.slot.delete(watched)
    if (watchedById.size > 0) return
    clearInterval(timer)
    timer = undefined
  }

  function end(watched: Watched): void {
    if (watchedById.get(watched.id) === watched) forget(watched)
    for (const controller of watched.controllers) controller.abort()
  }

  /** Resolves to true if the session is over. */
  async function isOver({ id, userId }: Watched): Promise<boolean> {
    try {
      const record = await host.store.read(id)
      const { data: _data, dataText: _text, ...envelope } = decodeStoredSession(record.dataJson)
      if (record.userId !== userId || envelope.isReplaced) return true
      await assertNotExpired(host, { record, envelope })
      return false
    } catch (error) {
      // A session whose stored value is not one of the manager cannot be opened either.
      return !isSessionError(error) || error.code !== 'Backend' || error.reason === 'corrupt'
    }
  }

  async function check(slot: Set<Watched>): Promise<void> {
    // A store that answers slowly gets no further reads for these sessions until it has answered.
    if (slotsInCheck.has(slot)) return
    slotsInCheck.add(slot)
    await Promise.all(
      Array.from(slot, async (watched) => {
        if (await isOver(watched)) end(watched)
      }),
    )
    slotsInCheck.delete(slot)
  }

  function tick(): void {
    const slot = slots[next]
    next = (next + 1) % slotCount
    if (slot && slot.size > 0) void check(slot)
  }

  function start({ id, userId }: SessionRecord): Watched {
    const slot = slots.reduce((least, each) => (each.size < least.size ? each : least))
    const watched: Watched = { id, userId, controllers: new Set(), slot }
    watchedById.set(id, watched)
    slot.add(watched)
    if (timer === undefined) {
      timer = setInterval(tick, Math.max(1, Math.floor(intervalMs / slotCount)))
      // Only Node and what follows it have it.
      timer.unref?.()
    }
    return watched
  }

  return {
    watch(record) {
      const watched = watchedById.get(record.id) ?? start(record)
      const controller = new AbortController()
      watched.controllers.add(controller)
      return {
        signal: controller.signal,
        stop() {
          watched.controllers.delete(controller)
          if (watched.controllers.size === 0 && watchedById.get(watched.id) === watched) forget(watched)
        },
      }
    },
  }
}
