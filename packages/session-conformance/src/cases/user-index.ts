import { supportsUserIndex } from '@bext/session-core'
import type { ConformanceCase } from '../runner/case.js'
import { defineCase } from '../runner/case.js'
import { race, runRace } from '../toolbox/race.js'
import { retryWithLongerTtl, waitForEnd } from '../toolbox/lifetime.js'
import { hardUserIds } from '../toolbox/samples.js'
import { foreignId } from '../runner/checked-store.js'

const needs = ['user-index'] as const

export const userIndexCases: readonly ConformanceCase[] = [
  defineCase(
    'O1-declared',
    'the store has all methods of the user index if it declares it, otherwise none',
    async (context) => {
      const { store } = await context.openRaw()
      const declared = context.harness.capabilities?.includes('user-index') ?? false
      context.equal(supportsUserIndex(store), declared, 'whether the store has all three methods')
      if (declared) return
      const parts = ['listUserSessions', 'endUserSession', 'endUserSessions'].filter((method) => method in store)
      context.equal(parts.length, 0, 'the number of methods of an interface that is not declared')
    },
  ),

  defineCase(
    'O1-list',
    'listUserSessions() returns the live sessions of the user, oldest first, and no others',
    async (context) => {
      const [a, b] = await context.openTwo()
      const userId = context.userId()
      const made = []
      for (let n = 0; n < 3; n += 1) {
        made.push(await context.create(n % 2 === 0 ? a : b, { userId, ttlMs: 60_000 + n }))
        await new Promise((resolve) => setTimeout(resolve, 4))
      }
      await context.create(a, { userId: `${userId}x` })
      await context.create(a)
      const short = await context.create(a, { userId, ttlMs: 50 })
      const doomed = await context.create(a, { userId })
      await a.delete(doomed.id)
      await waitForEnd(context, short)
      const listed = await b.listUserSessions(userId)
      context.equal(listed.length, 3, 'the number of live sessions')
      for (const [n, { createdAtMs, expiresAtMs }] of listed.entries()) {
        const record = await a.read(made[n]?.id ?? foreignId(''))
        context.equal(createdAtMs, record.createdAtMs, `createdAtMs of session ${n + 1}`)
        context.equal(expiresAtMs, record.expiresAtMs, `expiresAtMs of session ${n + 1}`)
      }
      context.equal((await a.listUserSessions(context.userId())).length, 0, 'the number of sessions of an unknown user')
    },
    { needs },
  ),

  defineCase(
    'O1-after-writes',
    'a session stays listed after update() and touch(), until it expires',
    async (context) => {
      const store = await context.open()
      const { id, userId } = await retryWithLongerTtl(context, async (ttlMs) => {
        const freshUser = context.userId()
        const made = await context.create(store, { userId: freshUser, ttlMs })
        let latest = made.id
        for (const longer of [ttlMs * 1.5, ttlMs * 3, 3_600_000]) {
          latest = await store.touch(latest, Math.round(longer))
          latest = await store.update(latest, context.json())
        }
        await waitForEnd(context, { t1: made.t1, ttlMs: ttlMs * 4 })
        return { id: latest, userId: freshUser }
      })
      const listed = await store.listUserSessions(userId)
      context.equal(listed.length, 1, "the number of the user's sessions after its first end was moved")
      context.equal(listed[0]?.expiresAtMs, (await store.read(id)).expiresAtMs, 'expiresAtMs in the list')
      await store.endUserSessions(userId)
      await context.gone(store, id, 'a session that was extended and then ended by user')
    },
    { needs },
  ),

  defineCase(
    'O1-handle',
    'a handle ends its session, only for its user, and does not authenticate',
    async (context) => {
      const store = await context.open()
      const [userId, otherUser] = [context.userId(), context.userId()]
      const made = [await context.create(store, { userId }), await context.create(store, { userId })]
      const [first, second] = await store.listUserSessions(userId)
      context.ok(first !== undefined && second !== undefined, 'two sessions in the list', 'fewer')
      const handle = first?.handle ?? ''
      context.ok(handle !== second?.handle, 'a handle for each session', 'two sessions have one')
      const ids = made.map(({ id }): string => id)
      context.ok(
        !ids.includes(handle) && !ids.some((id) => handle.includes(id)),
        'a handle without the id',
        'it holds the id',
      )
      await context.rejects(store.read(foreignId(handle)), ['NotFound', 'Invalid'], 'reading a handle as an id')
      await store.endUserSession(otherUser, handle)
      context.equal(
        (await store.listUserSessions(userId)).length,
        2,
        "the number of sessions after another user's attempt",
      )
      for (const foreign of ['', 'x', '*', handle.slice(0, -1), `${handle}x`, handle.toLowerCase()]) {
        if (foreign !== handle) await store.endUserSession(userId, foreign)
      }
      context.equal((await store.listUserSessions(userId)).length, 2, 'the number of sessions after foreign handles')
      await store.endUserSession(userId, handle)
      await store.endUserSession(userId, handle)
      const left = await store.listUserSessions(userId)
      context.equal(left.length, 1, 'the number of sessions after one was ended')
      context.equal(left[0]?.handle, second?.handle, 'the handle that is left')
      const alive = await Promise.all(
        made.map(async ({ id }) => (await context.orNotFound(store.read(id))) !== undefined),
      )
      context.equal(alive.filter(Boolean).length, 1, 'the number of sessions that can be read')
    },
    { needs },
  ),

  defineCase(
    'O1-end-all-but',
    "ending all of a user's sessions except one ends the others, and no other user's",
    async (context) => {
      const [a, b] = await context.openTwo()
      const userId = context.userId()
      const made = await Promise.all(
        Array.from({ length: 12 }, (_, n) => context.create(n % 2 === 0 ? a : b, { userId })),
      )
      const bystander = await context.create(a, { userId: `${userId}x` })
      const [kept, ...others] = made
      await b.endUserSessions(userId, { except: kept?.id })
      for (const { id } of others) await context.gone(a, id, 'a session that was ended by user')
      await a.read(kept?.id ?? foreignId(''))
      await a.read(bystander.id)
      context.equal((await a.listUserSessions(userId)).length, 1, 'the number of sessions that are left')
      await a.endUserSessions(userId, { except: foreignId('no such id') })
      await context.gone(b, kept?.id ?? foreignId(''), 'the last session')
      await a.endUserSessions(userId)
      context.equal((await b.listUserSessions(userId)).length, 0, 'the number of sessions at last')
    },
    { needs },
  ),

  defineCase(
    'O1-misses-none',
    "ending all of a user's sessions misses none created before, also while others are being created",
    async (context) => {
      const [a, b] = await context.openTwo()
      await race(async () => {
        const userId = context.userId()
        const made = await Promise.all(Array.from({ length: 4 }, () => context.create(a, { userId })))
        const [, ...later] = await Promise.all([
          b.endUserSessions(userId),
          ...Array.from({ length: 4 }, () => context.create(a, { userId })),
        ])
        for (const { id } of made) await context.gone(a, id, 'a session that was created before the call')
        await b.endUserSessions(userId)
        for (const { id } of later) await context.gone(a, id, 'a session that was created before the second call')
      }, 12)
    },
    { needs },
  ),

  defineCase(
    'O1-touch-race',
    'a session that is touched while all sessions are ended is ended, too',
    async (context) => {
      const [a, b] = await context.openTwo()
      await race(async (round) => {
        const userId = context.userId()
        const { id } = await context.create(a, { userId })
        const touch = (): Promise<unknown> => context.orNotFound(a.touch(id, 3_600_000))
        const end = (): Promise<unknown> => b.endUserSessions(userId)
        await runRace(round, touch, end)
        await context.gone(a, id, 'a session that was touched while it was ended by user')
      }, 20)
    },
    { needs },
  ),

  defineCase(
    'O1-hard-users',
    'unusual user ids are separate users when listing and ending sessions',
    async (context) => {
      const store = await context.open({ namespace: context.freshNamespace() })
      const made = new Map<string, string>()
      for (const userId of hardUserIds) {
        const id = await store.create({ userId, dataJson: '{}', ttlMs: 60_000 }).catch(() => undefined)
        if (id !== undefined) made.set(userId, id)
      }
      for (const [userId, id] of made) {
        context.equal((await store.listUserSessions(userId)).length, 1, "the number of one user's sessions")
        await store.endUserSessions(userId)
        await context.gone(store, foreignId(id), 'the session of a user whose sessions were ended')
        made.delete(userId)
        for (const other of made.values()) await store.read(foreignId(other))
      }
    },
    { needs },
  ),
]
