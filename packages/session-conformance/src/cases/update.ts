import type { ConformanceCase } from '../runner/case.js'
import { defineCase } from '../runner/case.js'
import { checkLifetime, retryWithLongerTtl, waitForEnd } from '../toolbox/lifetime.js'
import { race, runRace } from '../toolbox/race.js'
import { Inconclusive } from '../runner/failure.js'
import { forEachInterleaving } from '../toolbox/interleavings.js'
import { foreignId } from '../runner/checked-store.js'

const serverOnly = { families: ['server'] } as const

export const updateCases: readonly ConformanceCase[] = [
  defineCase('U1-data-only', 'update() replaces the data, all of it, and nothing else', async (context) => {
    const store = await context.open()
    for (const userId of [context.userId(), undefined]) {
      const made = await context.create(store, { userId, dataJson: '{"a":1,"b":{"c":2}}' })
      const before = await store.read(made.id)
      await new Promise((resolve) => setTimeout(resolve, 15))
      const updated = await store.update(made.id, '{"b":{}}')
      const after = await store.read(updated)
      context.sameData(after.dataJson, '{"b":{}}')
      context.equal(after.userId, before.userId, 'userId')
      context.equal(after.createdAtMs, before.createdAtMs, 'createdAtMs')
      context.equal(after.expiresAtMs, before.expiresAtMs, 'expiresAtMs')
    }
  }),

  defineCase('U1-after-touch', 'update() keeps the expiry that touch() set', async (context) => {
    const store = await context.open()
    const made = await context.create(store, { ttlMs: 60_000 })
    const touched = await store.touch(made.id, 600_000)
    const before = await store.read(touched)
    const updated = await store.update(touched, context.json())
    context.equal((await store.read(updated)).expiresAtMs, before.expiresAtMs, 'expiresAtMs')
  }),

  defineCase('U1-expiry', 'update() does not change when a session expires', async (context) => {
    const store = await context.open()
    await checkLifetime(context, async (ttlMs) => {
      const made = await context.create(store, { ttlMs })
      await new Promise((resolve) => setTimeout(resolve, ttlMs / 4))
      return { store, ...made, id: await store.update(made.id, context.json()) }
    })
  }),

  defineCase(
    'U2-same-id',
    'a server-backed update() resolves to the same id',
    async (context) => {
      const store = await context.open()
      const { id } = await context.create(store)
      context.equal(await store.update(id, '{}'), id, 'the id')
    },
    serverOnly,
  ),

  defineCase(
    'U2-new-id',
    'a client-backed update() resolves to a new id, also for the same data',
    async (context) => {
      const store = await context.open()
      const { id, dataJson } = await context.create(store)
      const seen = new Set<string>([id])
      for (let n = 0; n < 5; n += 1) seen.add(await store.update(id, dataJson))
      context.equal(seen.size, 6, 'the number of distinct ids')
    },
    { families: ['client'] },
  ),

  defineCase('U3-unknown', 'update() of an unknown id creates no session', async (context) => {
    const store = await context.open()
    const { id } = await context.create(store)
    const codes = context.harness.family === 'client' ? ('Invalid' as const) : (['NotFound', 'Invalid'] as const)
    const other = foreignId(id.slice(0, -2) + (id.endsWith('AA') ? 'EE' : 'AA'))
    await context.rejects(store.update(other, '{}'), codes, 'updating an unknown session')
    await context.rejects(store.read(other), codes, 'reading it afterwards')
  }),

  defineCase(
    'U3-deleted',
    'update() does not revive a deleted session',
    async (context) => {
      const store = await context.open()
      for (const userId of [undefined, context.userId()]) {
        const { id } = await context.create(store, { userId })
        await store.delete(id)
        await context.rejects(store.update(id, '{}'), 'NotFound', 'updating a deleted session')
        await context.gone(store, id, 'a deleted session after update()')
      }
    },
    serverOnly,
  ),

  defineCase('U3-expired', 'update() does not revive an expired session', async (context) => {
    const store = await context.open()
    const made = await context.create(store, { ttlMs: 100, userId: context.userId() })
    await waitForEnd(context, made)
    await context.rejects(store.update(made.id, '{}'), 'NotFound', 'updating an expired session')
    await context.gone(store, made.id, 'an expired session after update()')
  }),

  defineCase(
    'U4-delete-duel',
    'concurrent update() and delete(): afterwards the session is NotFound',
    async (context) => {
      const [a, b] = await context.openTwo()
      await race(async (round) => {
        const { id } = await context.create(a, { userId: context.userId() })
        const update = (): Promise<unknown> => context.orNotFound(a.update(id, context.json()))
        const remove = (): Promise<unknown> => b.delete(id)
        await runRace(round, update, remove)
        await context.gone(b, id, 'a session after delete() and a concurrent update()')
        await context.gone(a, id, 'it through the instance that updated')
      })
    },
    serverOnly,
  ),

  defineCase('U4-expiry-race', 'updates around the expiry do not extend or revive a session', async (context) => {
    const store = await context.open()
    await retryWithLongerTtl(context, async (ttlMs) => {
      const made = await context.create(store, { ttlMs })
      let { id } = made
      let updatedLate = false
      for (let nowMs = Date.now(); nowMs < made.t1 + ttlMs + 50; nowMs = Date.now()) {
        updatedLate ||= nowMs > made.t0 + ttlMs - Math.max(50, ttlMs / 8) && nowMs < made.t0 + ttlMs
        const updated = await context.orNotFound(store.update(id, context.json()))
        if (updated !== undefined) id = updated
        await new Promise((resolve) => setTimeout(resolve, 1))
      }
      await waitForEnd(context, made)
      await context.gone(store, id, 'a session that was updated over its end')
      if (!updatedLate) throw new Inconclusive('The machine was too busy for an update just before the end.')
    })
  }),

  defineCase(
    'U4-delete-step',
    'an update() held at any network step does not revive a session deleted meanwhile',
    async (context) => {
      await forEachInterleaving(context, {
        held: (store, { id }) => store.update(id, '{"late":true}'),
        meanwhile: (store, { id }) => store.delete(id),
        check: (store, { id }) => context.gone(store, id, 'a session that was deleted while an update() was held'),
      })
    },
    { families: ['server'], needs: ['endpoint', 'shared-backend'] },
  ),

  defineCase(
    'U1-touch-step',
    'an update() held at any network step does not undo a touch()',
    async (context) => {
      await forEachInterleaving(context, {
        held: (store, { id }) => store.update(id, '{"late":true}'),
        meanwhile: (store, { id }) => store.touch(id, 3_600_000),
        check: async (store, { id }) => {
          const { createdAtMs, expiresAtMs } = await store.read(id)
          context.ok(
            expiresAtMs - createdAtMs >= 3_600_000,
            'the end that touch() set',
            'update() put the old one back',
          )
        },
      })
    },
    { families: ['server'], needs: ['endpoint', 'shared-backend'] },
  ),

  defineCase(
    'U5-whole',
    'concurrent updates leave the whole data of one of them, and the other fields unchanged',
    async (context) => {
      const [a, b] = await context.openTwo()
      await race(async () => {
        const made = await context.create(a, { userId: context.userId() })
        const before = await a.read(made.id)
        const texts = Array.from({ length: 6 }, (_, n) => JSON.stringify({ n, text: String(n).repeat(50 + 150 * n) }))
        const ids = await Promise.all(texts.map((text, n) => (n % 2 === 0 ? a : b).update(made.id, text)))
        for (const id of ids) {
          const after = await b.read(id)
          const whole = texts.some((text) => context.isSameData(after.dataJson, text))
          context.ok(whole, 'the data of one of the updates', 'the data are of none of them')
          context.equal(after.userId, before.userId, 'userId')
          context.equal(after.createdAtMs, before.createdAtMs, 'createdAtMs')
          context.equal(after.expiresAtMs, before.expiresAtMs, 'expiresAtMs')
        }
      }, 8)
    },
  ),

  defineCase(
    'R2-respelled',
    'an update() with another spelling of equal data stores that spelling',
    async (context) => {
      const store = await context.open()
      let { id } = await context.create(store, { dataJson: '{"a":1,"b":[true]}' })
      for (const dataJson of ['{ "a": 1, "b": [ true ] }', '{"b":[true],"a":1}', '{"a":1.0,"b":[true]}']) {
        id = await store.update(id, dataJson)
        context.sameData((await store.read(id)).dataJson, dataJson)
      }
    },
  ),

  defineCase('T5-same-data', 'an update() with the same data succeeds', async (context) => {
    const store = await context.open()
    const { id, dataJson } = await context.create(store)
    const again = await store.update(await store.update(id, dataJson), dataJson)
    context.sameData((await store.read(again)).dataJson, dataJson)
  }),
]
