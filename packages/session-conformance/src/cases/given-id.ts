import type { CreateOptions, SessionId } from '@bext/session-core'
import { mintSessionId, supportsGivenId } from '@bext/session-core'
import type { CheckedStore } from '../runner/checked-store.js'
import { foreignId } from '../runner/checked-store.js'
import type { ConformanceCase } from '../runner/case.js'
import { defineCase } from '../runner/case.js'
import type { CaseContext } from '../runner/case-context.js'
import { forEachInterleaving } from '../toolbox/interleavings.js'
import { waitForEnd } from '../toolbox/lifetime.js'
import { nearMissesOf } from '../toolbox/near-miss.js'
import { race } from '../toolbox/race.js'
import { badJson, badTtls } from '../toolbox/samples.js'

const needs = ['given-id'] as const
const families = ['server'] as const

// The length and the alphabet of an id are not enough, because the last of its 43 characters has only four bits.
const canonical = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/

/** Creates a session under a new id. Fails unless the store resolves to `created`. */
async function createGiven(
  context: CaseContext,
  store: CheckedStore,
  options: Partial<CreateOptions> = {},
  id: SessionId = mintSessionId(),
): Promise<{ readonly id: SessionId; readonly dataJson: string; readonly ttlMs: number; readonly t1: number }> {
  const { dataJson = context.json(), ttlMs = 60_000, userId } = options
  const { outcome } = await store.createWithId(id, { userId, dataJson, ttlMs })
  context.equal(outcome, 'created', 'the outcome for an id that no session has')
  return { id, dataJson, ttlMs, t1: Date.now() }
}

