import type { SessionId } from '@bext/session-core'
import { isSessionError } from '@bext/session-core'
import { serverMutant } from './build.js'
import { without } from './capabilities.js'
import type { Mutant } from './mutant.js'
import { turn } from './mutant.js'
import type { ServerSteps } from './server-base.js'
import { notFound } from './server-base.js'

/** Resolves to a result instead of an error for a call that the backend refused. */
async function unlessRefused<T>(call: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await call
  } catch (error) {
    if (isSessionError(error) && error.reason === 'failed') return otherwise
    throw error
  }
}

/** Stores that list or update a user's sessions with their data wrongly. */
export const userRecordMutants: readonly Mutant[] = [
  serverMutant({
    name: 'records by user are declared, but a method is missing',
    rule: 'O5',
    breaks: 'Updating by handle is not implemented yet.',
    caughtBy: ['O5-declared'],
    steps: () => ({ updateUserRecord: undefined }),
  }),
  serverMutant({
    name: 'records by user exist, but are not declared',
    rule: 'O5',
    breaks: 'The methods are inherited from a base class.',
    caughtBy: ['O5-declared'],
    harness: without('user-records'),
  }),
  serverMutant({
    name: 'lists contain the data of the creation',
    rule: 'O5',
    breaks: 'The index has a copy of the data, which update() does not write.',
    caughtBy: ['O5-list'],
    steps: (right) => {
      const first = new Map<string, string>()
      return {
        insert(key, row) {
          first.set(key, right.unpackData(row.dataJson))
          return right.insert(key, row)
        },
        async listUserRecords(userId) {
          return (await right.listUserRecords(userId)).map((record) => ({
            ...record,
            dataJson: first.get(record.handle) ?? '',
          }))
        },
      }
    },
  }),
  serverMutant({
    name: 'lists forget the data',
    rule: 'O5',
    breaks: 'The list selects the columns of a summary.',
    caughtBy: ['O5-list'],
    steps: (right) => ({
      listUserRecords: async (userId) =>
        (await right.listUserSessions(userId)).map((each) => ({ ...each, dataJson: '{}' })),
    }),
  }),
  serverMutant({
    name: 'lists contain the data as parsed JSON',
    rule: 'R2',
    breaks: 'The list is one JSON document, in which the data is nested.',
    caughtBy: ['O5-hard-data'],
    steps: (right) => ({
      listUserRecords: async (userId) =>
        (await right.listUserRecords(userId)).map((each) => ({
          ...each,
          dataJson: JSON.stringify(JSON.parse(each.dataJson)),
        })),
    }),
  }),
  serverMutant({
    name: 'lists contain whole records',
    rule: 'O5',
    breaks: 'read() returns a record with its id, and so does the list.',
    caughtBy: ['O5-handle'],
    steps: (right) => {
      const ids = new Map<string, SessionId>()
      return {
        async create(options) {
          const id = await right.create(options)
          ids.set(right.keyOf(id), id)
          return id
        },
        listUserRecords: async (userId) =>
          (await right.listUserRecords(userId)).map((each) => ({ ...each, id: ids.get(each.handle) })),
      }
    },
  }),
  serverMutant({
    name: 'updateUserRecord() extends the session',
    rule: 'O5',
    breaks: 'It writes the whole row again, with the ttl of a new session.',
    caughtBy: ['O5-update'],
    steps: (right, { rows }) => ({
      async updateUserRecord(userId, handle, expected, dataJson) {
        const result = await right.updateUserRecord(userId, handle, expected, dataJson)
        const row = rows.get(handle)
        if (row) rows.set(handle, { ...row, expiresAtMs: row.expiresAtMs + 1 })
        return result
      },
    }),
  }),
  serverMutant({
    name: "updateUserRecord() updates all of the user's sessions",
    rule: 'O5',
    breaks: 'The condition of the statement is the user.',
    caughtBy: ['O5-update'],
    steps: (right, { rows }) => ({
      async updateUserRecord(userId, handle, expected, dataJson) {
        const result = await right.updateUserRecord(userId, handle, expected, dataJson)
        if (result.outcome !== 'updated') return result
        for (const key of right.keysOfUser(userId)) {
          const row = rows.get(key)
          if (row) rows.set(key, { ...row, dataJson })
        }
        return result
      },
    }),
  }),
  serverMutant({
    name: 'updateUserRecord() overwrites changed data',
    rule: 'O5',
    breaks: "The administrator's change always wins.",
    caughtBy: ['O5-changed', 'O5-one-wins'],
    steps: (right, { rows }) => ({
      updateUserRecord: (userId, handle, _, dataJson) =>
        right.updateUserRecord(userId, handle, rows.get(handle)?.dataJson ?? '', dataJson),
    }),
  }),
  serverMutant({
    name: 'updateUserRecord() compares trimmed texts',
    rule: 'O5',
    breaks: 'White space around JSON means nothing.',
    caughtBy: ['O5-changed'],
    steps: (right) => ({
      updateUserRecord: (userId, handle, expected, dataJson) =>
        right.updateUserRecord(userId, handle, expected.trim(), dataJson),
    }),
  }),
  serverMutant({
    name: 'updateUserRecord() stores the session again if it is gone',
    rule: 'O5',
    breaks: 'It is an upsert, because the row was in the list a moment ago.',
    caughtBy: ['O5-gone'],
    steps: (right, { rows, users }) => {
      const ended = new Map<string, ReturnType<typeof rows.get>>()
      return {
        remove(key) {
          ended.set(key, rows.get(key))
          right.remove(key)
        },
        async updateUserRecord(userId, handle, expected, dataJson) {
          const row = ended.get(handle)
          if (row?.userId !== userId || users.has(userId)) {
            return right.updateUserRecord(userId, handle, expected, dataJson)
          }
          right.insert(handle, { ...row, dataJson })
          return { outcome: 'updated' }
        },
      }
    },
  }),
  serverMutant({
    name: 'updateUserRecord() of a session that is gone is NotFound',
    rule: 'O5',
    breaks: 'It is treated like an id in update().',
    caughtBy: ['O5-gone', 'O5-other-user'],
    steps: (right) => ({
      async updateUserRecord(userId, handle, expected, dataJson) {
        const result = await right.updateUserRecord(userId, handle, expected, dataJson)
        if (result.outcome === 'gone') throw notFound()
        return result
      },
    }),
  }),
  serverMutant({
    name: "updateUserRecord() updates any user's session",
    rule: 'O5',
    breaks: 'The handle identifies the session, so the user id seems unnecessary.',
    caughtBy: ['O5-other-user'],
    steps: (right, { rows }) => ({
      updateUserRecord: (_, handle, expected, dataJson) =>
        right.updateUserRecord(rows.get(handle)?.userId ?? '', handle, expected, dataJson),
    }),
  }),
  serverMutant({
    name: 'updateUserRecord() accepts a prefix of a handle',
    rule: 'O5',
    breaks: 'Short hashes are easier to read, as in git.',
    caughtBy: ['O5-other-user'],
    steps: (right) => ({
      updateUserRecord(userId, handle, expected, dataJson) {
        const whole = right.keysOfUser(userId).find((each) => handle !== '' && each.startsWith(handle))
        return right.updateUserRecord(userId, whole ?? handle, expected, dataJson)
      },
    }),
  }),
  serverMutant({
    name: 'updateUserRecord() compares, then writes',
    rule: 'O5',
    breaks: 'The comparison is done in the process, not in the backend.',
    caughtBy: ['O5-one-wins'],
    steps: (right, { rows }) => ({
      async updateUserRecord(userId, handle, expected, dataJson) {
        const row = rows.get(handle)
        if (row !== undefined && row.dataJson !== expected) return { outcome: 'changed' }
        await turn()
        return right.updateUserRecord(userId, handle, rows.get(handle)?.dataJson ?? expected, dataJson)
      },
    }),
  }),
  serverMutant({
    name: 'updateUserRecord() compares, then stores the whole row',
    rule: 'O5',
    breaks: 'The row was read to compare it, so it is written whole.',
    caughtBy: ['O5-delete-duel', 'O5-one-wins'],
    steps: (right, { rows }) => ({
      async updateUserRecord(userId, handle, expected, dataJson) {
        const row = rows.get(handle)
        if (row?.userId !== userId || row.dataJson !== expected) {
          return right.updateUserRecord(userId, handle, expected, dataJson)
        }
        await turn()
        right.insert(handle, row)
        rows.set(handle, { ...row, dataJson })
        return { outcome: 'updated' }
      },
    }),
  }),
  serverMutant({
    name: 'lists pair handles and data by their position in two reads',
    rule: 'O5',
    breaks: 'The keys are read first, then their values, and values of sessions that are gone are missing.',
    caughtBy: ['O5-rotating'],
    steps: (right, { rows }) => ({
      async listUserRecords(userId) {
        const listed = (await right.listUserSessions(userId)).toSorted((a, b) => (a.handle < b.handle ? -1 : 1))
        await turn()
        const keys = right.keysOfUser(userId).toSorted()
        const found = keys.flatMap((key) => rows.get(key)?.dataJson ?? [])
        return listed
          .map((summary, position) => ({ ...summary, dataJson: right.unpackData(found[position] ?? '{}') }))
          .toSorted((a, b) => a.createdAtMs - b.createdAtMs)
      },
    }),
  }),
  serverMutant({
    name: 'lists are empty if a session ends meanwhile',
    rule: 'O5',
    breaks: 'Each session is read as by read(), and NotFound ends the whole list.',
    caughtBy: ['O5-rotating'],
    steps: (right, { rows }) => ({
      async listUserRecords(userId) {
        const listed = await right.listUserSessions(userId)
        const records = []
        for (const summary of listed) {
          await turn()
          const row = rows.get(summary.handle)
          if (row === undefined) return []
          records.push({ ...summary, dataJson: right.unpackData(row.dataJson) })
        }
        return records
      },
    }),
  }),
  serverMutant({
    name: 'listing records resolves to nothing if it was refused',
    rule: 'E4',
    breaks: 'The page of devices should always be shown.',
    caughtBy: ['E4-forbidden-user-records'],
    steps: (right) => ({ listUserRecords: (userId) => unlessRefused(right.listUserRecords(userId), []) }),
  }),
  serverMutant({
    name: 'updateUserRecord() resolves to "gone" if it was refused',
    rule: 'E4',
    breaks: 'No row matched, and the reason is not examined.',
    caughtBy: ['E4-forbidden-user-records'],
    steps: (right) => ({
      updateUserRecord: (...args) => unlessRefused(right.updateUserRecord(...args), { outcome: 'gone' } as const),
    }),
  }),
  serverMutant({
    name: "updateUserRecord() trusts the backend's own expiry",
    rule: 'O5',
    breaks: 'The key still exists, so the session is live.',
    caughtBy: ['O5-stored-end'],
    steps: (right, { state }): Partial<ServerSteps> => ({
      async updateUserRecord(userId, handle, expected, dataJson) {
        if ((state.ownEnds.get(handle) ?? 0) > Date.now()) return { outcome: 'updated' }
        return right.updateUserRecord(userId, handle, expected, dataJson)
      },
    }),
  }),
]
