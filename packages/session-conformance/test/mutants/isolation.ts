import type { SessionRecord } from '@bext/session-core'
import { asSessionId } from '@bext/session-core'
import { clientMutant, serverMutant } from './build.js'
import { keyFor } from './client-base.js'
import type { Mutant } from './mutant.js'
import { numbered, turn } from './mutant.js'
import type { Row, ServerMutation } from './server-base.js'
import { notFound } from './server-base.js'

/** Steps that store user ids in another form. */
function keepingUsers(packUser: (userId: string) => string | undefined): ServerMutation {
  return () => ({ packUser: (userId) => (userId === undefined ? undefined : packUser(userId)) })
}

/** Stores in which a session, user, instance or namespace affects another. */
export const isolationMutants: readonly Mutant[] = [
  serverMutant({
    name: 'a user has one session',
    rule: 'I3',
    breaks: 'The user id is the key, so a sign-in ends the session on the other device.',
    caughtBy: ['I3-one-user-many', 'D3-others-stay'],
    steps: (right) => ({
      async create(options) {
        const { userId } = right.checkOptions(options)
        if (userId !== undefined) await right.endUserSessions(userId)
        return right.create(options)
      },
    }),
  }),
  serverMutant({
    name: 'namespaces are ignored',
    rule: 'I2',
    breaks: 'The prefix is an option that is never used.',
    caughtBy: ['I2-namespaces'],
    harness: { placeOf: () => 'one for all' },
  }),
  serverMutant({
    name: 'namespaces are truncated',
    rule: 'I2',
    breaks: 'Their names were limited to the length of a table name.',
    caughtBy: ['I2-namespace-prefix', 'I2-namespaces'],
    harness: { placeOf: (namespace) => namespace.slice(0, 10) },
  }),
  serverMutant({
    name: 'listing scans by prefix and finds longer namespace names, too',
    rule: 'I2',
    breaks: 'The pattern has no delimiter after the prefix.',
    caughtBy: ['I2-namespace-prefix'],
    steps: (_, { all, namespace }) => ({
      async listUserSessions(userId) {
        return [...all.values()]
          .filter((other) => other.namespace.startsWith(namespace))
          .flatMap(({ rows, users }) =>
            [...(users.get(userId) ?? [])].map((key) => ({ handle: key, ...(rows.get(key) as Row) })),
          )
      },
    }),
  }),
  serverMutant({
    name: 'each instance caches sessions',
    rule: 'R6',
    breaks: 'Reads outnumber writes, and a cache in the process saves the round trip.',
    caughtBy: ['R6-other-instance', 'R6-model'],
    steps: (right) => {
      const cache = new Map<string, SessionRecord>()
      return {
        async read(id) {
          const record = cache.get(id) ?? (await right.read(id))
          if (record.expiresAtMs > Date.now()) cache.set(id, record)
          return { ...record }
        },
        async update(id, dataJson) {
          cache.delete(id)
          return right.update(id, dataJson)
        },
        async touch(id, ttlMs) {
          cache.delete(id)
          return right.touch(id, ttlMs)
        },
        async delete(id) {
          cache.delete(id)
          return right.delete(id)
        },
      }
    },
  }),
  serverMutant({
    name: 'touch() does not update a cache',
    rule: 'T1',
    breaks: 'update() and delete() clear the cache, but touch() does not, because it changes no data.',
    caughtBy: ['T1-sets'],
    steps: (right) => {
      const cache = new Map<string, SessionRecord>()
      return {
        async read(id) {
          const record = cache.get(id) ?? (await right.read(id))
          if (record.expiresAtMs > Date.now()) cache.set(id, record)
          return { ...record }
        },
        async update(id, dataJson) {
          cache.delete(id)
          return right.update(id, dataJson)
        },
      }
    },
  }),
  serverMutant({
    name: 'read() returns the stored object',
    rule: 'R7',
    breaks: 'A copy for each read seemed wasteful.',
    caughtBy: ['R7-record'],
    steps: () => ({ toRecord: (id, row) => Object.assign(row, { id }) }),
  }),
  serverMutant({
    name: 'options are read after an await',
    rule: 'R7',
    breaks: 'create() waits for its connection before it reads its options.',
    caughtBy: ['R7-options'],
    steps: (right) => ({
      async create(options) {
        await turn()
        return right.create(options)
      },
    }),
  }),
  serverMutant({
    name: 'create() stores the options object',
    rule: 'R7',
    breaks: 'The row refers to the object of the caller.',
    caughtBy: ['R7-options'],
    steps: (right, { rows }) => ({
      async create(options) {
        const id = await right.create(options)
        const row = rows.get(right.keyOf(id)) as Row
        rows.set(
          right.keyOf(id),
          Object.defineProperty({ ...row }, 'dataJson', { get: () => options.dataJson, enumerable: true }),
        )
        return id
      },
    }),
  }),
  serverMutant({
    name: 'user ids are sanitized',
    rule: 'I3',
    breaks: 'They become parts of keys, so all characters except letters and digits are replaced.',
    caughtBy: numbered('I3-user', 1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 14, 15, 16, 17, 18, 19, 20),
    steps: keepingUsers((userId) => userId.replaceAll(/[^\w]/g, '_')),
  }),
  serverMutant({
    name: 'user ids are folded to lower case',
    rule: 'I3',
    breaks: 'They are mail addresses.',
    caughtBy: ['I3-user-21', 'I3-user-12'],
    steps: keepingUsers((userId) => userId.toLowerCase()),
  }),
  serverMutant({
    name: 'user ids are folded to upper case',
    rule: 'I3',
    breaks: 'Old SQL folds identifiers.',
    caughtBy: ['I3-user-22', 'I3-user-1', 'I3-user-11'],
    steps: keepingUsers((userId) => userId.toUpperCase()),
  }),
  serverMutant({
    name: 'user ids are composed (NFC)',
    rule: 'I3',
    breaks: 'They are names of people.',
    caughtBy: ['I3-user-19'],
    steps: keepingUsers((userId) => userId.normalize('NFC')),
  }),
  serverMutant({
    name: 'user ids are decomposed (NFD)',
    rule: 'I3',
    breaks: 'macOS file names are NFD.',
    caughtBy: ['I3-user-18'],
    steps: keepingUsers((userId) => userId.normalize('NFD')),
  }),
  serverMutant({
    name: 'user ids are split',
    rule: 'I3',
    breaks: 'The field is "tenant:user", and the first part is removed.',
    caughtBy: ['I3-user-1'],
    steps: keepingUsers((userId) => userId.split(':').at(-1) ?? ''),
  }),
  serverMutant({
    name: 'user ids are trimmed',
    rule: 'I3',
    breaks: 'char(n) columns are compared without trailing spaces.',
    caughtBy: ['I3-user-20', 'C6-words'],
    steps: keepingUsers((userId) => userId.trim()),
  }),
  serverMutant({
    name: 'user ids are truncated at a NUL or a line break',
    rule: 'I3',
    breaks: 'They are C strings, or lines.',
    caughtBy: ['I3-user-7', 'I3-user-8'],
    steps: keepingUsers((userId) => userId.split(/[\0\n]/)[0] ?? ''),
  }),
  serverMutant({
    name: 'user ids are written as UTF-8, unchecked',
    rule: 'I3',
    breaks: 'A lone surrogate becomes U+FFFD.',
    caughtBy: ['I3-user-23'],
    steps: () => ({ checkUser: (userId) => (typeof userId === 'string' ? Buffer.from(userId).toString() : undefined) }),
  }),
  serverMutant({
    name: 'the index of users is a plain object',
    rule: 'E1',
    breaks: 'User ids are property names, and some properties are inherited.',
    caughtBy: numbered('I3-user', 10, 11, 12),
    steps: () => {
      const users: Record<string, string[]> = {}
      return { indexAdd: (userId, key) => void (users[userId] ??= []).push(key) }
    },
  }),
  serverMutant({
    name: 'a user id that starts with a dollar sign is a placeholder',
    rule: 'I3',
    breaks: 'The template of a query is filled in twice.',
    caughtBy: ['I3-user-16'],
    steps: keepingUsers((userId) => userId.replace('$1', 'undefined')),
  }),
  serverMutant({
    name: 'an absent user becomes an empty string',
    rule: 'C6',
    breaks: 'The column is NOT NULL.',
    caughtBy: ['C6-anonymous'],
    steps: () => ({ packUser: (userId) => userId ?? '' }),
  }),
  serverMutant({
    name: 'an absent user becomes "undefined"',
    rule: 'C6',
    breaks: 'The record is built with a template string.',
    caughtBy: ['C6-anonymous'],
    steps: () => ({ packUser: (userId) => `${userId}` }),
  }),
  serverMutant({
    name: 'an absent user becomes null',
    rule: 'R1',
    breaks: 'The driver returns null for an empty column.',
    caughtBy: ['C6-anonymous'],
    steps: (right) => ({
      toRecord: (id, row) => ({ ...right.toRecord(id, row), userId: (row.userId ?? null) as never }),
    }),
  }),
  serverMutant({
    name: 'the users "null" and "undefined" become anonymous',
    rule: 'C6',
    breaks: 'The store cleans up what a template string had written.',
    caughtBy: ['C6-words'],
    steps: keepingUsers((userId) => (['null', 'undefined'].includes(userId) ? undefined : userId)),
  }),
  serverMutant({
    name: 'the user "0" becomes anonymous',
    rule: 'C6',
    breaks: 'Numbers were user ids, and `Number(id) || undefined` reads them.',
    caughtBy: ['C6-words'],
    steps: keepingUsers((userId) => (Number(userId) === 0 ? undefined : userId)),
  }),
  serverMutant({
    name: 'data are inserted into a statement unescaped',
    rule: 'I3',
    breaks: 'The statement is a template string, and the driver accepts several statements.',
    caughtBy: ['I3-data'],
    steps: (right, { rows }) => ({
      packData(dataJson) {
        if (dataJson.includes('; DELETE FROM')) rows.clear()
        return right.packData(dataJson)
      },
    }),
  }),
  clientMutant({
    name: 'a sealed id of another purpose is accepted',
    rule: 'I2',
    breaks: 'One secret seals sessions, password resets and tickets.',
    caughtBy: ['I2-namespaces'],
    steps: () => ({ key: keyFor('the first secret', 'every purpose') }),
  }),
  clientMutant({
    name: 'an absent sealed user becomes null',
    rule: 'R1',
    breaks: 'JSON has no undefined.',
    caughtBy: ['C6-anonymous'],
    steps: (right) => ({
      read: async (id) => ({ ...right.find(id), id, userId: (right.find(id).userId ?? null) as never }),
    }),
  }),
  clientMutant({
    name: 'update() returns the old id',
    rule: 'U2',
    breaks: 'Nothing changes for the same data, so the cookie need not be written.',
    caughtBy: ['U2-new-id'],
    steps: (right) => ({
      update: async (id, dataJson) => (right.find(id).dataJson === dataJson ? id : right.update(id, dataJson)),
    }),
  }),
  clientMutant({
    name: 'touch() returns a cached id',
    rule: 'T4',
    breaks: 'Sealed ids of the same second are cached, because sealing was slow.',
    caughtBy: ['T4-new-id'],
    steps: (right) => {
      const recent = new Map<string, string>()
      return {
        async touch(id, ttlMs) {
          const cached = recent.get(id) ?? (await right.touch(id, ttlMs))
          recent.set(id, cached)
          return asSessionId(cached)
        },
      }
    },
  }),
  clientMutant({
    name: 'delete() is recorded in the process only',
    rule: 'D4',
    breaks: 'It works until a second process or a restart.',
    caughtBy: ['D4-honest'],
    steps: (right) => {
      const ended = new Set<string>()
      return {
        async delete(id) {
          ended.add(id)
        },
        async read(id) {
          if (ended.has(id)) throw notFound()
          return right.read(id)
        },
      }
    },
  }),
  serverMutant({
    name: 'a handle ends a session of another namespace',
    rule: 'I2',
    breaks: 'The handle is the whole key, with the prefix.',
    caughtBy: ['I2-handles'],
    steps: (_, { all }) => ({
      async endUserSession(userId, handle) {
        for (const { rows, users } of all.values()) {
          if (rows.get(handle)?.userId !== userId) continue
          rows.delete(handle)
          users.get(userId)?.delete(handle)
        }
      },
    }),
  }),
  serverMutant({
    name: 'user ids are truncated to 255 characters',
    rule: 'I3',
    breaks: 'The column has type varchar(255), and the server is not strict.',
    caughtBy: ['I3-long-user'],
    steps: keepingUsers((userId) => userId.slice(0, 255)),
  }),
]
