import { isSessionError } from '@bext/session-core'
import type { CaseContext, MadeSession } from '../runner/case-context.js'
import { ConformanceFailure, Inconclusive } from '../runner/failure.js'
import { untilHealthy, untilItWorks } from './faulty-backend.js'
import type { CheckedStore } from '../runner/checked-store.js'

const maxReplies = 8

export interface LostReplyScene {
  readonly context: CaseContext
  /** A store behind the proxy that loses replies. */
  readonly store: CheckedStore
  /** A session that no other round uses. */
  readonly session: MadeSession & { readonly userId: string }
}

export interface LostReplyRace<Result> {
  readonly call: (scene: LostReplyScene) => Promise<Result>
  /** True if the call is idempotent, so that a caller repeats it when its outcome is unknown. */
  readonly repeats: boolean
  /** Called with the result of the call, or undefined if its outcome is unknown. */
  readonly check: (scene: LostReplyScene, result: Result | undefined) => Promise<void>
}

interface Answer<Result> {
  readonly result?: Result
  readonly isKnown: boolean
}

async function answerOf<Result>(call: Promise<Result>): Promise<Answer<Result>> {
  try {
    return { result: await call, isKnown: true }
  } catch (error) {
    if (!isSessionError(error)) throw error
    if (error.code === 'Backend') return { isKnown: false }
    throw new ConformanceFailure(
      'a call whose reply was lost to be answered as if it had been delivered once, or with Backend',
      `it was ${error.code}`,
    )
  }
}

/**
 * Makes a call, drops its first reply and cuts the connection, so that a driver that resends commands delivers the
 * command twice. Then does the same with the second reply, and so on, until the call has no further reply to drop.
 */
export async function forEachLostReply<Result>(context: CaseContext, race: LostReplyRace<Result>): Promise<void> {
  const namespace = context.freshNamespace()
  const proxy = await context.openProxy()
  const store = await context.open({ namespace, endpoint: proxy.endpoint })
  const countEntries = async (): Promise<number> => (await context.harness.inspect?.(namespace))?.length ?? 0
  const bystander = await untilItWorks(context, store, () => context.create(store))

  /** Makes one call. Resolves to the number of entries that it added to the backend, and whether its reply was lost. */
  async function round(
    position: number,
  ): Promise<{ readonly added: number; readonly isKnown: boolean; lost: boolean }> {
    const userId = context.userId()
    const session = await untilItWorks(context, store, () => context.create(store, { userId }))
    const scene: LostReplyScene = { context, store, session: { ...session, userId } }
    const before = await countEntries()
    if (position > 0) proxy.loseReply(position)
    let answer = await answerOf(race.call(scene))
    const lost = proxy.stopLosing()
    if (lost) context.trace.add(`reply ${position} of the call was lost, and the connection was cut`)
    await untilHealthy(context, store)
    await untilItWorks(context, store, () => store.read(bystander.id))
    if (!answer.isKnown && race.repeats) {
      answer = { result: await untilItWorks(context, store, () => race.call(scene)), isKnown: true }
    }
    const added = (await countEntries()) - before
    await race.check(scene, answer.result)
    return { added, isKnown: answer.isKnown, lost }
  }

  // Make the call once without a fault, so that the replies of preparing and loading scripts are not counted.
  const undisturbed = await round(0)
  for (let position = 1; position <= maxReplies; position += 1) {
    const { added, isKnown, lost } = await round(position)
    const isRight = isKnown ? added === undisturbed.added : added <= Math.max(0, undisturbed.added)
    context.ok(
      isRight,
      `a call whose reply was lost to add ${undisturbed.added} entries to the backend, as one delivery does`,
      `it added ${added}`,
    )
    if (lost) continue
    if (position === 1) throw new Inconclusive('No reply to the call was seen at the proxy.')
    return
  }
}
