import type { ConformanceCase } from '../runner/case.js'
import { defineCase } from '../runner/case.js'
import { hardUserIds } from '../toolbox/samples.js'

export const isolationCases: readonly ConformanceCase[] = [
  defineCase(
    'I1-no-ids-kept',
    'the backend stores no id that authenticates',
    async (context) => {
      const namespace = context.freshNamespace()
      const store = await context.open({ namespace })
      const made = [await context.create(store, { userId: context.userId() }), await context.create(store)]
      const kept = ((await context.harness.inspect?.(namespace)) ?? []).join('\n')
      context.ok(kept.length > 0, 'the harness to show what the backend keeps', 'it shows nothing')
      for (const { id } of made) {
        const spellings = [id, Buffer.from(id).toString('hex'), Buffer.from(id).toString('base64')]
        for (const encoding of ['base64url', 'hex'] as const) {
          const bytes = Buffer.from(id, encoding)
          // An id that is not valid in that encoding decodes to a few bytes, which occur in any text.
          if (bytes.length >= 16)
            spellings.push(bytes.toString('hex'), bytes.toString('base64'), bytes.toString('base64url'))
        }
        const found = spellings.some(
          (spelling) => kept.includes(spelling) || kept.toLowerCase().includes(spelling.toLowerCase()),
        )
        context.ok(!found, 'only hashes of ids in the backend', 'the id is there, as it is or encoded')
      }
    },
    { families: ['server'], needs: ['inspect'] },
  ),

  defineCase('I2-namespaces', "stores of different namespaces do not see each other's sessions", async (context) => {
    const a = await context.open()
    const b = await context.open({ namespace: context.freshNamespace() })
    const userId = context.userId()
    const made = await context.create(a, { userId })
    const code = context.harness.family === 'client' ? ('Invalid' as const) : ('NotFound' as const)
    await context.rejects(b.read(made.id), code, "reading another namespace's session")
    await context.rejects(b.update(made.id, '{}'), code, "updating another namespace's session")
    await context.rejects(b.touch(made.id, 1), code, "touching another namespace's session")
    await b.delete(made.id)
    context.sameData((await a.read(made.id)).dataJson, made.dataJson)
    const other = await context.create(b, { userId })
    await a.delete(other.id)
    context.sameData((await b.read(other.id)).dataJson, other.dataJson)
  }),

  defineCase(
    'I2-namespace-prefix',
    'a namespace whose name begins with that of another is separate',
    async (context) => {
      const namespace = context.freshNamespace()
      const [a, b] = [await context.open({ namespace }), await context.open({ namespace: `${namespace}x` })]
      const userId = context.userId()
      const inB = await context.create(b, { userId })
      await context.create(a, { userId })
      context.equal((await a.listUserSessions(userId)).length, 1, "the number of the user's sessions")
      await a.endUserSessions(userId)
      context.sameData((await b.read(inB.id)).dataJson, inB.dataJson)
    },
    { needs: ['user-index'] },
  ),

  defineCase(
    'I2-handles',
    "a handle of another namespace's session ends nothing",
    async (context) => {
      const [a, b] = [await context.open(), await context.open({ namespace: context.freshNamespace() })]
      const userId = context.userId()
      const [inA, inB] = [await context.create(a, { userId }), await context.create(b, { userId })]
      const [listed] = await a.listUserSessions(userId)
      await b.endUserSession(userId, listed?.handle ?? '')
      context.sameData((await a.read(inA.id)).dataJson, inA.dataJson)
      context.sameData((await b.read(inB.id)).dataJson, inB.dataJson)
    },
    { needs: ['user-index'] },
  ),

  defineCase('I3-long-user', 'a long user id is stored whole, or Invalid', async (context) => {
    const store = await context.open()
    for (const length of [100, 256, 1000]) {
      const userId = `${context.userId()}-${'x'.repeat(length)}`
      const made = await context.orInvalid(context.create(store, { userId }))
      context.ok(made !== undefined || length > 100, 'a user id of 120 characters to be taken', 'it was refused')
      if (made !== undefined) context.equal((await store.read(made.id)).userId === userId, true, 'whether it is whole')
    }
  }),

  ...hardUserIds.map((userId, n) =>
    defineCase(
      `I3-user-${n + 1}`,
      `an unusual user id is stored unchanged, or Invalid: ${JSON.stringify(userId)}`,
      async (context) => {
        const store = await context.open()
        const bystander = await context.create(store, { userId: 'a' })
        const made = await context.orInvalid(context.create(store, { userId }))
        if (made === undefined) return
        let { id } = made
        context.equal((await store.read(id)).userId, userId, 'userId')
        id = await store.update(id, '{"updated":true}')
        id = await store.touch(id, 120_000)
        const record = await store.read(id)
        context.equal(record.userId, userId, 'userId after update() and touch()')
        context.sameData(record.dataJson, '{"updated":true}')
        context.equal((await store.read(bystander.id)).userId, 'a', "another session's userId")
        context.sameData((await store.read(bystander.id)).dataJson, bystander.dataJson)
      },
    ),
  ),

  defineCase('I3-data', 'data that look like commands or keys affect no other session', async (context) => {
    const store = await context.open()
    const bystander = await context.create(store, { userId: context.userId() })
    const texts = [
      '__proto__',
      'a\r\nDEL *\r\n',
      "'; DELETE FROM sessions; --",
      '$1 ${x} {{y}} %s %n',
      '\\',
      '\n1\n2\n',
    ]
    for (const text of texts) {
      const dataJson = JSON.stringify({ [text]: text, list: [text] })
      const { id } = await context.create(store, { dataJson, userId: context.userId() })
      context.sameData((await store.read(id)).dataJson, dataJson)
    }
    context.sameData((await store.read(bystander.id)).dataJson, bystander.dataJson)
    context.ok(Reflect.get({}, 'admin') === undefined, 'an unpolluted Object.prototype', 'it is polluted')
  }),

  defineCase('I3-one-user-many', 'a user can have several sessions', async (context) => {
    const store = await context.open()
    const userId = context.userId()
    const made = [await context.create(store, { userId }), await context.create(store, { userId })]
    made.push(...(await Promise.all(Array.from({ length: 8 }, () => context.create(store, { userId })))))
    for (const { id, dataJson } of made) context.sameData((await store.read(id)).dataJson, dataJson)
  }),
]
