import type { ConformanceCase } from '../runner/case.js'
import { defineCase } from '../runner/case.js'
import { foreignIds } from '../toolbox/samples.js'
import { checkLifetime, waitForEnd } from '../toolbox/lifetime.js'
import { foreignId } from '../runner/checked-store.js'
import { nearMissesOf } from '../toolbox/near-miss.js'

export const readCases: readonly ConformanceCase[] = [
  defineCase('R1-whole', 'read() returns the whole record, with the id that was passed', async (context) => {
    const store = await context.open()
    const made = await context.create(store, { userId: context.userId() })
    const record = await store.read(made.id)
    context.equal(record.id, made.id, 'record.id')
    context.equal(record.userId, made.userId, 'userId')
    context.sameData(record.dataJson, made.dataJson)
    const later = await store.update(made.id, context.json())
    context.equal((await store.read(later)).id, later, 'record.id after update()')
  }),

  defineCase('R1-own', 'read() returns the session of the id, never another session', async (context) => {
    const store = await context.open()
    const made = await Promise.all(
      Array.from({ length: 24 }, () => context.create(store, { userId: context.userId() })),
    )
    const records = await Promise.all(made.map(({ id }) => store.read(id)))
    for (const [n, record] of records.entries()) {
      context.equal(record.userId, made[n]?.userId, 'userId among many read at once')
      context.sameData(record.dataJson, made[n]?.dataJson ?? '')
    }
  }),

  defineCase('R3-expires', 'a session exists until its expiry, and not afterwards', async (context) => {
    const store = await context.open()
    await checkLifetime(context, async (ttlMs) => ({ store, ...(await context.create(store, { ttlMs })) }))
  }),

  defineCase('R3-expires-user', "a user's session with much data expires on time", async (context) => {
    const store = await context.open()
    const dataJson = JSON.stringify({ text: 'x'.repeat(1500) })
    await checkLifetime(context, async (ttlMs) => ({
      store,
      ...(await context.create(store, { ttlMs, dataJson, userId: context.userId() })),
    }))
  }),

  defineCase('R3-long', 'a session with a ttl of thirty days can be read', async (context) => {
    const store = await context.open()
    const { id } = await context.create(store, { ttlMs: 30 * 86_400_000 })
    await new Promise((resolve) => setTimeout(resolve, 50))
    await store.read(id)
  }),

  defineCase('R3-stays-gone', 'an expired session is NotFound for every call, and stays so', async (context) => {
    const store = await context.open()
    const made = await context.create(store, { ttlMs: 120 })
    await waitForEnd(context, made)
    await context.gone(store, made.id, 'an expired session')
    await context.rejects(store.update(made.id, '{}'), 'NotFound', 'updating an expired session')
    await context.rejects(store.touch(made.id, 60_000), 'NotFound', 'touching an expired session')
    await context.gone(store, made.id, 'an expired session, after update() and touch()')
    await store.delete(made.id)
    await context.gone(store, made.id, 'an expired session, after delete()')
  }),

  defineCase(
    'R3-deleted',
    'a deleted session is NotFound',
    async (context) => {
      const store = await context.open()
      const { id } = await context.create(store)
      await store.delete(id)
      await context.gone(store, id, 'a deleted session')
    },
    { families: ['server'] },
  ),

  ...foreignIds.map(([what, id], n) =>
    defineCase(
      `R4-foreign-${n + 1}`,
      `a value that is no id is rejected quickly with NotFound or Invalid: ${what}`,
      async (context) => {
        const store = await context.open()
        const looksMinted = context.harness.family === 'server' && id.length >= 20 && id.length <= 64
        const lenient = context.harness.declarations?.malformedIds === 'NotFound' || looksMinted
        const codes = lenient ? (['Invalid', 'NotFound'] as const) : ('Invalid' as const)
        await context.rejects(store.read(foreignId(id)), codes, `reading ${what}`)
        await context.rejects(store.update(foreignId(id), '{}'), codes, `updating ${what}`)
        await context.rejects(store.touch(foreignId(id), 1000), codes, `touching ${what}`)
        await store.delete(foreignId(id))
        await context.rejects(store.read(foreignId(id)), codes, `reading ${what} again`)
      },
    ),
  ),

  defineCase('R4-near-miss', 'a value that differs slightly from an id does not match it', async (context) => {
    const store = await context.open()
    const made = await context.create(store, { userId: context.userId() })
    const codes = context.harness.family === 'client' ? (['Invalid'] as const) : (['Invalid', 'NotFound'] as const)
    for (const [what, id] of nearMissesOf(made.id)) {
      await context.rejects(store.read(foreignId(id)), codes, `reading an id with ${what}`)
      await context.rejects(store.update(foreignId(id), '{"hit":true}'), codes, `updating an id with ${what}`)
      await context.rejects(store.touch(foreignId(id), 1), codes, `touching an id with ${what}`)
      await store.delete(foreignId(id))
    }
    context.sameData((await store.read(made.id)).dataJson, made.dataJson)
  }),

  defineCase('R5-no-life', 'read() does not extend a session', async (context) => {
    const store = await context.open()
    const made = await context.create(store)
    const before = await store.read(made.id)
    for (let n = 0; n < 5; n += 1) await store.read(made.id)
    const after = await store.read(made.id)
    context.equal(after.expiresAtMs, before.expiresAtMs, 'expiresAtMs after five reads')
    context.equal(after.createdAtMs, before.createdAtMs, 'createdAtMs after five reads')
    await checkLifetime(context, async (ttlMs) => {
      const short = await context.create(store, { ttlMs })
      await store.read(short.id)
      return { store, ...short }
    })
  }),

  defineCase(
    'R5-writes-nothing',
    'read() writes nothing, whether the session exists or not',
    async (context) => {
      const namespace = context.freshNamespace()
      const store = await context.open({ namespace })
      const { id } = await context.create(store, { userId: context.userId() })
      const unknown = await context.create(store)
      await store.delete(unknown.id)
      const before = await context.harness.inspect?.(namespace)
      await store.read(id)
      await context.gone(store, unknown.id, 'a deleted session')
      const after = await context.harness.inspect?.(namespace)
      context.equal(after?.toSorted().join('\n'), before?.toSorted().join('\n'), 'what the backend keeps')
    },
    { families: ['server'], needs: ['inspect'] },
  ),

  defineCase('R6-own-writes', 'a read sees an earlier write', async (context) => {
    const store = await context.open()
    let { id } = await context.create(store)
    for (let n = 0; n < 10; n += 1) {
      const dataJson = context.json()
      id = await store.update(id, dataJson)
      context.sameData((await store.read(id)).dataJson, dataJson)
    }
  }),

  defineCase(
    'R6-other-instance',
    'a read by another instance over the same backend sees an earlier write',
    async (context) => {
      const [a, b] = [await context.open(), await context.open()]
      let { id, dataJson } = await context.create(a, { userId: context.userId() })
      context.sameData((await b.read(id)).dataJson, dataJson)
      for (let n = 0; n < 5; n += 1) {
        const [writer, reader] = n % 2 === 0 ? [b, a] : [a, b]
        dataJson = context.json()
        id = await writer.update(id, dataJson)
        context.sameData((await reader.read(id)).dataJson, dataJson)
        id = await writer.touch(id, 60_000 + n * 60_000)
        const { createdAtMs, expiresAtMs } = await reader.read(id)
        context.ok(
          expiresAtMs - createdAtMs >= 60_000 + n * 60_000,
          'the new expiresAtMs',
          'the other instance reads the old one',
        )
      }
      if (context.harness.family === 'server') {
        await a.delete(id)
        await context.gone(b, id, 'a session that the other instance deleted')
      }
    },
    { needs: ['shared-backend'] },
  ),

  defineCase('R7-record', 'changing a returned record changes no session', async (context) => {
    const store = await context.open()
    const made = await context.create(store, { userId: context.userId() })
    const record = await store.read(made.id)
    const before = context.fields({ ...record })
    for (const [key, value] of Object.entries({ userId: 'other', dataJson: '{}', createdAtMs: 1, expiresAtMs: 1 })) {
      // A frozen record throws. Both are correct.
      Reflect.set(record, key, value)
    }
    const after = context.fields(await store.read(made.id))
    context.equal(JSON.stringify(after), JSON.stringify(before), 'the record, read again')
  }),

  defineCase('R7-options', 'changing the options after the call changes no session', async (context) => {
    const store = await context.open()
    const userId = context.userId()
    const dataJson = context.json()
    const options = { userId, dataJson, ttlMs: 60_000 }
    const pending = store.create(options)
    Object.assign(options, { userId: 'other', dataJson: '{"other":1}', ttlMs: 1 })
    const id = await pending
    Object.assign(options, { userId: 'third', dataJson: '{"third":1}', ttlMs: 2 })
    const record = await store.read(id)
    context.equal(record.userId, userId, 'userId')
    context.sameData(record.dataJson, dataJson)
    context.equal(record.expiresAtMs - record.createdAtMs, 60_000, 'expiresAtMs less createdAtMs')
  }),
]
