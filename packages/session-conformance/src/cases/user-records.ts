import type { SessionId, UserRecord } from '@bext/session-core'
import { supportsUserRecords } from '@bext/session-core'
import type { CaseContext, MadeSession } from '../runner/case-context.js'
import type { ConformanceCase } from '../runner/case.js'
import { defineCase } from '../runner/case.js'
import type { CheckedStore } from '../runner/checked-store.js'
import { foreignId } from '../runner/checked-store.js'
import { forEachInterleaving } from '../toolbox/interleavings.js'
import { waitForEnd } from '../toolbox/lifetime.js'
import { race, runRace } from '../toolbox/race.js'
import { badJson, hardJson } from '../toolbox/samples.js'

const needs = ['user-records'] as const

/** Returns the handle of the user's only session. */
async function onlyHandle(store: CheckedStore, userId: string | undefined): Promise<string> {
  return (await store.listUserRecords(userId ?? ''))[0]?.handle ?? ''
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

interface Listed extends MadeSession {
  readonly userId: string
  readonly handle: string
}

/** Creates the only session of a new user. */
async function makeListed(context: CaseContext, store: CheckedStore): Promise<Listed> {
  const userId = context.userId()
  const made = await context.create(store, { userId })
  return { ...made, userId, handle: await onlyHandle(store, userId) }
}

/** A user's sessions with their data (O5): as complete as O1, and updates as safe as O4. */
export const userRecordCases: readonly ConformanceCase[] = [
  defineCase(
    'O5-declared',
    'the store has both methods of records by user if it declares them, otherwise none',
    async (context) => {
      const { store } = await context.openRaw()
      const declared = context.harness.capabilities?.includes('user-records') ?? false
      context.equal(supportsUserRecords(store), declared, 'whether the store has both methods')
      if (declared) return
      const parts = ['listUserRecords', 'updateUserRecord'].filter((method) => method in store)
      context.equal(parts.length, 0, 'the number of methods of an interface that is not declared')
    },
  ),

  defineCase(
    'O5-list',
    "listUserRecords() returns the user's live sessions with their present data, oldest first, and no others",
    async (context) => {
      const [a, b] = await context.openTwo()
      const userId = context.userId()
      const made: SessionId[] = []
      for (let n = 0; n < 3; n += 1) {
        made.push((await context.create(n % 2 === 0 ? a : b, { userId, ttlMs: 60_000 + n })).id)
        await new Promise((resolve) => setTimeout(resolve, 4))
      }
      made[1] = await a.update(made[1] ?? foreignId(''), context.json())
      made[2] = await a.touch(made[2] ?? foreignId(''), 3_600_000)
      await context.create(a, { userId: `${userId}x` })
      const short = await context.create(a, { userId, ttlMs: 50 })
      const doomed = await context.create(a, { userId })
      await a.delete(doomed.id)
      await waitForEnd(context, short)
      const listed = await b.listUserRecords(userId)
      context.equal(listed.length, 3, 'the number of live sessions')
      for (const [n, { createdAtMs, expiresAtMs, dataJson }] of listed.entries()) {
        const record = await a.read(made[n] ?? foreignId(''))
        context.equal(createdAtMs, record.createdAtMs, `createdAtMs of session ${n + 1}`)
        context.equal(expiresAtMs, record.expiresAtMs, `expiresAtMs of session ${n + 1}`)
        context.sameData(dataJson, record.dataJson)
      }
      context.equal((await a.listUserRecords(context.userId())).length, 0, 'the number of sessions of an unknown user')
    },
    { needs },
  ),

  defineCase(
    'O5-hard-data',
    'listUserRecords() returns data that stores are known to change as it was written',
    async (context) => {
      const store = await context.open()
      const userId = context.userId()
      const made = await Promise.all(hardJson.map(([, dataJson]) => context.create(store, { userId, dataJson })))
      const listed = await store.listUserRecords(userId)
      context.equal(listed.length, made.length, 'the number of live sessions')
      for (const [, written] of hardJson) {
        const found = listed.some(({ dataJson }) => context.isSameData(dataJson, written))
        context.ok(found, 'each data in the list as it was written', 'one is missing', 'R2')
      }
    },
    { needs },
  ),

  defineCase(
    'O5-handle',
    'a list with data contains nothing that authenticates, and the handles of listUserSessions()',
    async (context) => {
      const store = await context.open()
      const { id, userId, handle } = await makeListed(context, store)
      const [record] = await store.listUserRecords(userId)
      const shown = JSON.stringify(record ?? {})
      context.ok(!shown.includes(id), 'a record without the id', 'it contains the id')
      await context.rejects(store.read(foreignId(handle)), ['NotFound', 'Invalid'], 'reading a handle as an id')
      if (context.harness.capabilities?.includes('user-index') !== true) return
      context.ok((await store.listUserSessions(userId))[0]?.handle === handle, 'one handle in both lists', 'two')
    },
    { needs },
  ),

  defineCase(
    'O5-update',
    'updateUserRecord() replaces data that is as it was read, and nothing else',
    async (context) => {
      const [a, b] = await context.openTwo()
      const { id, userId, handle, dataJson } = await makeListed(context, a)
      const other = await context.create(b, { userId })
      const before = await a.read(id)
      const { outcome } = await b.updateUserRecord(userId, handle, dataJson, '{"role":"none"}')
      context.equal(outcome, 'updated', 'the outcome')
      const after = await a.read(id)
      context.sameData(after.dataJson, '{"role":"none"}')
      context.equal(after.userId, before.userId, 'userId')
      context.equal(after.createdAtMs, before.createdAtMs, 'createdAtMs')
      context.equal(after.expiresAtMs, before.expiresAtMs, 'expiresAtMs')
      context.sameData((await a.read(other.id)).dataJson, other.dataJson)
      context.equal((await a.listUserRecords(userId)).length, 2, 'the number of sessions after the update')
    },
    { needs },
  ),

  defineCase(
    'O5-changed',
    'updateUserRecord() resolves to "changed" if any byte of the data differs, and changes nothing',
    async (context) => {
      const store = await context.open()
      const userId = context.userId()
      const { id } = await context.create(store, { userId, dataJson: '{"a":1}' })
      const handle = await onlyHandle(store, userId)
      for (const expected of ['{"a":2}', '{ "a":1}', '{"a":1} ', '', '{"a":1.0}', 'not even JSON']) {
        const { outcome } = await store.updateUserRecord(userId, handle, expected, '{"a":3}')
        context.equal(outcome, 'changed', 'the outcome for other data')
      }
      context.sameData((await store.read(id)).dataJson, '{"a":1}')
      for (const [what, dataJson] of badJson) {
        const call = store.updateUserRecord(userId, handle, '{"a":1}', dataJson as string)
        await context.rejects(call, 'Invalid', `updateUserRecord() with ${what}`)
      }
      context.sameData((await store.read(id)).dataJson, '{"a":1}')
    },
    { needs },
  ),

  defineCase(
    'O5-gone',
    'updateUserRecord() resolves to "gone" for a session that has ended or expired, and does not revive it',
    async (context) => {
      const store = await context.open()
      const ended = await makeListed(context, store)
      await store.delete(ended.id)
      const expiring = context.userId()
      const short = await context.create(store, { userId: expiring, ttlMs: 400 })
      const shortHandle = await onlyHandle(store, expiring)
      await waitForEnd(context, short)
      for (const [userId, handle, { id, dataJson }] of [
        [ended.userId, ended.handle, ended],
        [expiring, shortHandle, short],
      ] as const) {
        const { outcome } = await store.updateUserRecord(userId, handle, dataJson, '{"back":true}')
        context.equal(outcome, 'gone', 'the outcome for a session that is gone')
        await context.gone(store, id, 'a session that is gone, after updateUserRecord()')
        context.equal(
          (await store.listUserRecords(userId)).length,
          0,
          'the number of sessions after updateUserRecord()',
        )
      }
    },
    { needs },
  ),

  defineCase(
    'O5-other-user',
    'updateUserRecord() resolves to "gone" for another user\'s handle and for what is no handle, and changes nothing',
    async (context) => {
      const store = await context.open()
      const { id, userId, handle, dataJson } = await makeListed(context, store)
      for (const other of [context.userId(), `${userId}x`, userId.slice(0, -1), '']) {
        const { outcome } = await store.updateUserRecord(other, handle, dataJson, '{"stolen":true}')
        context.equal(outcome, 'gone', "the outcome for another user's handle")
      }
      for (const foreign of ['', 'x', '*', handle.slice(0, -1), `${handle}x`, handle.toLowerCase(), id]) {
        if (foreign === handle) continue
        const { outcome } = await store.updateUserRecord(userId, foreign, dataJson, '{"stolen":true}')
        context.equal(outcome, 'gone', 'the outcome for what is no handle')
      }
      context.sameData((await store.read(id)).dataJson, dataJson)
    },
    { needs },
  ),

  defineCase(
    'O5-one-wins',
    'of many concurrent updates by handle and by id with the same data read, exactly one updates',
    async (context) => {
      const [a, b] = await context.openTwo()
      const comparesById = context.harness.capabilities?.includes('compare') ?? false
      await race(async () => {
        const { id, userId, handle, dataJson } = await makeListed(context, a)
        const results = await Promise.all(
          Array.from({ length: 6 }, (_, n) => {
            const store = n % 2 === 0 ? a : b
            return comparesById && n === 5
              ? store.updateIfUnchanged(id, dataJson, `{"winner":${n}}`)
              : store.updateUserRecord(userId, handle, dataJson, `{"winner":${n}}`)
          }),
        )
        const winners = results.flatMap(({ outcome }, n) => (outcome === 'updated' ? [n] : []))
        context.equal(winners.length, 1, 'the number of winners')
        context.sameData((await b.read(id)).dataJson, `{"winner":${winners[0]}}`)
      }, 12)
    },
    { needs },
  ),

  defineCase(
    'O5-delete-duel',
    'a session that is deleted while it is updated by its handle is gone',
    async (context) => {
      const [a, b] = await context.openTwo()
      await race(async (round) => {
        const { id, userId, handle, dataJson } = await makeListed(context, a)
        const update = (): Promise<unknown> => a.updateUserRecord(userId, handle, dataJson, '{"back":true}')
        await runRace(round, update, () => b.delete(id))
        await context.gone(b, id, 'a session that was deleted while it was updated by its handle')
      }, 20)
    },
    { needs },
  ),

  defineCase(
    'O5-rotating',
    "a list taken while a user's other sessions are replaced contains each session that lasts, whole",
    async (context) => {
      const [a, b] = await context.openTwo()
      const userId = context.userId()
      const lasting = await Promise.all(
        Array.from({ length: 3 }, (_, n) =>
          context.create(a, { userId, dataJson: `{"lasting":${n}}`, ttlMs: 900_000 + n }),
        ),
      )
      const known = new Map<string, string>()
      for (const { handle, dataJson } of await a.listUserRecords(userId)) known.set(handle, dataJson)

      function check(listed: readonly UserRecord[]): void {
        const found = listed.filter(({ handle }) => known.has(handle))
        context.equal(found.length, lasting.length, 'the number of listed sessions that last')
        for (const { handle, dataJson } of found) context.sameData(dataJson, known.get(handle) ?? '')
        for (const { createdAtMs, expiresAtMs, dataJson } of listed) {
          const [, kind, n] = /^\{\s*"(lasting|rotates)"\s*:\s*(\d)\s*\}$/.exec(dataJson) ?? []
          context.ok(kind !== undefined, 'each listed session to have data that was created', 'one has other data')
          const ttlMs = kind === 'lasting' ? 900_000 + Number(n) : 60_000
          context.equal(expiresAtMs - createdAtMs, ttlMs, 'the lifetime of a session with this data')
        }
      }

      let isListing = true
      const rotated = Promise.all(
        Array.from({ length: 3 }, async (_, n) => {
          for (let id: SessionId | undefined; isListing; await nextTurn()) {
            const next = await context.create(b, { userId, dataJson: `{"rotates":${n}}` })
            await nextTurn()
            if (id !== undefined) await b.delete(id)
            id = next.id
          }
        }),
      )
      // A failure of a list is reported first.
      rotated.catch(() => undefined)
      try {
        for (let lists = 0; lists < 12; lists += 1) {
          check(await a.listUserRecords(userId))
          await nextTurn()
        }
      } finally {
        isListing = false
      }
      await rotated
    },
    { needs },
  ),

  defineCase(
    'O5-step',
    'an updateUserRecord() held at any network step does not undo an update()',
    async (context) => {
      await forEachInterleaving(context, {
        held: async (store, { userId = '', dataJson }) =>
          store.updateUserRecord(userId, await onlyHandle(store, userId), dataJson, '{"late":true}'),
        meanwhile: (store, { id }) => store.update(id, '{"newer":true}'),
        check: async (store, { id }) => context.sameData((await store.read(id)).dataJson, '{"newer":true}'),
      })
    },
    { families: ['server'], needs: ['user-records', 'endpoint', 'shared-backend'] },
  ),
]
