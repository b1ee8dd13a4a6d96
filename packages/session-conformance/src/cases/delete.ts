import type { ConformanceCase } from '../runner/case.js'
import { defineCase } from '../runner/case.js'
import { waitForEnd } from '../toolbox/lifetime.js'
import { foreignIds } from '../toolbox/samples.js'
import { forEachInterleaving } from '../toolbox/interleavings.js'
import { foreignId } from '../runner/checked-store.js'

const serverOnly = { families: ['server'] } as const

export const deleteCases: readonly ConformanceCase[] = [
  defineCase(
    'D1-idempotent',
    'delete() resolves a second time, and for expired, unknown and malformed ids',
    async (context) => {
      const store = await context.open()
      const { id } = await context.create(store, { userId: context.userId() })
      await store.delete(id)
      await store.delete(id)
      const expired = await context.create(store, { ttlMs: 60 })
      await waitForEnd(context, expired)
      await store.delete(expired.id)
      for (const [, foreign] of foreignIds) await store.delete(foreignId(foreign))
      for (const value of [undefined, null, 7, {}]) await store.delete(foreignId(value))
    },
  ),

  defineCase(
    'D1-at-once',
    'many concurrent delete() calls of one session all resolve',
    async (context) => {
      const [a, b] = await context.openTwo()
      const { id } = await context.create(a, { userId: context.userId() })
      await Promise.all(Array.from({ length: 12 }, (_, n) => (n % 2 === 0 ? a : b).delete(id)))
      await context.gone(a, id, 'a session that was deleted twelve times at once')
    },
    serverOnly,
  ),

  defineCase(
    'D2-gone',
    'a deleted session is NotFound for read(), update() and touch()',
    async (context) => {
      const [a, b] = await context.openTwo()
      const { id } = await context.create(a, { userId: context.userId() })
      await a.delete(id)
      for (const store of [a, b]) {
        await context.gone(store, id, 'a deleted session')
        await context.rejects(store.update(id, '{}'), 'NotFound', 'updating a deleted session')
        await context.rejects(store.touch(id, 60_000), 'NotFound', 'touching a deleted session')
        await context.gone(store, id, 'a deleted session after update() and touch()')
      }
    },
    serverOnly,
  ),

  defineCase(
    'D2-no-trace',
    'a deleted session leaves no trace in the backend, index entries included',
    async (context) => {
      const namespace = context.freshNamespace()
      const store = await context.open({ namespace })
      const made = [
        await context.create(store, { userId: context.userId() }),
        await context.create(store),
        await context.create(store, { userId: context.userId() }),
      ]
      const touched = await store.touch(made[2]?.id ?? foreignId(''), 3_600_000)
      for (const { id } of made) await store.delete(id)
      await store.delete(touched)
      const kept = await context.harness.inspect?.(namespace)
      context.equal(kept?.length, 0, 'the number of things left in the backend')
    },
    { families: ['server'], needs: ['inspect'] },
  ),

  defineCase(
    'D2-update-step',
    'a delete() held at any network step deletes the session, also if it was updated meanwhile',
    async (context) => {
      await forEachInterleaving(context, {
        held: (store, { id }) => store.delete(id),
        // NotFound is correct, too: the delete may have taken effect before the held step.
        meanwhile: (store, { id }) => context.orNotFound(store.update(id, '{"meanwhile":true}')),
        check: (store, { id }) => context.gone(store, id, 'a session whose delete() was held while it was updated'),
      })
    },
    { families: ['server'], needs: ['endpoint', 'shared-backend'] },
  ),

  defineCase('D3-others-stay', 'delete() changes no other session', async (context) => {
    const store = await context.open()
    const userId = context.userId()
    const made = [
      await context.create(store, { userId }),
      await context.create(store, { userId }),
      await context.create(store),
      await context.create(store, { userId: `${userId}x` }),
    ]
    const doomed = await context.create(store, { userId })
    await store.delete(doomed.id)
    for (const { id, dataJson } of made) context.sameData((await store.read(id)).dataJson, dataJson)
  }),

  defineCase(
    'D4-honest',
    'a client-backed id that was deleted or superseded stays readable until its own expiry',
    async (context) => {
      const store = await context.open()
      const made = await context.create(store)
      await store.update(made.id, '{"newer":true}')
      context.sameData((await store.read(made.id)).dataJson, made.dataJson)
      // Stores with revocation have separate cases.
      if (context.harness.declarations?.revocation) return
      await store.delete(made.id)
      context.sameData((await store.read(made.id)).dataJson, made.dataJson)
      const short = await context.create(store, { ttlMs: 100 })
      await store.delete(short.id)
      await waitForEnd(context, short)
      await context.gone(store, short.id, 'a client-backed session after its end')
    },
    { families: ['client'], level: 'SHOULD' },
  ),
]
