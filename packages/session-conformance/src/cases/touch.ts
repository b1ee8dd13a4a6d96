import type { ConformanceCase } from '../runner/case.js'
import { defineCase } from '../runner/case.js'
import { race, runRace } from '../toolbox/race.js'
import { checkLifetime, waitForEnd } from '../toolbox/lifetime.js'
import { badTtls } from '../toolbox/samples.js'
import { forEachInterleaving } from '../toolbox/interleavings.js'

const serverOnly = { families: ['server'] } as const
const networked = { families: ['server'], needs: ['endpoint', 'shared-backend'] } as const

export const touchCases: readonly ConformanceCase[] = [
  defineCase(
    'T1-sets',
    'touch() sets the expiry to now + ttlMs, later or earlier, and changes nothing else',
    async (context) => {
      const store = await context.open()
      const made = await context.create(store, { userId: context.userId(), ttlMs: 60_000 })
      const before = await store.read(made.id)
      let { id } = made
      for (const ttlMs of [600_000, 30_000, 30 * 86_400_000, 90_000]) {
        // Wait, so that "now" differs from the time of creation and of the last touch.
        await new Promise((resolve) => setTimeout(resolve, 15 + 2 * (context.skewMs + context.granularityMs)))
        const t0 = Date.now()
        id = await store.touch(id, ttlMs)
        const t1 = Date.now()
        const after = await store.read(id)
        const tolerance = context.skewMs + context.granularityMs
        context.ok(
          after.expiresAtMs >= t0 + ttlMs - tolerance && after.expiresAtMs <= t1 + ttlMs + tolerance,
          `expiresAtMs ${ttlMs} ms after the call`,
          `it is ${after.expiresAtMs - t0} ms after the start of a call of ${t1 - t0} ms`,
        )
        context.equal(after.userId, before.userId, 'userId')
        context.equal(after.createdAtMs, before.createdAtMs, 'createdAtMs')
        context.sameData(after.dataJson, before.dataJson)
      }
    },
  ),

  defineCase('T1-extends', 'a touched session exists until the new expiry', async (context) => {
    const store = await context.open()
    await checkLifetime(context, async (ttlMs) => {
      const { id } = await context.create(store, { ttlMs: Math.round(ttlMs / 2), userId: context.userId() })
      const t0 = Date.now()
      return { store, id: await store.touch(id, ttlMs), ttlMs, t0, t1: Date.now() }
    })
  }),

  defineCase('T1-shortens', 'touch() can shorten a session', async (context) => {
    const store = await context.open()
    await checkLifetime(context, async (ttlMs) => {
      const { id } = await context.create(store, { ttlMs: 3_600_000 })
      const t0 = Date.now()
      return { store, id: await store.touch(id, ttlMs), ttlMs, t0, t1: Date.now() }
    })
  }),

  defineCase('T1-again', 'a second touch() counts from the second call, not from the first expiry', async (context) => {
    const store = await context.open()
    await checkLifetime(context, async (ttlMs) => {
      let { id } = await context.create(store, { ttlMs: ttlMs * 2 })
      for (let n = 0; n < 3; n += 1) id = await store.touch(id, ttlMs * 2)
      const t0 = Date.now()
      return { store, id: await store.touch(id, ttlMs), ttlMs, t0, t1: Date.now() }
    })
  }),

  defineCase('T1-long', 'touch() sets an expiry in forty days and in ten years exactly', async (context) => {
    const store = await context.open()
    const made = await context.create(store)
    let { id } = made
    for (const days of [25, 40, 3650]) {
      const ttlMs = days * 86_400_000
      const t0 = Date.now()
      const touched = await context.orInvalid(store.touch(id, ttlMs))
      const t1 = Date.now()
      context.ok(touched !== undefined || days > 365, 'a ttlMs of up to a year to be taken', `${ttlMs} was refused`)
      if (touched === undefined) continue
      id = touched
      // A timer that waits longer than 2^31 ms fires at once.
      await new Promise((resolve) => setTimeout(resolve, 20))
      const { expiresAtMs } = await store.read(id)
      const tolerance = context.skewMs + context.granularityMs
      const isRight = expiresAtMs >= t0 + ttlMs - tolerance && expiresAtMs <= t1 + ttlMs + tolerance
      context.ok(isRight, `an expiry in ${days} days`, `it is ${expiresAtMs - t0 - ttlMs} ms off`)
    }
  }),

  defineCase(
    'T2-update-duel',
    'concurrent touch() and update() both take effect',
    async (context) => {
      const [a, b] = await context.openTwo()
      await race(async (round) => {
        const { id } = await context.create(a)
        const dataJson = context.json()
        const update = (): Promise<unknown> => a.update(id, dataJson)
        const touch = (): Promise<unknown> => b.touch(id, 3_600_000)
        await runRace(round, update, touch)
        const { createdAtMs, expiresAtMs, ...after } = await b.read(id)
        context.sameData(after.dataJson, dataJson)
        context.ok(expiresAtMs - createdAtMs >= 3_600_000, 'the end that touch() set', 'the old one')
      })
    },
    serverOnly,
  ),

  defineCase(
    'T2-update-step',
    'a touch() held at any network step does not undo an update()',
    async (context) => {
      await forEachInterleaving(context, {
        held: (store, { id }) => store.touch(id, 3_600_000),
        meanwhile: (store, { id }) => store.update(id, '{"newer":true}'),
        check: async (store, { id }) => context.sameData((await store.read(id)).dataJson, '{"newer":true}'),
      })
    },
    networked,
  ),

  defineCase(
    'T3-deleted',
    'touch() does not revive a deleted session',
    async (context) => {
      const store = await context.open()
      for (const userId of [undefined, context.userId()]) {
        const { id } = await context.create(store, { userId })
        await store.delete(id)
        await context.rejects(store.touch(id, 60_000), 'NotFound', 'touching a deleted session')
        await context.gone(store, id, 'a deleted session after touch()')
      }
    },
    serverOnly,
  ),

  defineCase('T3-expired', 'touch() does not revive an expired session', async (context) => {
    const store = await context.open()
    const made = await context.create(store, { ttlMs: 100, userId: context.userId() })
    await waitForEnd(context, made)
    await context.rejects(store.touch(made.id, 60_000), 'NotFound', 'touching an expired session')
    await context.gone(store, made.id, 'an expired session after touch()')
  }),

  defineCase(
    'T3-delete-duel',
    'concurrent touch() and delete(): afterwards the session is NotFound',
    async (context) => {
      const [a, b] = await context.openTwo()
      await race(async (round) => {
        const { id } = await context.create(a, { userId: context.userId() })
        const touch = (): Promise<unknown> => context.orNotFound(a.touch(id, 60_000))
        const remove = (): Promise<unknown> => b.delete(id)
        await runRace(round, touch, remove)
        await context.gone(b, id, 'a session after delete() and a concurrent touch()')
      })
    },
    serverOnly,
  ),

  defineCase(
    'T3-delete-step',
    'a touch() held at any network step does not revive a session deleted meanwhile',
    async (context) => {
      await forEachInterleaving(context, {
        held: (store, { id }) => store.touch(id, 3_600_000),
        meanwhile: (store, { id }) => store.delete(id),
        check: (store, { id }) => context.gone(store, id, 'a session that was deleted while a touch() was held'),
      })
    },
    networked,
  ),

  defineCase('C7-touch', 'touch() rejects every ttlMs that create() rejects', async (context) => {
    const store = await context.open()
    const { id } = await context.create(store)
    const before = await store.read(id)
    for (const ttlMs of badTtls) {
      const call = store.touch(id, ttlMs as number)
      await context.rejects(call, 'Invalid', `touch() with ttlMs ${String(ttlMs)} (${typeof ttlMs})`)
    }
    context.equal((await store.read(id)).expiresAtMs, before.expiresAtMs, 'expiresAtMs')
  }),

  defineCase(
    'T4-same-id',
    'a server-backed touch() resolves to the same id',
    async (context) => {
      const store = await context.open()
      const { id } = await context.create(store)
      context.equal(await store.touch(id, 60_000), id, 'the id')
    },
    serverOnly,
  ),

  defineCase(
    'T4-new-id',
    'a client-backed touch() resolves to a new id',
    async (context) => {
      const store = await context.open()
      const { id } = await context.create(store)
      const touched = [await store.touch(id, 60_000), await store.touch(id, 60_000)]
      context.equal(new Set([id, ...touched]).size, 3, 'the number of distinct ids')
    },
    { families: ['client'] },
  ),

  defineCase(
    'T4-one-round-trip',
    'touch() is one round trip',
    async (context) => {
      const proxy = await context.openProxy()
      const store = await context.open({ endpoint: proxy.endpoint })
      const { id } = await context.create(store, { userId: context.userId() })
      const counts: number[] = []
      for (let n = 0; n < 6; n += 1) {
        const before = proxy.writes()
        await store.touch(id, 60_000)
        counts.push(proxy.writes() - before)
      }
      const fewest = Math.min(...counts)
      context.ok(fewest <= 1, 'one network write', `each of ${counts.length} calls made at least ${fewest}`)
    },
    { families: ['server'], needs: ['endpoint'] },
  ),

  defineCase('T5-same-ttl', 'several touch() calls with the same ttl succeed', async (context) => {
    const store = await context.open()
    let { id } = await context.create(store, { userId: context.userId() })
    for (let n = 0; n < 10; n += 1) id = await store.touch(id, 60_000)
    if (context.harness.family === 'server')
      await Promise.all(Array.from({ length: 10 }, () => store.touch(id, 60_000)))
    await store.read(id)
  }),
]
