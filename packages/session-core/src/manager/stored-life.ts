import { SessionError } from '../contract/errors.js'
import type { StoredSession } from './pending-changes.js'
import { beganAtMsOf } from './pending-changes.js'
import type { Rest, StoredLife } from './lifetimes.js'
import type { SessionContext } from './options.js'

type Stored = Pick<StoredSession, 'record' | 'envelope'>
type Timing = Pick<SessionContext<object>, 'lifetimes' | 'clock'>

/** The life of a session, or undefined for one that another program made: it begins when it is moved. */
export function storedLifeOf({ record, envelope }: Stored): StoredLife | undefined {
  const beganAtMs = beganAtMsOf({ record, envelope })
  if (beganAtMs === undefined) return undefined
  const { createdAtMs, expiresAtMs } = record
  return { beganAtMs, isRemembered: envelope.isRemembered, createdAtMs, expiresAtMs, ttlMs: envelope.ttlMs }
}

/** Resolves to the time on the store's clock. With `isExact` the store is asked, if it was not a short time ago. */
export function nowOf({ lifetimes, clock }: Timing, stored: Stored, isExact: boolean): Promise<number> {
  const life = storedLifeOf(stored)
  return clock.nowMs(stored.record, life ? lifetimes.sinceMs(life) : 0, isExact)
}

export function expired(): SessionError {
  return new SessionError('expired', 'The session has expired by the timeouts of the manager.')
}

/** Rejects with `NotFound` for a session that is past today's timeouts, though its record was stored under longer ones. */
export async function refuseOver(timing: Timing, stored: Stored): Promise<void> {
  const life = storedLifeOf(stored)
  if (!life || !timing.lifetimes.mayBeOver(life)) return
  if (timing.lifetimes.isOver(life, await nowOf(timing, stored, true))) throw expired()
}

/** Resolves to what is left of a session that gets another id. Rejects with `NotFound` at its absolute end. */
export async function restOf(timing: Timing, stored: Stored, life: StoredLife): Promise<Rest> {
  const rest = timing.lifetimes.rest(life, await nowOf(timing, stored, timing.lifetimes.isNearEnd(life)))
  if (!rest) throw expired()
  return rest
}
