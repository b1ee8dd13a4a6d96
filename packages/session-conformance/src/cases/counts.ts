import { isSessionError } from '@bext/session-core'
import type { ConformanceCase } from '../runner/case.js'
import { defineCase } from '../runner/case.js'
import { ConformanceFailure } from '../runner/failure.js'
import { foreignId } from '../runner/checked-store.js'

const manyUpdates = 300
const manyRejections = 70
const manySessions = 120

/** Defects that only a large number of calls or sessions shows: limits of lists, counters, leaks. */
export const countCases: readonly ConformanceCase[] = [
  defineCase('U1-many', `a session keeps its data over ${manyUpdates} updates`, async (context) => {
    const store = await context.open()
    let { id } = await context.create(store, { userId: context.userId() })
    const before = await store.read(id)
    for (let n = 1; n <= manyUpdates; n += 1) id = await store.update(id, `{"n":${n}}`)
    const after = await store.read(id)
    context.sameData(after.dataJson, `{"n":${manyUpdates}}`)
    context.equal(after.userId, before.userId, 'userId')
    context.equal(after.expiresAtMs, before.expiresAtMs, 'expiresAtMs')
  }),

  defineCase(
    'E5-after-rejections',
    `${manyRejections} rejected calls leave the store able to serve others`,
    async (context) => {
      const store = await context.open()
      const made = await context.create(store)
      const missing = await context.create(store)
      await store.delete(missing.id)
      const calls = [
        () => store.create({ dataJson: '{', ttlMs: 60_000 }),
        () => store.update(made.id, '{'),
        () => store.touch(made.id, 0),
        () => store.read(foreignId('no id')),
        ...(context.harness.family === 'server'
          ? [() => store.read(missing.id), () => store.update(missing.id, '{}'), () => store.touch(missing.id, 60_000)]
          : []),
      ]
      for (let n = 0; n < manyRejections; n += calls.length) {
        for (const settled of await Promise.allSettled(calls.map((call) => call()))) {
          if (settled.status === 'fulfilled') throw new ConformanceFailure('the call to be rejected', 'it resolved')
          if (!isSessionError(settled.reason)) throw settled.reason
        }
      }
      const id = await store.update(made.id, '{"served":true}')
      context.sameData((await store.read(id)).dataJson, '{"served":true}')
      await context.create(store)
    },
  ),

  defineCase(
    'O1-many',
    `all ${manySessions} sessions of a user are listed, and ended`,
    async (context) => {
      const store = await context.open()
      const userId = context.userId()
      const made = []
      for (let n = 0; n < manySessions; n += 20) {
        made.push(...(await Promise.all(Array.from({ length: 20 }, () => context.create(store, { userId })))))
      }
      const listed = await store.listUserSessions(userId)
      context.equal(new Set(listed.map(({ handle }) => handle)).size, manySessions, 'the number of different handles')
      await store.endUserSessions(userId)
      const left = await Promise.all(made.map(({ id }) => context.orNotFound(store.read(id))))
      context.equal(left.filter((record) => record !== undefined).length, 0, 'the number of sessions that are left')
    },
    { needs: ['user-index'] },
  ),
]
