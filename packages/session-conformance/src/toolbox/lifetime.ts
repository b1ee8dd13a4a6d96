import type { SessionId } from '@bext/session-core'
import { isSessionError } from '@bext/session-core'
import type { CaseContext } from '../runner/case-context.js'
import { ConformanceFailure, Inconclusive } from '../runner/failure.js'
import { sleepUntil } from '../runner/with-timeout.js'
import type { WatchedStore } from '../runner/checked-store.js'

/** A session whose end is known: the write that set it took place between the two readings of the wall clock. */
export interface Lifetime {
  readonly store: WatchedStore
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

const firstTtlMs = 350
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

/** Whether one attempt could tell. Throws if the session ended too early or too late. */
async function observe(context: CaseContext, lifetime: Lifetime): Promise<boolean> {
  const tolerance = context.skewMs + context.granularityMs
  const earliestEnd = lifetime.t0 + lifetime.ttlMs - tolerance
  const latestEnd = lifetime.t1 + lifetime.ttlMs + tolerance

  // The last look begins as late as it can finish before the end; a machine that is too busy for it settles nothing.
  let seenAliveLate = false
  for (const fraction of [0, 0.5, 0.85]) {
    await sleepUntil(lifetime.t1 + (earliestEnd - lifetime.t1) * fraction)
    const seen = await probe(lifetime)
    if (seen.finishedAtMs >= earliestEnd) continue
    if (!seen.alive) {
      throw new ConformanceFailure(
        `the session to live for ${lifetime.ttlMs} ms`,
        `it was gone after at most ${seen.finishedAtMs - lifetime.t0} ms`,
      )
    }
    seenAliveLate = fraction === 0.85
  }

  await sleepUntil(latestEnd + 1)
  const seen = await probe(lifetime)
  if (seen.alive) {
    throw new ConformanceFailure(
      `the session to be over after ${lifetime.ttlMs} ms`,
      `it was still read after at least ${seen.startedAtMs - lifetime.t1} ms`,
    )
  }
  // A session that lived on for a while could have run out before so late a look.
  return seenAliveLate && seen.startedAtMs - latestEnd < lifetime.ttlMs / 8
}

/**
 * Runs an attempt with a short ttl, and again with twice the ttl for as long as the machine is too slow for it: when
 * the attempt says that it is inconclusive, or finds a session gone that may have run out meanwhile.
 */
export async function patiently<T>(context: CaseContext, attempt: (ttlMs: number) => Promise<T>): Promise<T> {
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
 * Lets a session run out, and fails if it ends before or after its time. `begin` makes the session, or moves its end,
 * for the ttl that it is given. Comparisons are of intervals, so a slow machine cannot make a right store fail.
 */
export function checkLifetime(context: CaseContext, begin: (ttlMs: number) => Promise<Lifetime>): Promise<void> {
  return patiently(context, async (ttlMs) => {
    const lifetime = await begin(ttlMs)
    if (!(await observe(context, lifetime)))
      throw new Inconclusive('The session was not seen alive just before its end.')
  })
}

/** Waits until a session that was given `ttlMs` in the interval must be over. */
export async function waitForEnd(context: CaseContext, { t1, ttlMs }: { t1: number; ttlMs: number }): Promise<void> {
  await sleepUntil(t1 + ttlMs + context.skewMs + context.granularityMs + 1)
}

/**
 * Creates sessions and waits until they have expired. A store may remove expired records in its writes, so the sweep's
 * count says nothing if a session could expire before the last was created.
 */
export async function createExpired(
  context: CaseContext,
  store: WatchedStore,
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
