import type { SessionId } from '@bext/session-core'
import type { CaseContext } from '../runner/case-context.js'
import type { ConformanceCase } from '../runner/case.js'
import { defineCase } from '../runner/case.js'
import { race, runRace } from '../toolbox/race.js'
import { Inconclusive } from '../runner/failure.js'
import { withTickingClock } from '../toolbox/shifted-clock.js'
import { retryWithLongerTtl, waitForEnd } from '../toolbox/lifetime.js'
import type { CheckedStore } from '../runner/checked-store.js'

const revocable = { families: ['client'], needs: ['revocation'] } as const

interface Ended {
  readonly a: CheckedStore
  readonly b: CheckedStore
  readonly id: SessionId
}

/** A session that was deleted through one of two instances. */
async function endOne(context: CaseContext, userId?: string): Promise<Ended> {
  const [a, b] = await context.openTwo()
  const { id } = await context.create(a, { userId })
  await b.delete(id)
  return { a, b, id }
}

/** Makes an update() and a delete() of a session meet. Afterwards, neither its id nor that of the update() is accepted. */
async function duel(context: CaseContext): Promise<void> {
  const [a, b] = await context.openTwo()
  await race(async (round) => {
    const { id } = await context.create(a, { userId: context.userId() })
    let updated: SessionId | undefined
    const update = async (): Promise<void> => {
      updated = await context.orNotFound(a.update(id, context.json()))
    }
    await runRace(round, update, () => b.delete(id))
    await context.gone(b, updated ?? id, 'what an update() made that met a delete()')
    await context.gone(a, id, 'the id before it')
  })
}

/** Client-backed stores with revocation (D4, O7): a deleted session is NotFound, as with a server-backed store. */
export const revocationCases: readonly ConformanceCase[] = [
  defineCase(
    'R3-revoked',
    'a revoked session is NotFound for read(), also through another instance',
    async (context) => {
      const { a, b, id } = await endOne(context, context.userId())
      await context.gone(b, id, 'a session that was ended here')
      await context.gone(a, id, 'a session that was ended through another instance')
    },
    revocable,
  ),

  defineCase(
    'U3-revoked',
    'update() does not revive a revoked session',
    async (context) => {
      const { a, b, id } = await endOne(context)
      for (const store of [a, b]) await context.rejects(store.update(id, '{}'), 'NotFound', 'updating an ended session')
    },
    revocable,
  ),

  defineCase(
    'T3-revoked',
    'touch() does not revive a revoked session',
    async (context) => {
      const { a, b, id } = await endOne(context)
      for (const store of [a, b])
        await context.rejects(store.touch(id, 60_000), 'NotFound', 'touching an ended session')
    },
    revocable,
  ),

  defineCase(
    'D2-revoked-ids',
    'delete() revokes all ids that a session ever had, whichever of them is passed',
    async (context) => {
      const [a, b] = await context.openTwo()
      for (const given of [0, 1, 2, 3]) {
        const { id } = await context.create(a, { userId: context.userId() })
        const updated = await b.update(id, context.json())
        const ids = [id, updated, await a.touch(updated, 3_600_000), await b.update(id, context.json())]
        await a.delete(ids[given] as SessionId)
        for (const each of ids) await context.gone(b, each, 'an id of a session that was ended by another id')
      }
    },
    revocable,
  ),

  defineCase(
    'D2-revoked-longest',
    'a revocation lasts as long as any id of the session is valid, not only the one passed to delete()',
    async (context) => {
      const [a, b] = await context.openTwo()
      await retryWithLongerTtl(context, async (ttlMs) => {
        const short = await context.create(a, { ttlMs })
        const long = await b.touch(short.id, 3_600_000)
        await a.delete(short.id)
        // delete() of an expired session revokes nothing.
        if (Date.now() >= short.t0 + ttlMs - context.skewMs - context.granularityMs) {
          throw new Inconclusive('The machine was too slow to end a session before its end.')
        }
        await waitForEnd(context, short)
        await context.gone(b, long, 'an id that lives longer than the one that was given to delete()')
      })
    },
    revocable,
  ),

  defineCase(
    'U4-revoked-duel',
    'concurrent update() and delete() of a sealed session: the new id is revoked, too',
    (context) => duel(context),
    revocable,
  ),

  defineCase(
    'U4-revoked-tick',
    'an update() that issues its id a moment after a concurrent delete(): the new id is revoked, too',
    (context) => withTickingClock(() => duel(context)),
    { ...revocable, sameProcess: true, exclusive: true },
  ),
]
