import type { SessionId } from '@bext/session-core'
import { isSessionError } from '@bext/session-core'
import type { CaseContext } from '../runner/case-context.js'
import { ConformanceFailure, Inconclusive } from '../runner/failure.js'
import { sleepUntil } from '../runner/with-timeout.js'
import type { CheckedStore } from '../runner/checked-store.js'

/** A session with a known expiry: the write that set it ran between two readings of the wall clock, `t0` and `t1`. */
export interface Lifetime {
  readonly store: CheckedStore
  readonly id: SessionId
  readonly ttlMs: number
  readonly t0: number
  readonly t1: number
}

interface Probe {
  readonly alive: boolean
  readonly startedAtMs: number
  readonly finishedAtMs: number
}

const defaultFirstTtlMs = 350
const attempts = 5

async function probe({ store, id }: Lifetime): Promise<Probe> {
  const startedAtMs = Date.now()
  try {
    await store.read(id)
    return { alive: true, startedAtMs, finishedAtMs: Date.now() }
  } catch (error) {
    if (!isSessionError(error) || error.code !== 'NotFound') throw error
    return { alive: false, startedAtMs, finishedAtMs: Date.now() }
  }
}

/** Returns true if the attempt was conclusive. Throws if the session expired too early or too late. */
async function observe(context: CaseContext, lifetime: Lifetime): Promise<boolean> {
  const tolerance = context.skewMs + context.granularityMs
  const earliestEnd = lifetime.t0 + lifetime.ttlMs - tolerance
  const latestEnd = lifetime.t1 + lifetime.ttlMs + tolerance

  // The last read starts close to the expiry. On a machine too busy to finish it in time, the attempt is inconclusive.
  let seenAliveLate = false
  for (const fraction of [0, 0.5, 0.85]) {
    await sleepUntil(lifetime.t1 + (earliestEnd - lifetime.t1) * fraction)
    const seen = await probe(lifetime)
    if (seen.finishedAtMs >= earliestEnd) continue
    if (!seen.alive) {
      throw new ConformanceFailure(
        `the session to exist for ${lifetime.ttlMs} ms`,
        `it was gone after at most ${seen.finishedAtMs - lifetime.t0} ms`,
      )
    }
    seenAliveLate = fraction === 0.85
  }

  await sleepUntil(latestEnd + 1)
  const seen = await probe(lifetime)
  if (seen.alive) {
    throw new ConformanceFailure(
      `the session to expire after ${lifetime.ttlMs} ms`,
      `it was still read after at least ${seen.startedAtMs - lifetime.t1} ms`,
    )
  }
  // A read this late would miss a session that existed slightly too long.
  return seenAliveLate && seen.startedAtMs - latestEnd < lifetime.ttlMs / 8
}

/**
 * Runs an attempt with a short ttl. Doubles the ttl and tries again while the machine is too slow: the attempt throws
 * `Inconclusive`, or gets `NotFound` for a session that may have expired meanwhile.
 */
export async function retryWithLongerTtl<T>(
  context: CaseContext,
  attempt: (ttlMs: number) => Promise<T>,
  firstTtlMs: number = defaultFirstTtlMs,
): Promise<T> {
  let ttlMs = Math.max(firstTtlMs, 4 * (context.skewMs + context.granularityMs))
  for (let n = 0; n < attempts; n += 1) {
    const startedAtMs = Date.now()
    try {
      return await attempt(ttlMs)
    } catch (error) {
      const tooSlow = isSessionError(error) && error.code === 'NotFound' && Date.now() - startedAtMs > 0.4 * ttlMs
      if (!tooSlow && !(error instanceof Inconclusive)) throw error
    }
    ttlMs *= 2
  }
  throw new Inconclusive(`The machine was too slow for sessions of up to ${ttlMs / 2} ms.`)
}

/**
 * Waits for a session to expire, and fails if it expires too early or too late. `begin` creates the session with the
 * given ttl, or sets its expiry. Times are compared as intervals, so a slow machine cannot fail a correct store.
 */
export function checkLifetime(context: CaseContext, begin: (ttlMs: number) => Promise<Lifetime>): Promise<void> {
  return retryWithLongerTtl(context, async (ttlMs) => {
    const lifetime = await begin(ttlMs)
    if (!(await observe(context, lifetime)))
      throw new Inconclusive('The session was not seen alive just before its end.')
  })
}

/** Waits until a session whose `ttlMs` was set before `t1` must have expired. */
export async function waitForEnd(context: CaseContext, { t1, ttlMs }: { t1: number; ttlMs: number }): Promise<void> {
  await sleepUntil(t1 + ttlMs + context.skewMs + context.granularityMs + 1)
}

/**
 * Creates sessions and waits until they have expired. A store may remove expired records in its writes, so the sweep's
 * count says nothing if a session could expire before the last was created.
 */
export async function createExpired(
  context: CaseContext,
  store: CheckedStore,
  count: number,
  ttlMs: number,
): Promise<void> {
  const sessions = await Promise.all(
    Array.from({ length: count }, (_, n) =>
      context.create(store, { ttlMs, ...(n % 2 === 0 ? {} : { userId: context.userId() }) }),
    ),
  )
  const firstStartMs = Math.min(...sessions.map(({ t0 }) => t0))
  if (Date.now() >= firstStartMs + ttlMs - context.skewMs - context.granularityMs) {
    throw new Inconclusive('A session could expire before the last one was created.')
  }
  for (const session of sessions) await waitForEnd(context, session)
}
