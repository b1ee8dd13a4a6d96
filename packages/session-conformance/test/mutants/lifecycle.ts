import { asSessionId, SessionError } from '@bext/session-core'
import { serverMutant } from './build.js'
import type { Mutant } from './mutant.js'
import { notFound } from './server-base.js'

const hourMs = 3_600_000

/** Stores whose update(), touch() or delete() is wrong for a live or a missing session. */
export const lifecycleMutants: readonly Mutant[] = [
  serverMutant({
    name: 'create() fails',
    rule: 'C1',
    breaks: 'The table was not created.',
    caughtBy: ['C1-first'],
    steps: () => ({
      create: () => Promise.reject(new SessionError('failed', 'The backend failed.', { cause: new Error('no table') })),
    }),
  }),
  serverMutant({
    name: 'update() upserts',
    rule: 'U3',
    breaks: 'A SET command writes the key whether it exists or not.',
    caughtBy: ['U3-deleted', 'U3-expired', 'U3-unknown', 'D2-gone'],
    steps: (right, { rows }) => ({
      async update(id, dataJson) {
        const data = right.checkData(dataJson)
        const nowMs = Date.now()
        const fresh = { userId: undefined, createdAtMs: nowMs, expiresAtMs: nowMs + hourMs }
        const row = rows.get(right.keyOf(id))
        rows.set(right.keyOf(id), { ...(row === undefined || right.isOver(row) ? fresh : row), dataJson: data })
        return id
      },
    }),
  }),
  serverMutant({
    name: 'update() merges',
    rule: 'U1',
    breaks: 'Session data is an object, so an update was read as a patch.',
    caughtBy: ['U1-data-only'],
    steps: (right) => ({
      async update(id, dataJson) {
        const before = JSON.parse(right.find(id)[1].dataJson) as object
        return right.update(id, JSON.stringify({ ...before, ...(JSON.parse(right.checkData(dataJson)) as object) }))
      },
    }),
  }),
  serverMutant({
    name: 'update() drops the user',
    rule: 'U1',
    breaks: 'The whole row is written from the arguments of update().',
    caughtBy: ['U1-data-only'],
    steps: (right) => ({
      async update(id, dataJson) {
        const [key, row] = right.find(id)
        right.replace(key, { ...row, userId: undefined, dataJson: right.checkData(dataJson) })
        return id
      },
    }),
  }),
  serverMutant({
    name: 'update() resets the creation time',
    rule: 'U1',
    breaks: 'One function writes all rows, and sets the time of creation.',
    caughtBy: ['U1-data-only'],
    steps: (right) => ({
      async update(id, dataJson) {
        const [key, row] = right.find(id)
        right.replace(key, { ...row, createdAtMs: Date.now(), dataJson: right.checkData(dataJson) })
        return id
      },
    }),
  }),
  serverMutant({
    name: 'update() of a missing session resolves',
    rule: 'U3',
    breaks: 'An UPDATE that matches no row is no error of the driver.',
    caughtBy: ['U3-deleted', 'U3-expired'],
    steps: (right) => ({
      update: (id, dataJson) =>
        right.update(id, dataJson).catch((error: unknown) => {
          if (error instanceof Error && error.message === notFound().message) return id
          throw error
        }),
    }),
  }),
  serverMutant({
    name: 'touch() of a missing session resolves',
    rule: 'T3',
    breaks: 'The reply of EXPIRE, 0 or 1, is ignored.',
    caughtBy: ['T3-deleted', 'T3-expired', 'R3-stays-gone'],
    steps: (right) => ({
      touch: (id, ttlMs) =>
        right.touch(id, ttlMs).catch((error: unknown) => {
          if (error instanceof Error && error.message === notFound().message) return id
          throw error
        }),
    }),
  }),
  serverMutant({
    name: 'update() revives a soft-deleted session',
    rule: 'U3',
    breaks: 'Deleted rows are kept with a flag for the audit. update() writes the row without the flag.',
    caughtBy: ['U3-deleted'],
    steps: (right, { rows }) => {
      const deleted = new Set<string>()
      return {
        async delete(id) {
          if (rows.has(right.keyOf(id))) deleted.add(right.keyOf(id))
        },
        async read(id) {
          if (deleted.has(right.keyOf(id))) throw notFound()
          return right.read(id)
        },
        async update(id, dataJson) {
          const updated = await right.update(id, dataJson)
          deleted.delete(right.keyOf(id))
          return updated
        },
      }
    },
  }),
  serverMutant({
    name: 'touch() revives a soft-deleted session',
    rule: 'T3',
    breaks: 'delete() sets the expiry to now, and touch() changes any expiry.',
    caughtBy: ['T3-deleted', 'T3-expired', 'R3-stays-gone'],
    steps: (right, { rows }) => ({
      async delete(id) {
        const row = rows.get(right.keyOf(id))
        if (row) rows.set(right.keyOf(id), { ...row, expiresAtMs: 0 })
      },
      async touch(id, ttlMs) {
        const row = rows.get(right.keyOf(id))
        if (row === undefined) return right.touch(id, ttlMs)
        rows.set(right.keyOf(id), { ...row, expiresAtMs: Date.now() + right.checkTtl(ttlMs) })
        return id
      },
    }),
  }),
  serverMutant({
    name: 'read() resolves to null for a missing session',
    rule: 'R1',
    breaks: 'A cache returns null for a missing key.',
    caughtBy: ['R3-deleted', 'R3-stays-gone'],
    steps: (right) => ({ read: (id) => right.read(id).catch(() => null as never) }),
  }),
  serverMutant({
    name: 'read() creates a missing session',
    rule: 'R3',
    breaks: 'session_start() does so in PHP.',
    caughtBy: ['R3-deleted', 'R3-stays-gone'],
    steps: (right) => ({
      async read(id) {
        const now = Date.now()
        right.insert(right.keyOf(id), {
          userId: undefined,
          dataJson: '{}',
          createdAtMs: now,
          expiresAtMs: now + hourMs,
        })
        return right.read(id)
      },
    }),
  }),
  serverMutant({
    name: 'a session exists until it is swept',
    rule: 'R3',
    breaks: 'Only the sweep removes expired sessions, and reads rely on it.',
    caughtBy: ['R3-expires', 'R3-stays-gone', 'T3-expired', 'U3-expired'],
    steps: (right, { rows }) => ({
      find(id) {
        const row = rows.get(right.keyOf(id))
        return row === undefined ? right.find(id) : [right.keyOf(id), row]
      },
    }),
  }),
  serverMutant({
    name: 'delete() rejects a missing session',
    rule: 'D1',
    breaks: 'It treats an id as read() does.',
    caughtBy: ['D1-idempotent'],
    steps: (right) => ({
      async delete(id) {
        right.remove(right.find(id)[0])
      },
    }),
  }),
  serverMutant({
    name: 'delete() rejects malformed ids',
    rule: 'D1',
    breaks: 'Every method checks its id first, and this one has nothing else to reject.',
    caughtBy: ['D1-idempotent', 'R4-near-miss'],
    steps: (right) => ({
      async delete(id) {
        if (right.isId(id)) await right.delete(id)
        else right.find(id)
      },
    }),
  }),
  serverMutant({
    name: 'of many concurrent deletes all except one reject',
    rule: 'D1',
    breaks: 'It reads first, and treats a row that is missing afterwards as a conflict.',
    caughtBy: ['D1-at-once'],
    steps: (right, { rows }) => ({
      async delete(id) {
        if (!rows.has(right.keyOf(id))) return
        await Promise.resolve()
        if (!rows.has(right.keyOf(id))) throw notFound()
        right.remove(right.keyOf(id))
      },
    }),
  }),
  serverMutant({
    name: 'delete() resolves before it is done',
    rule: 'R3',
    breaks: 'Deletes are collected, and written in batches for speed.',
    caughtBy: ['R3-deleted', 'D1-at-once', 'D2-gone'],
    steps: (right) => ({
      async delete(id) {
        setTimeout(() => right.remove(right.keyOf(id)), 50)
      },
    }),
  }),
  serverMutant({
    name: 'delete() leaves the index entry',
    rule: 'D2',
    breaks: 'The list skips entries without a session, so the missing clean-up is not noticed.',
    caughtBy: ['D2-no-trace'],
    steps: () => ({ indexRemove: () => undefined }),
  }),
  serverMutant({
    name: "delete() deletes all of the user's sessions",
    rule: 'D3',
    breaks: '"Log out" was read as "log out everywhere".',
    caughtBy: ['D3-others-stay'],
    steps: (right, { rows }) => ({
      async delete(id) {
        const userId = rows.get(right.keyOf(id))?.userId
        if (userId !== undefined) await right.endUserSessions(userId)
        await right.delete(id)
      },
    }),
  }),
  serverMutant({
    name: 'update() rotates the id',
    rule: 'U2',
    breaks: 'A new id at every write looked safer.',
    caughtBy: ['U2-same-id'],
    steps: (right) => ({
      async update(id, dataJson) {
        const [key, row] = right.find(id)
        right.remove(key)
        const rotated = right.mintId()
        right.insert(right.keyOf(rotated), { ...row, dataJson: right.checkData(dataJson) })
        return asSessionId(rotated)
      },
    }),
  }),
  serverMutant({
    name: 'touch() rotates the id',
    rule: 'T4',
    breaks: 'A new id at every extension looked safer.',
    caughtBy: ['T4-same-id'],
    steps: (right) => ({
      async touch(id, ttlMs) {
        await right.touch(id, ttlMs)
        const [key, row] = right.find(id)
        right.remove(key)
        const rotated = right.mintId()
        right.insert(right.keyOf(rotated), row)
        return asSessionId(rotated)
      },
    }),
  }),
  serverMutant({
    name: 'update() with the same data is NotFound',
    rule: 'T5',
    breaks: 'MySQL counts rows that changed, not rows that matched.',
    caughtBy: ['T5-same-data'],
    steps: (right) => ({
      async update(id, dataJson) {
        if (right.find(id)[1].dataJson === dataJson) throw notFound()
        return right.update(id, dataJson)
      },
    }),
  }),
  serverMutant({
    name: 'touch() with the same expiry is NotFound',
    rule: 'T5',
    breaks: 'MySQL counts rows that changed, not rows that matched. The second touch of a millisecond changes nothing.',
    caughtBy: ['T5-same-ttl'],
    steps: (right) => ({
      async touch(id, ttlMs) {
        if (right.find(id)[1].expiresAtMs === Date.now() + ttlMs) throw notFound()
        return right.touch(id, ttlMs)
      },
    }),
  }),
  serverMutant({
    name: 'touch() drops the user',
    rule: 'T1',
    breaks: 'touch() writes the row again, without the user.',
    caughtBy: ['T1-sets'],
    steps: (right) => ({
      async touch(id, ttlMs) {
        const [key, row] = right.find(id)
        right.replace(key, { ...row, userId: undefined, expiresAtMs: Date.now() + right.checkTtl(ttlMs) })
        return id
      },
    }),
  }),
  serverMutant({
    name: 'touch() resets the creation time',
    rule: 'T1',
    breaks: 'touch() is create() with the old data.',
    caughtBy: ['T1-sets'],
    steps: (right) => ({
      async touch(id, ttlMs) {
        const [key, row] = right.find(id)
        const createdAtMs = Date.now() + 1
        right.replace(key, { ...row, createdAtMs, expiresAtMs: createdAtMs + right.checkTtl(ttlMs) })
        return id
      },
    }),
  }),
]
