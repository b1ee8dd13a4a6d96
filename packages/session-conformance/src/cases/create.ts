import type { ConformanceCase } from '../runner/case.js'
import { defineCase } from '../runner/case.js'
import { ConformanceFailure } from '../runner/failure.js'
import { waitForEnd } from '../toolbox/lifetime.js'
import { withShiftedClock } from '../toolbox/shifted-clock.js'
import { badJson, badTtls } from '../toolbox/samples.js'
import { foreignId } from '../runner/checked-store.js'

export const createCases: readonly ConformanceCase[] = [
  defineCase('C5-times', 'createdAtMs is now and expiresAtMs is exactly ttlMs later', async (context) => {
    const store = await context.open()
    for (const ttlMs of [30_001, 59_999, 86_400_001]) {
      const made = await context.create(store, { ttlMs })
      const { createdAtMs, expiresAtMs } = await store.read(made.id)
      context.equal(expiresAtMs - createdAtMs, ttlMs, 'expiresAtMs less createdAtMs')
      const tolerance = context.skewMs + context.granularityMs
      context.ok(
        createdAtMs >= made.t0 - tolerance && createdAtMs <= made.t1 + tolerance,
        'createdAtMs between the start and the end of the call',
        `it is ${createdAtMs - made.t0} ms after the start of a call of ${made.t1 - made.t0} ms`,
      )
    }
  }),

  defineCase(
    'C5-one-clock',
    'times come from the clock of the backend: a wrong clock in an app server has no effect',
    async (context) => {
      const store = await context.open()
      const hourMs = 3_600_000
      const before = Date.now()
      const { made, touched } = await withShiftedClock(hourMs, async () => {
        const one = await context.create(store, { ttlMs: 120_000 })
        const other = await context.create(store, { ttlMs: 60_000 })
        return { made: one, touched: await store.touch(other.id, 120_000) }
      })
      const after = Date.now()
      const tolerance = context.skewMs + context.granularityMs
      for (const id of [made.id, touched]) {
        const { createdAtMs, expiresAtMs } = await store.read(id)
        const right = createdAtMs >= before - tolerance && createdAtMs <= after + tolerance
        context.ok(right, 'createdAtMs by the backend', `it is ${Math.round((createdAtMs - before) / 1000)} s off`)
        const end = expiresAtMs >= before + 120_000 - tolerance && expiresAtMs <= after + 120_000 + tolerance
        context.ok(
          end,
          'expiresAtMs by the backend',
          `it is ${Math.round((expiresAtMs - before - 120_000) / 1000)} s off`,
        )
      }
    },
    { families: ['server'], needs: ['endpoint'], sameProcess: true, exclusive: true },
  ),

  defineCase(
    'C5-one-clock-reads',
    'the clock of the backend alone decides about expiry: a wrong clock in an app server has no effect',
    async (context) => {
      const store = await context.open()
      const userId = context.userId()
      const hourMs = 3_600_000
      const live = await context.create(store, { userId })
      const expired = await context.create(store, { userId, ttlMs: 50 })
      await waitForEnd(context, expired)
      async function found<T>(call: Promise<T>, name: string): Promise<T> {
        const result = await context.orNotFound(call)
        if (result !== undefined) return result
        throw new ConformanceFailure(`${name} to find a live session, with a clock an hour ahead`, 'it was NotFound')
      }
      await withShiftedClock(hourMs, async () => {
        context.sameData((await found(store.read(live.id), 'read()')).dataJson, live.dataJson)
        await found(store.update(live.id, '{"ahead":true}'), 'update()')
        if (context.harness.capabilities?.includes('user-index')) {
          context.equal((await store.listUserSessions(userId)).length, 1, "the number of the user's sessions")
        }
        if (context.harness.capabilities?.includes('sweep')) await store.sweep()
        await found(store.touch(live.id, 120_000), 'touch()')
      })
      await withShiftedClock(-hourMs, async () => {
        await context.gone(store, expired.id, 'an expired session, with a clock an hour behind')
        await context.rejects(store.update(expired.id, '{}'), 'NotFound', 'updating it')
        await context.rejects(store.touch(expired.id, 60_000), 'NotFound', 'touching it')
      })
      context.sameData((await store.read(live.id)).dataJson, '{"ahead":true}')
    },
    { families: ['server'], needs: ['endpoint'], sameProcess: true, exclusive: true },
  ),

  defineCase('C6-anonymous', 'a session without a user stays anonymous', async (context) => {
    const store = await context.open()
    for (const options of [{}, { userId: undefined }]) {
      const id = await store.create({ dataJson: context.json(), ttlMs: 60_000, ...options })
      context.equal((await store.read(id)).userId, undefined, 'userId')
      const updated = await store.update(id, '{}')
      context.equal((await store.read(updated)).userId, undefined, 'userId after update()')
      const touched = await store.touch(updated, 60_000)
      context.equal((await store.read(touched)).userId, undefined, 'userId after touch()')
    }
  }),

  defineCase('C6-words', 'user ids such as "", "null" and "undefined" are ordinary user ids', async (context) => {
    const store = await context.open()
    for (const userId of ['null', 'undefined', 'false', '0', ' ']) {
      const { id } = await context.create(store, { userId })
      context.equal((await store.read(id)).userId, userId, 'userId')
    }
    const empty = await context.orInvalid(context.create(store, { userId: '' }))
    if (empty !== undefined) context.equal((await store.read(empty.id)).userId, '', 'an empty userId')
  }),

  defineCase('C7-bad-ttl', 'a ttlMs that is no positive safe integer is Invalid', async (context) => {
    const store = await context.open()
    for (const ttlMs of badTtls) {
      const call = store.create({ dataJson: '{}', ttlMs: ttlMs as number })
      await context.rejects(call, 'Invalid', `create() with ttlMs ${String(ttlMs)} (${typeof ttlMs})`)
    }
  }),

  defineCase('C7-huge-ttl', 'a very large ttlMs is kept exactly, or Invalid', async (context) => {
    const store = await context.open()
    for (const ttlMs of [2 ** 31, 2 ** 32 + 1, 31_536_000_000, 10 ** 13, Number.MAX_SAFE_INTEGER]) {
      const made = await context.orInvalid(context.create(store, { ttlMs }))
      if (made === undefined) {
        context.ok(ttlMs > 31_536_000_000, 'a ttlMs of up to a year to be taken', `${ttlMs} was refused`)
      } else {
        const { createdAtMs, expiresAtMs } = await store.read(made.id)
        context.equal(expiresAtMs - createdAtMs, ttlMs, 'expiresAtMs less createdAtMs')
      }
    }
  }),

  defineCase('C7-tiny-ttl', 'a ttlMs of 1 is an expiry, not "no expiry"', async (context) => {
    const store = await context.open()
    const made = await context.create(store, { ttlMs: 1 })
    await new Promise((resolve) => setTimeout(resolve, 20 + 2 * (context.skewMs + context.granularityMs)))
    await context.gone(store, made.id, 'a session of 1 ms')
  }),

  defineCase(
    'C7-stores-nothing',
    'a rejected create() stores nothing',
    async (context) => {
      const namespace = context.freshNamespace()
      const store = await context.open({ namespace })
      const userId = context.userId()
      await context.rejects(store.create({ userId, dataJson: '{}', ttlMs: 0 }), 'Invalid', 'create() with ttlMs 0')
      await context.rejects(store.create({ userId, dataJson: '{', ttlMs: 1000 }), 'Invalid', 'create() with bad JSON')
      const kept = await context.harness.inspect?.(namespace)
      context.equal(kept?.length, 0, 'the number of things in the backend')
    },
    { families: ['server'], needs: ['inspect'] },
  ),

  defineCase(
    'C7-lists-nothing',
    "the session of a rejected create() is not in the user's list",
    async (context) => {
      const store = await context.open()
      const userId = context.userId()
      await context.rejects(store.create({ userId, dataJson: '{}', ttlMs: -1 }), 'Invalid', 'create() with ttlMs -1')
      context.equal((await store.listUserSessions(userId)).length, 0, "the number of the user's sessions")
    },
    { needs: ['user-index'] },
  ),

  defineCase('C8-bad-json', 'dataJson that is not JSON text is Invalid', async (context) => {
    const store = await context.open()
    for (const [what, dataJson] of badJson) {
      const call = store.create({ dataJson: dataJson as string, ttlMs: 60_000 })
      await context.rejects(call, 'Invalid', `create() with ${what} as dataJson`)
    }
    const made = await context.create(store)
    for (const [what, dataJson] of badJson) {
      await context.rejects(store.update(made.id, dataJson as string), 'Invalid', `update() with ${what} as dataJson`)
    }
    context.sameData((await store.read(made.id)).dataJson, made.dataJson)
  }),

  defineCase('E1-bad-options', 'options of the wrong type are Invalid, not a TypeError', async (context) => {
    const store = await context.open()
    const bad: readonly unknown[] = [
      undefined,
      null,
      'options',
      42,
      {},
      { dataJson: '{}' },
      { ttlMs: 1000 },
      { userId: 7, dataJson: '{}', ttlMs: 1000 },
      { userId: {}, dataJson: '{}', ttlMs: 1000 },
    ]
    for (const [n, options] of bad.entries()) {
      await context.rejects(store.create(options as never), 'Invalid', `create() with bad options number ${n + 1}`)
    }
    const { id } = await context.create(store)
    await context.rejects(store.touch(id, '1000' as never), 'Invalid', 'touch() with a text as ttlMs')
    await context.rejects(store.read(foreignId(undefined)), ['Invalid', 'NotFound'], 'read(undefined)')
    await context.rejects(store.update(foreignId(null), '{}'), ['Invalid', 'NotFound'], 'update(null)')
    await context.rejects(store.touch(foreignId({}), 1000), ['Invalid', 'NotFound'], 'touch({})')
    await store.delete(foreignId(undefined))
  }),
]
