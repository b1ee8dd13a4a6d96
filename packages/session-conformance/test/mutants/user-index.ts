import type { SessionSummary } from '@bext/session-core'
import { rememberFirstEnds, serverMutant } from './build.js'
import { maxDataBytes } from './checks.js'
import type { Mutant } from './mutant.js'
import { turn } from './mutant.js'
import { notFound } from './server-base.js'

function oldestFirst(summaries: readonly SessionSummary[]): readonly SessionSummary[] {
  return summaries.toSorted((a, b) => a.createdAtMs - b.createdAtMs)
}

/** Stores that list or end sessions of a user wrongly. */
export const userIndexMutants: readonly Mutant[] = [
  serverMutant({
    name: 'the user index is declared, but a method is missing',
    rule: 'O1',
    breaks: 'Listing is not implemented yet.',
    caughtBy: ['O1-declared'],
    steps: () => ({ listUserSessions: undefined }),
  }),
  serverMutant({
    name: 'a method of the user index exists, but is not declared',
    rule: 'O1',
    breaks: 'Ending is an internal method, but part of the object.',
    caughtBy: ['O1-declared'],
    steps: () => ({ listUserSessions: undefined, endUserSession: undefined }),
    harness: {
      capabilities: ['sweep', 'compare', 'close', 'user-records', 'given-id'],
      declarations: { maxDataBytes },
    },
  }),
  serverMutant({
    name: 'lists contain expired sessions',
    rule: 'O1',
    breaks: 'The sweeper takes them out, later.',
    caughtBy: ['O1-list'],
    steps: (right, { rows }) => ({
      async listUserSessions(userId) {
        const rowsOf = right.keysOfUser(userId).flatMap((key) => ({ handle: key, row: rows.get(key) }))
        return oldestFirst(rowsOf.flatMap(({ handle, row }) => (row ? [{ handle, ...row }] : [])))
      },
    }),
  }),
  serverMutant({
    name: 'lists start with the newest session',
    rule: 'O1',
    breaks: 'It looks better on the account page.',
    caughtBy: ['O1-list'],
    steps: (right) => ({ listUserSessions: async (userId) => (await right.listUserSessions(userId)).toReversed() }),
  }),
  serverMutant({
    name: 'lists contain deleted sessions',
    rule: 'O1',
    breaks: 'The index stores separate summaries, and delete() does not know the user.',
    caughtBy: ['O1-list', 'O1-handle'],
    steps: (right) => {
      const summaries = new Map<string, SessionSummary[]>()
      return {
        insert(key, row) {
          const { userId = '', createdAtMs, expiresAtMs } = row
          summaries.set(userId, [...(summaries.get(userId) ?? []), { handle: key, createdAtMs, expiresAtMs }])
          return right.insert(key, row)
        },
        listUserSessions: async (userId) =>
          oldestFirst((summaries.get(userId) ?? []).filter(({ expiresAtMs }) => expiresAtMs > Date.now())),
      }
    },
  }),
  serverMutant({
    name: 'lists contain sessions of users with the same prefix',
    rule: 'O1',
    breaks: 'The scan has no delimiter after the user id.',
    caughtBy: ['O1-list', 'O1-end-all-but'],
    steps: (_, { users }) => ({
      keysOfUser: (userId) => [...users].flatMap(([name, keys]) => (name.startsWith(userId) ? [...keys] : [])),
    }),
  }),
  serverMutant({
    name: 'user ids are used as patterns',
    rule: 'O1',
    breaks: 'KEYS takes a pattern, and the user id is inserted unescaped.',
    caughtBy: ['O1-hard-users'],
    steps: (_, { users }) => ({
      keysOfUser(userId) {
        const pattern = new RegExp(
          `^${userId
            .replaceAll(/[\\^$+.()|{}]/g, String.raw`\$&`)
            .replaceAll('*', '.*')
            .replaceAll('?', '.')}$`,
          's',
        )
        return [...users].flatMap(([name, keys]) => (pattern.test(name) ? [...keys] : []))
      },
    }),
  }),
  serverMutant({
    name: 'lists ignore the case of user ids',
    rule: 'O1',
    breaks: 'The index folds the case of user ids, but the record does not.',
    caughtBy: ['O1-hard-users'],
    steps: (right) => ({
      indexAdd: (userId, key) => right.indexAdd(userId.toLowerCase(), key),
      indexRemove: (userId, key) => right.indexRemove(userId.toLowerCase(), key),
      keysOfUser: (userId) => right.keysOfUser(userId.toLowerCase()),
    }),
  }),
  serverMutant({
    name: 'the user index expires with the first session',
    rule: 'O1',
    breaks: 'create() sets the ttl of the index, and touch() does not extend it.',
    caughtBy: ['O1-after-writes'],
    steps: (right) => {
      const ends = new Map<string, number>()
      return {
        insert(key, row) {
          ends.set(row.userId ?? '', row.expiresAtMs)
          return right.insert(key, row)
        },
        keysOfUser: (userId) =>
          (ends.get(userId) ?? Number.POSITIVE_INFINITY) > Date.now() ? right.keysOfUser(userId) : [],
      }
    },
  }),
  serverMutant({
    name: 'lists contain the first expiry of a session',
    rule: 'O1',
    breaks: 'The index stores a copy that touch() does not update.',
    caughtBy: ['O1-after-writes'],
    steps: (right) => {
      const { firstEnds, insert } = rememberFirstEnds(right)
      return {
        insert,
        async listUserSessions(userId) {
          const listed = await right.listUserSessions(userId)
          return listed.map((summary) => ({ ...summary, expiresAtMs: firstEnds.get(summary.handle) ?? 0 }))
        },
      }
    },
  }),
  serverMutant({
    name: 'update() removes the session from the list',
    rule: 'O1',
    breaks: 'It removes the row and inserts it again, without the user.',
    caughtBy: ['O1-after-writes'],
    steps: (right) => ({
      async update(id, dataJson) {
        const [key, row] = right.find(id)
        if (row.userId !== undefined) right.indexRemove(row.userId, key)
        return right.update(id, dataJson)
      },
    }),
  }),
  serverMutant({
    name: 'the handle is the id',
    rule: 'O1',
    breaks: 'It identifies the session.',
    caughtBy: ['O1-handle'],
    steps: (right) => {
      const ids = new Map<string, string>()
      return {
        async create(options) {
          const id = await right.create(options)
          ids.set(right.keyOf(id), id)
          return id
        },
        async listUserSessions(userId) {
          return (await right.listUserSessions(userId)).map((summary) => ({
            ...summary,
            handle: ids.get(summary.handle) ?? '',
          }))
        },
      }
    },
  }),
  serverMutant({
    name: 'a handle authenticates',
    rule: 'O1',
    breaks: 'read() accepts keys, too, for the administrator.',
    caughtBy: ['O1-handle'],
    steps: (right, { rows }) => ({
      read: async (id) => (rows.has(id) ? right.toRecord(id, rows.get(id)!) : right.read(id)),
    }),
  }),
  serverMutant({
    name: "a handle ends any user's session",
    rule: 'O1',
    breaks: 'The handle identifies the session, so the user id seems unnecessary.',
    caughtBy: ['O1-handle'],
    steps: (right) => ({ endUserSession: async (_, handle) => right.remove(handle) }),
  }),
  serverMutant({
    name: 'an unknown handle is NotFound',
    rule: 'O1',
    breaks: 'It is treated like an id in read().',
    caughtBy: ['O1-handle'],
    steps: (right) => ({
      async endUserSession(userId, handle) {
        if (!right.keysOfUser(userId).includes(handle)) throw notFound()
        await right.endUserSession(userId, handle)
      },
    }),
  }),
  serverMutant({
    name: 'a prefix of a handle is accepted',
    rule: 'O1',
    breaks: 'Short hashes are easier to read, as in git.',
    caughtBy: ['O1-handle'],
    steps: (right) => ({
      async endUserSession(userId, handle) {
        const key = right.keysOfUser(userId).find((each) => each.startsWith(handle) && handle !== '')
        if (key !== undefined) right.remove(key)
      },
    }),
  }),
  serverMutant({
    name: 'ending all sessions ignores the exception',
    rule: 'O1',
    breaks: 'The option was added only to the type.',
    caughtBy: ['O1-end-all-but'],
    steps: (right) => ({ endUserSessions: (userId) => right.endUserSessions(userId) }),
  }),
  serverMutant({
    name: 'ending all except an unknown session ends none',
    rule: 'O1',
    breaks: 'The session to keep is looked up first, and NotFound is caught.',
    caughtBy: ['O1-end-all-but'],
    steps: (right) => ({
      async endUserSessions(userId, options) {
        if (options?.except === undefined || right.isId(options.except)) await right.endUserSessions(userId, options)
      },
    }),
  }),
  serverMutant({
    name: 'ending all sessions stops after ten',
    rule: 'O1',
    breaks: 'The list has pages of ten, and ending uses one page.',
    caughtBy: ['O1-end-all-but'],
    steps: (right) => ({
      async endUserSessions(userId, { except } = {}) {
        const kept = except !== undefined && right.isId(except) ? right.keyOf(except) : undefined
        for (const { handle } of (await right.listUserSessions(userId)).slice(0, 10))
          if (handle !== kept) right.remove(handle)
      },
    }),
  }),
  serverMutant({
    name: 'ending all sessions resolves before it is done',
    rule: 'O1',
    breaks: 'forEach() does not wait for async functions.',
    caughtBy: ['O1-end-all-but', 'O1-misses-none'],
    steps: (right) => ({
      async endUserSessions(userId, { except } = {}) {
        const kept = except !== undefined && right.isId(except) ? right.keyOf(except) : undefined
        const keys = right.keysOfUser(userId).filter((key) => key !== kept)
        setTimeout(() => keys.forEach(right.remove), 30)
      },
    }),
  }),
  serverMutant({
    name: 'ending all sessions removes index entries that were added meanwhile',
    rule: 'O1',
    breaks: 'The sessions are ended one after the other, then the whole index is deleted.',
    caughtBy: ['O1-misses-none'],
    steps: (right, { rows, users }) => ({
      async endUserSessions(userId, { except } = {}) {
        if (except !== undefined) return right.endUserSessions(userId, { except })
        const keys = right.keysOfUser(userId)
        await turn()
        for (const key of keys) rows.delete(key)
        await turn()
        users.delete(userId)
      },
      create: async (options) => {
        await turn()
        return right.create(options)
      },
    }),
  }),
]
