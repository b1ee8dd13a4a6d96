import type { CaseContext, MadeSession } from '../runner/case-context.js'
import { ConformanceFailure, Inconclusive } from '../runner/failure.js'
import { settleWithin } from '../runner/with-timeout.js'
import type { WatchedStore } from '../runner/checked-store.js'

export interface SteppedRace {
  /** The call whose network writes are held one after the other. It may fail. */
  readonly held: (store: WatchedStore, session: MadeSession) => Promise<unknown>
  /** The call that is made, and ends, while the other is held. */
  readonly meanwhile: (store: WatchedStore, session: MadeSession) => Promise<unknown>
  /** What must hold once both are over. */
  readonly check: (store: WatchedStore, session: MadeSession) => Promise<void>
}

const heldTimeoutMs = 10_000
const maxSteps = 12

/**
 * Holds the first network write of a call in the kit's proxy, lets another call run to its end on another connection,
 * releases and checks; then the second write, and so on until the call gets through unheld. No luck, no sleeps.
 */
export async function sweepSteps(context: CaseContext, race: SteppedRace): Promise<void> {
  const proxy = await context.openProxy()
  const held = await context.open({ endpoint: proxy.endpoint, timeoutMs: heldTimeoutMs })
  const direct = await context.open()
  let heldSteps = 0
  for (let step = 1; step <= maxSteps; step += 1) {
    // The same calls once before, so that connecting, preparing and loading scripts are no steps of the race.
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
