import type { SessionId } from '@bext/session-core'
import { mintSessionId } from '@bext/session-core'
import type { ConformanceCase } from '../runner/case.js'
import { defineCase } from '../runner/case.js'
import type { CaseContext } from '../runner/case-context.js'
import type { CheckedStore } from '../runner/checked-store.js'
import { Inconclusive } from '../runner/failure.js'
import type { FaultProxy } from '../runner/fault-proxy.js'
import { settleWithin, sleepUntil } from '../runner/with-timeout.js'
import { faultTimeoutMs, rejectsBackend, untilHealthy, untilItWorks } from '../toolbox/faulty-backend.js'

const maxSteps = 12
const shortTtlMs = 500
// The limit of each call is shorter.
const callLimitMs = 60_000

interface Scene {
  readonly context: CaseContext
  readonly proxy: FaultProxy
  /** A store behind the proxy, connected and used. */
  readonly cut: CheckedStore
  /** A store of the same namespace with a direct connection. */
  readonly direct: CheckedStore
  /** Resolves to the entries of the namespace in the backend, or to none if the harness cannot look. */
  readonly entries: () => Promise<readonly string[]>
}

async function openScene(context: CaseContext): Promise<Scene> {
  const namespace = context.freshNamespace()
  const proxy = await context.openProxy()
  const cut = await context.open({ namespace, endpoint: proxy.endpoint, timeoutMs: faultTimeoutMs })
  const direct = await context.open({ namespace })
  const entries = async (): Promise<readonly string[]> => (await context.harness.inspect?.(namespace)) ?? []
  return { context, proxy, cut, direct, entries }
}

/**
 * Makes a call again and again. Cuts its connection before its first network write, then before its second, and so on,
 * so that the backend has executed the steps before it. Calls `check` after each call that was cut off.
 */
async function forEachCut(
  { context, proxy, cut }: Scene,
  call: () => Promise<unknown>,
  check: () => Promise<void>,
): Promise<void> {
  for (let step = 1; step <= maxSteps; step += 1) {
    // Connecting, preparing and loading scripts are no steps of the call.
    await untilHealthy(context, cut)
    await untilItWorks(context, cut, call)
    proxy.holdWrite(step)
    const ending = settleWithin(call(), callLimitMs)
    const first = await Promise.race([ending.then(() => 'ended' as const), proxy.held().then(() => 'held' as const)])
    if (first === 'held') {
      context.trace.add(`the connection is cut before network write ${step} of the call`)
      proxy.reset()
    }
    proxy.release()
    const settled = await ending
    if (settled.state === 'rejected') await rejectsBackend(Promise.reject(settled.error), 'a create() that was cut off')
    await check()
    if (first === 'held') continue
    if (step === 1) throw new Inconclusive('No network write of the call was seen at the proxy.')
    return
  }
}

/** Fails if ending all sessions of the user does not end what a create left behind. */
async function checkUserCanEnd(scene: Scene): Promise<void> {
  const { context, cut, direct, entries } = scene
  const { capabilities = [] } = context.harness
  const mark = mintSessionId()
  const options = { userId: context.userId(), dataJson: JSON.stringify({ mark }), ttlMs: 60_000 }
  const expected = 'a create() that was cut off to leave no session that endUserSessions() misses'
  async function checkEnded(id: SessionId | undefined): Promise<void> {
    await direct.endUserSessions(options.userId)
    const isLeft = id !== undefined && (await context.orNotFound(direct.read(id))) !== undefined
    context.ok(!isLeft, expected, 'it left one that can be read', 'O1')
    // An entry of an index may stay until it expires. It has no data.
    const isStored = (await entries()).some((entry) => entry.includes(mark))
    context.ok(!isStored, expected, 'it left one in the backend', 'O1')
  }
  await forEachCut(
    scene,
    () => cut.create(options),
    () => checkEnded(undefined),
  )
  if (!capabilities.includes('given-id')) return
  let id = mintSessionId()
  await forEachCut(
    scene,
    () => {
      id = mintSessionId()
      return cut.createWithId(id, options)
    },
    () => checkEnded(id),
  )
}

/** Makes sessions that expire soon. Resolves to the number of entries for each once they have expired and were swept. */
async function countLeftovers({ context, direct, entries }: Scene, make: () => Promise<number>): Promise<number> {
  const made = await make()
  await sleepUntil(Date.now() + shortTtlMs + context.skewMs + context.granularityMs + 1)
  const sweeps = context.harness.capabilities?.includes('sweep') === true
  while (sweeps && (await direct.sweep()).more) continue
  return (await entries()).length / made
}

/** Fails if a create that is cut off leaves more behind, after the end of its session, than one that is not. */
async function checkExpires(scene: Scene, other: Scene): Promise<void> {
  const { context } = scene
  const [cutOff, whole] = await Promise.all([
    countLeftovers(scene, async () => {
      let made = 0
      async function call(): Promise<unknown> {
        made += 1
        return context.create(scene.cut, { ttlMs: shortTtlMs })
      }
      await forEachCut(scene, call, async () => undefined)
      return made
    }),
    countLeftovers(other, async () => {
      await context.create(other.direct, { ttlMs: shortTtlMs })
      return 1
    }),
  ])
  const expected = 'a create() that was cut off to leave nothing that does not expire'
  context.ok(cutOff <= whole, expected, 'after its ttl, it had left something in the backend', 'C7')
}

export const cutOffCases: readonly ConformanceCase[] = [
  defineCase(
    'E2-cut-off',
    'a create() whose connection breaks between two steps leaves no session that never expires, or that its user cannot end',
    async (context) => {
      await checkExpires(await openScene(context), await openScene(context))
      if (context.harness.capabilities?.includes('user-index')) await checkUserCanEnd(await openScene(context))
    },
    { families: ['server'], needs: ['endpoint', 'shared-backend'] },
  ),
]
