import type { CaseContext, MadeSession } from '../runner/case-context.js'
import { ConformanceFailure, Inconclusive } from '../runner/failure.js'
import { settleWithin } from '../runner/with-timeout.js'
import type { CheckedStore } from '../runner/checked-store.js'

export interface SteppedRace {
  /** The call whose network writes are held, one per round. It may reject. */
  readonly held: (store: CheckedStore, session: MadeSession) => Promise<unknown>
  /** The call that runs to completion while the other is held. */
  readonly meanwhile: (store: CheckedStore, session: MadeSession) => Promise<unknown>
  /** Checks the invariant after both calls have settled. */
  readonly check: (store: CheckedStore, session: MadeSession) => Promise<void>
}

const heldTimeoutMs = 10_000
const maxSteps = 12

/**
 * For each network write of a call: holds it, runs another call to completion on a second connection, releases it and
 * checks. Deterministic, and needs no sleeps.
 */
export async function forEachInterleaving(context: CaseContext, race: SteppedRace): Promise<void> {
  const proxy = await context.openProxy()
  const held = await context.open({ endpoint: proxy.endpoint, timeoutMs: heldTimeoutMs })
  const direct = await context.open()
  let heldSteps = 0
  for (let step = 1; step <= maxSteps; step += 1) {
    // Make the same calls once before, so that connecting, preparing and loading scripts are no steps of the race.
    const warm = await context.create(held, { userId: context.userId() })
    await race.held(held, warm)
    const session = await context.create(direct, { userId: context.userId() })
    proxy.holdWrite(step)
    const call = race.held(held, session).then(
      () => 'over' as const,
      () => 'over' as const,
    )
    const first = await Promise.race([call, proxy.held().then(() => 'held' as const)])
    if (first === 'over') {
      proxy.release()
      break
    }
    heldSteps += 1
    context.trace.add(`network write ${step} of A's call is held`)
    const meanwhile = await settleWithin(race.meanwhile(direct, session), heldTimeoutMs / 2)
    proxy.release()
    context.trace.add('released')
    if (meanwhile.state === 'pending') {
      throw new ConformanceFailure('a call to end while another client is held up', 'it waited for that client', 'E5')
    }
    await call
    if (meanwhile.state === 'rejected') throw meanwhile.error
    await race.check(direct, session)
  }
  if (heldSteps === 0) throw new Inconclusive('No network write of the call was seen at the proxy.')
}
