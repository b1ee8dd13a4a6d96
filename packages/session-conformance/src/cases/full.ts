import { isSessionError, mintSessionId } from '@bext/session-core'
import type { ConformanceCase } from '../runner/case.js'
import { defineCase } from '../runner/case.js'
import type { CaseContext } from '../runner/case-context.js'
import { ConformanceFailure } from '../runner/failure.js'
import { untilItWorks } from '../toolbox/faulty-backend.js'
import type { CheckedStore } from '../runner/checked-store.js'

const largeBytes = 65_536
const laterMs = 7_200_000

function largeJson(context: CaseContext): string {
  const bytes = Math.min(largeBytes, context.harness.declarations?.maxDataBytes ?? largeBytes)
  return JSON.stringify('x'.repeat(bytes - 2))
}

/** Returns true if a call that needs space was rejected. Fails if it rejected with another code than `Backend`. */
async function wasRefused(call: Promise<unknown>, name: string): Promise<boolean> {
  try {
    await call
    return false
  } catch (error) {
    if (!isSessionError(error)) throw error
    if (error.code === 'Backend') return true
    throw new ConformanceFailure(`${name} at a full backend to be answered with Backend`, `it was ${error.code}`)
  }
}

async function fill(context: CaseContext, store: CheckedStore, namespace: string): Promise<() => Promise<void>> {
  const end = await context.bring('fill', (conditions) => conditions.fill?.(namespace))
  const dataJson = largeJson(context)
  if (await wasRefused(context.create(store, { dataJson }), 'create()')) return end
  throw new Error(`The harness' condition fill left room for a session with ${dataJson.length} bytes of data.`)
}

async function serves<T>(call: Promise<T>, name: string): Promise<T> {
  try {
    return await call
  } catch (error) {
    if (!isSessionError(error)) throw error
    throw new ConformanceFailure(`${name} to go on at a full backend`, `it was ${error.code} (${error.reason})`)
  }
}

/** Cases with a full backend (L2). They run alone, because the whole server may have to be filled. */
export const fullCases: readonly ConformanceCase[] = [
  defineCase(
    'L2-refuses',
    'a write that needs space in a full backend rejects with Backend, and stores nothing',
    async (context) => {
      const namespace = context.freshNamespace()
      const store = await context.open({ namespace })
      const userId = context.userId()
      const kept = await context.create(store, { userId })
      const look = async (): Promise<string> =>
        [...((await context.harness.inspect?.(namespace)) ?? [])].toSorted().join('\n')
      const before = await look()
      const end = await fill(context, store, namespace)
      const dataJson = largeJson(context)
      for (let n = 0; n < 4; n += 1) {
        for (const user of [context.userId(), userId, undefined]) {
          const isRefused = await wasRefused(context.create(store, { dataJson, userId: user }), 'create()')
          context.ok(isRefused, 'create() at a full backend to be answered with Backend each time', 'it resolved')
        }
      }
      const isUpdateRefused = await wasRefused(store.update(kept.id, dataJson), 'update()')
      const after = await serves(store.read(kept.id), 'read()')
      context.sameData(after.dataJson, isUpdateRefused ? kept.dataJson : dataJson)
      if (isUpdateRefused) {
        context.ok((await look()) === before, 'what was refused to leave nothing in the backend', 'something was left')
      }
      await end()
      await untilItWorks(context, store, () => context.create(store, { userId }))
    },
    { families: ['server'], needs: ['fill', 'inspect'], exclusive: true },
  ),

  defineCase(
    'L2-goes-on',
    'read(), touch() and delete() work with a full backend',
    async (context) => {
      const namespace = context.freshNamespace()
      const store = await context.open({ namespace })
      const [kept, doomed] = [
        await context.create(store, { userId: context.userId() }),
        await context.create(store, { userId: context.userId() }),
      ]
      const end = await fill(context, store, namespace)
      context.sameData((await serves(store.read(kept.id), 'read()')).dataJson, kept.dataJson)
      await serves(store.touch(kept.id, laterMs), 'touch()')
      const { expiresAtMs } = await serves(store.read(kept.id), 'read()')
      context.ok(expiresAtMs > kept.t1 + laterMs / 2, 'touch() to move the end at a full backend', 'it did not')
      await serves(store.delete(doomed.id), 'delete()')
      await context.gone(store, doomed.id, 'a session that was deleted at a full backend')
      await end()
      context.sameData((await untilItWorks(context, store, () => store.read(kept.id))).dataJson, kept.dataJson)
    },
    { families: ['server'], needs: ['fill'], exclusive: true },
  ),

  defineCase(
    'L2-goes-on-by-user',
    "listing and ending a user's sessions works with a full backend",
    async (context) => {
      const namespace = context.freshNamespace()
      const store = await context.open({ namespace })
      const userId = context.userId()
      const made = []
      for (let n = 0; n < 3; n += 1) made.push(await context.create(store, { userId }))
      await fill(context, store, namespace)
      const listed = await serves(store.listUserSessions(userId), 'listUserSessions()')
      context.equal(listed.length, made.length, "the number of the user's sessions at a full backend")
      await serves(store.endUserSession(userId, listed[0]?.handle ?? ''), 'endUserSession()')
      const left = await serves(store.listUserSessions(userId), 'listUserSessions()')
      context.equal(left.length, made.length - 1, 'the number of sessions after one was ended')
      await serves(store.endUserSessions(userId), 'endUserSessions()')
      for (const { id } of made) await context.gone(store, id, 'a session that was ended at a full backend')
    },
    { families: ['server'], needs: ['fill', 'user-index'], exclusive: true },
  ),
  defineCase(
    'L2-refuses-given-id',
    'createWithId() rejects with Backend if a full backend has no space, and stores nothing',
    async (context) => {
      const namespace = context.freshNamespace()
      const store = await context.open({ namespace })
      const userId = context.userId()
      const look = async (): Promise<string> =>
        [...((await context.harness.inspect?.(namespace)) ?? [])].toSorted().join('\n')
      const before = await look()
      const end = await fill(context, store, namespace)
      const options = { dataJson: largeJson(context), userId, ttlMs: 60_000 }
      const isRefused = await wasRefused(store.createWithId(mintSessionId(), options), 'createWithId()')
      context.ok(isRefused, 'createWithId() at a full backend to be answered with Backend', 'it resolved')
      context.ok((await look()) === before, 'what was refused to leave nothing in the backend', 'something was left')
      await end()
      await untilItWorks(context, store, () => store.createWithId(mintSessionId(), options))
    },
    { families: ['server'], needs: ['fill', 'inspect', 'given-id'], exclusive: true },
  ),
]