export const givenIdCases: readonly ConformanceCase[] = [
  defineCase(
    'O6-declared',
    'the store has createWithId() if and only if it declares it',
    async (context) => {
      const { store } = await context.openRaw()
      const declared = context.harness.capabilities?.includes('given-id') ?? false
      context.equal(supportsGivenId(store), declared, 'whether the store has createWithId()')
    },
    { families },
  ),

  defineCase(
    'O6-created',
    'createWithId() creates an ordinary session under the passed id',
    async (context) => {
      const [a, b] = await context.openTwo()
      const userId = context.userId()
      for (const owner of [userId, undefined]) {
        const before = Date.now()
        const { id, dataJson, ttlMs, t1 } = await createGiven(context, a, {
          userId: owner,
          dataJson: `{"b":1.0, "a":${context.json()}}`,
          ttlMs: 86_400_001,
        })
        const record = await b.read(id)
        context.equal(record.userId, owner, 'userId')
        context.sameData(record.dataJson, dataJson)
        context.equal(record.expiresAtMs - record.createdAtMs, ttlMs, 'expiresAtMs less createdAtMs')
        const tolerance = context.skewMs + context.granularityMs
        const isNow = record.createdAtMs >= before - tolerance && record.createdAtMs <= t1 + tolerance
        context.ok(isNow, 'createdAtMs to be the time of the call', 'it is another one')
        await b.update(id, '{"updated":true}')
        await a.touch(id, 60_000)
        context.sameData((await a.read(id)).dataJson, '{"updated":true}')
        await a.delete(id)
        await context.gone(b, id, 'a session of createWithId() after delete()')
      }
    },
    { families, needs },
  ),

  defineCase(
    'O6-taken',
    'createWithId() resolves to "taken" for the id of a session, and does not change that session',
    async (context) => {
      const [a, b] = await context.openTwo()
      const userId = context.userId()
      const made = [
        await createGiven(context, a, { userId }),
        await createGiven(context, a),
        await context.create(a, { userId }),
      ].filter(({ id }) => canonical.test(id))
      for (const { id } of made) {
        const before = await a.read(id)
        for (const [store, owner] of [
          [a, userId],
          [b, context.userId()],
          [b, undefined],
        ] as const) {
          const { outcome } = await store.createWithId(id, {
            userId: owner,
            dataJson: '{"other":true}',
            ttlMs: 3_600_000,
          })
          context.equal(outcome, 'taken', 'the outcome for an id that a session has')
        }
        const after = await a.read(id)
        context.sameData(after.dataJson, before.dataJson)
        context.equal(after.userId, before.userId, 'userId')
        context.equal(after.createdAtMs, before.createdAtMs, 'createdAtMs')
        context.equal(after.expiresAtMs, before.expiresAtMs, 'expiresAtMs')
      }
    },
    { families, needs },
  ),

  defineCase(
    'O6-taken-leaves-nothing',
    'createWithId() stores nothing for the id of a session',
    async (context) => {
      const namespace = context.freshNamespace()
      const store = await context.open({ namespace })
      const look = async (): Promise<string> =>
        [...((await context.harness.inspect?.(namespace)) ?? [])].toSorted().join('\n')
      const { id } = await createGiven(context, store, { userId: context.userId() })
      const before = await look()
      for (const userId of [context.userId(), undefined]) {
        await store.createWithId(id, { userId, dataJson: '{"other":true}', ttlMs: 3_600_000 })
      }
      context.ok((await look()) === before, 'the backend to hold what it held before', 'it holds something else')
    },
    { families, needs: ['given-id', 'inspect'] },
  ),

  defineCase(
    'O6-ended',
    'createWithId() creates a new session under the id of a deleted or expired one, with nothing of the old one',
    async (context) => {
      const [a, b] = await context.openTwo()
      const deleted = await createGiven(context, a, { userId: context.userId() })
      await b.delete(deleted.id)
      const expired = await createGiven(context, a, { userId: context.userId(), ttlMs: 50 })
      await waitForEnd(context, expired)
      for (const { id } of [deleted, expired]) {
        const again = await createGiven(context, b, { ttlMs: 120_000 }, id)
        const record = await a.read(id)
        context.sameData(record.dataJson, again.dataJson)
        context.equal(record.userId, undefined, 'userId of the new session')
        context.equal(record.expiresAtMs - record.createdAtMs, 120_000, 'expiresAtMs less createdAtMs')
      }
    },
    { families, needs },
  ),

  defineCase(
    'O6-bad-id',
    'an id that mintSessionId() cannot have created is Invalid for createWithId()',
    async (context) => {
      const store = await context.open()
      const id: string = mintSessionId()
      const misses = nearMissesOf(id).filter(([, miss]) => !canonical.test(miss))
      const others = ['', ' ', 'x', 'a'.repeat(32), 'B'.repeat(43), 'é'.repeat(43), undefined, null, 7, {}, [id]]
      for (const bad of [...misses.map(([, miss]) => miss), ...others]) {
        const call = store.createWithId(foreignId(bad), { dataJson: '{}', ttlMs: 60_000 })
        await context.rejects(call, 'Invalid', 'createWithId() with an id that was not minted')
      }
      await context.gone(store, foreignId(id), 'the id that the bad ones are like')
    },
    { families, needs },
  ),

  defineCase(
    'O6-bad-options',
    'options that create() rejects are Invalid for createWithId(), and the id stays free',
    async (context) => {
      const store = await context.open()
      const id = mintSessionId()
      for (const ttlMs of badTtls) {
        const call = store.createWithId(id, { dataJson: '{}', ttlMs: ttlMs as number })
        await context.rejects(call, 'Invalid', `createWithId() with ttlMs ${String(ttlMs)} (${typeof ttlMs})`)
      }
      for (const [what, dataJson] of badJson) {
        const call = store.createWithId(id, { dataJson: dataJson as string, ttlMs: 60_000 })
        await context.rejects(call, 'Invalid', `createWithId() with ${what} as dataJson`)
      }
      for (const options of [undefined, null, {}, { userId: 7, dataJson: '{}', ttlMs: 1000 }]) {
        await context.rejects(store.createWithId(id, options as never), 'Invalid', 'createWithId() with bad options')
      }
      await context.gone(store, id, 'a session whose createWithId() was refused')
      await createGiven(context, store, {}, id)
    },
    { families, needs },
  ),

  defineCase(
    'O6-one-wins',
    'of many concurrent createWithId() calls with the same id, exactly one creates its session',
    async (context) => {
      const [a, b] = await context.openTwo()
      await race(async () => {
        const id = mintSessionId()
        const users = Array.from({ length: 6 }, (_, n) => (n % 3 === 2 ? undefined : context.userId()))
        const results = await Promise.all(
          users.map((userId, n) =>
            (n % 2 === 0 ? a : b).createWithId(id, { userId, dataJson: `{"winner":${n}}`, ttlMs: 60_000 + n }),
          ),
        )
        const winners = results.flatMap(({ outcome }, n) => (outcome === 'created' ? [n] : []))
        context.equal(winners.length, 1, 'the number of calls that created the session')
        const [winner = 0] = winners
        const record = await b.read(id)
        context.sameData(record.dataJson, `{"winner":${winner}}`)
        context.equal(record.userId, users[winner], 'userId')
        context.equal(record.expiresAtMs - record.createdAtMs, 60_000 + winner, 'expiresAtMs less createdAtMs')
      }, 12)
    },
    { families, needs },
  ),

  defineCase(
    'O6-one-takes-over',
    'of many concurrent createWithId() calls with the id of an expired session, exactly one creates its session',
    async (context) => {
      const [a, b] = await context.openTwo()
      const expired = await Promise.all(Array.from({ length: 4 }, () => createGiven(context, a, { ttlMs: 50 })))
      for (const session of expired) await waitForEnd(context, session)
      for (const { id } of expired) {
        const results = await Promise.all(
          Array.from({ length: 6 }, (_, n) =>
            (n % 2 === 0 ? a : b).createWithId(id, { dataJson: `{"winner":${n}}`, ttlMs: 60_000 }),
          ),
        )
        const winners = results.flatMap(({ outcome }, n) => (outcome === 'created' ? [n] : []))
        context.equal(winners.length, 1, 'the number of calls that created the session')
        context.sameData((await b.read(id)).dataJson, `{"winner":${winners[0]}}`)
      }
    },
    { families, needs },
  ),

  defineCase(
    'O6-step',
    'a createWithId() held at any network step does not overwrite a session created under the id meanwhile',
    async (context) => {
      const ids = new Map<SessionId, SessionId>()
      const idFor = (id: SessionId): SessionId => ids.get(id) ?? ids.set(id, mintSessionId()).get(id) ?? id
      await forEachInterleaving(context, {
        held: (store, { id }) =>
          store.createWithId(idFor(id), { userId: context.userId(), dataJson: '{"late":true}', ttlMs: 60_000 }),
        meanwhile: (store, { id }) => createGiven(context, store, { dataJson: '{"first":true}' }, idFor(id)),
        async check(store, { id }) {
          const record = await store.read(idFor(id))
          context.sameData(record.dataJson, '{"first":true}')
          context.equal(record.userId, undefined, 'userId')
        },
      })
    },
    { families, needs: ['given-id', 'endpoint', 'shared-backend'] },
  ),

  defineCase(
    'O6-by-user',
    "createWithId() puts the session into its user's list, and nothing that is taken or has ended",
    async (context) => {
      const [a, b] = await context.openTwo()
      const [userId, otherUser] = [context.userId(), context.userId()]
      const { id } = await createGiven(context, a, { userId })
      const expired = await createGiven(context, a, { userId, ttlMs: 50 })
      await waitForEnd(context, expired)
      await createGiven(context, b, { userId: otherUser }, expired.id)
      await b.createWithId(id, { userId: otherUser, dataJson: '{}', ttlMs: 60_000 })
      await b.createWithId(id, { userId, dataJson: '{}', ttlMs: 60_000 })
      context.equal((await b.listUserSessions(userId)).length, 1, "the number of the user's sessions")
      context.equal((await a.listUserSessions(otherUser)).length, 1, "the number of the other user's sessions")
      await b.endUserSessions(userId)
      await context.gone(a, id, 'a session of createWithId() whose user was signed out everywhere')
      await a.read(expired.id)
      await a.endUserSessions(otherUser)
      await context.gone(b, expired.id, 'the session that took the id of an expired one')
    },
    { families, needs: ['given-id', 'user-index'] },
  ),
]
