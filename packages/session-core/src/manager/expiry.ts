import { SessionError } from '../contract/errors.js'
import type { Host } from './host.js'
import type { Rest, StoredLife } from './lifetimes.js'
import type { SessionState } from './stored-session.js'
import { storedLifeOf } from './stored-session.js'

type Timing = Pick<Host, 'lifetimes' | 'clock'>

/** Resolves to the time on the store's clock. With `isExact`, asks the store unless it was asked a short time ago. */
export function nowOf({ lifetimes, clock }: Timing, stored: SessionState, isExact: boolean): Promise<number> {
  const life = storedLifeOf(stored)
  return clock.nowMs(stored.record, life ? lifetimes.sinceMs(life) : 0, isExact)
}

export function expired(): SessionError {
  return new SessionError('expired', "The session has expired by the manager's timeouts.")
}

/** Rejects with `NotFound` if the session has passed the current timeouts, even if its record is still live. */
export async function assertNotExpired(timing: Timing, stored: SessionState): Promise<void> {
  const life = storedLifeOf(stored)
  if (!life || !timing.lifetimes.mayBeOver(life)) return
  if (timing.lifetimes.isOver(life, await nowOf(timing, stored, true))) throw expired()
}

/** Resolves to the remaining lifetimes of a session that gets another id. Rejects with `NotFound` if none remain. */
export async function restOf(timing: Timing, stored: SessionState, life: StoredLife): Promise<Rest> {
  const rest = timing.lifetimes.rest(life, await nowOf(timing, stored, timing.lifetimes.isNearEnd(life)))
  if (!rest) throw expired()
  return rest
}
