import { SessionError } from '@bext/session-core'
import { serverMutant } from './build.js'
import { without } from './capabilities.js'
import { invalid } from './checks.js'
import type { Mutant } from './mutant.js'
import { turn } from './mutant.js'
import type { Row, ServerSteps } from './server-base.js'
import { refused } from './server-base.js'

/** A row without a user. */
function rowOf(right: ServerSteps, dataJson: string, ttlMs: number, userId?: string): Row {
  const createdAtMs = right.nowMs()
  return { userId, dataJson, createdAtMs, expiresAtMs: createdAtMs + ttlMs }
}

/** Stores whose createWithId() is wrong (O6). */
export const givenIdMutants: readonly Mutant[] = [
  serverMutant({
    name: 'createWithId() exists, but is not declared',
    rule: 'O6',
    breaks: 'create() calls it.',
    caughtBy: ['O6-declared'],
    harness: without('given-id'),
  }),
  serverMutant({
    name: 'createWithId() overwrites the session with the id',
    rule: 'O6',
    breaks: 'SET without NX, as in stores of express-session.',
    caughtBy: ['O6-taken', 'O6-one-wins'],
    steps: (right, { rows }) => ({
      async createWithId(id, options) {
        const result = await right.createWithId(id, options)
        if (result.outcome === 'created') return result
        rows.set(right.keyOf(id), rowOf(right, options.dataJson, options.ttlMs, options.userId))
        return { outcome: 'created' }
      },
    }),
  }),
  serverMutant({
    name: 'createWithId() rejects a taken id',
    rule: 'O6',
    breaks: 'A unique violation is an error in most libraries.',
    caughtBy: ['O6-taken', 'O6-one-wins'],
    steps: (right) => ({
      async createWithId(id, options) {
        const result = await right.createWithId(id, options)
        if (result.outcome === 'taken') throw invalid('The id is taken.')
        return result
      },
    }),
  }),
  serverMutant({
    name: 'createWithId() returns "created" for a taken id',
    rule: 'O6',
    breaks: 'INSERT … ON CONFLICT DO NOTHING succeeds in both cases.',
    caughtBy: ['O6-taken', 'O6-one-wins', 'O6-one-takes-over'],
    steps: (right) => ({
      async createWithId(id, options) {
        await right.createWithId(id, options)
        return { outcome: 'created' }
      },
    }),
  }),
  serverMutant({
    name: 'createWithId() treats an expired session as live',
    rule: 'O6',
    breaks: 'The row exists until it is swept.',
    caughtBy: ['O6-ended', 'O6-one-takes-over'],
    steps: (right, { rows }) => ({
      createWithId: async (id, options) =>
        rows.has(right.keyOf(id)) ? { outcome: 'taken' } : right.createWithId(id, options),
    }),
  }),
  serverMutant({
    name: "createWithId() goes by the backend's own end",
    rule: 'O6',
    breaks: 'SET with NX writes only if no key exists.',
    caughtBy: ['O6-stored-end'],
    steps: (right, { state }) => ({
      createWithId: async (id, options) =>
        (state.ownEnds.get(right.keyOf(id)) ?? 0) > Date.now() ? { outcome: 'taken' } : right.createWithId(id, options),
    }),
  }),
  serverMutant({
    name: 'createWithId() rejects the id of a deleted session',
    rule: 'O6',
    breaks: 'A tombstone prevents that a session is revived.',
    caughtBy: ['O6-ended'],
    steps: (right) => {
      const ended = new Set<string>()
      return {
        async delete(id) {
          ended.add(right.keyOf(id))
          await right.delete(id)
        },
        createWithId: async (id, options) =>
          ended.has(right.keyOf(id)) ? { outcome: 'taken' } : right.createWithId(id, options),
      }
    },
  }),
  serverMutant({
    name: 'createWithId() leaves the user of an expired session',
    rule: 'O6',
    breaks: 'ON CONFLICT DO UPDATE sets only the passed columns, and no user was passed.',
    caughtBy: ['O6-ended'],
    steps: (right, { rows }) => ({
      async createWithId(id, options) {
        const userId = options.userId ?? rows.get(right.keyOf(id))?.userId
        return right.createWithId(id, userId === undefined ? options : { ...options, userId })
      },
    }),
  }),
  serverMutant({
    name: 'createWithId() accepts any text as an id',
    rule: 'O6',
    breaks: 'The id is hashed, so any text works.',
    caughtBy: ['O6-bad-id'],
    steps: (right) => ({
      async createWithId(id, options) {
        const key = right.keyOf(String(id))
        return { outcome: right.insert(key, rowOf(right, options.dataJson, options.ttlMs)) ? 'created' : 'taken' }
      },
    }),
  }),
  serverMutant({
    name: 'createWithId() checks only the length and the alphabet of an id',
    rule: 'O6',
    breaks: 'The last character is not checked, and decoders treat it differently.',
    caughtBy: ['O6-bad-id'],
    steps: (right) => ({
      async createWithId(id, options) {
        if (typeof id !== 'string' || !/^[\w-]{43}$/.test(id) || right.isId(id)) return right.createWithId(id, options)
        right.insert(right.keyOf(id), rowOf(right, options.dataJson, options.ttlMs))
        return { outcome: 'created' }
      },
    }),
  }),
  serverMutant({
    name: 'createWithId() throws a TypeError for an id that is no string',
    rule: 'E1',
    breaks: 'The id is hashed before it is checked.',
    caughtBy: ['O6-bad-id'],
    steps: (right) => ({
      async createWithId(id, options) {
        if (typeof id !== 'string') throw new TypeError('The "data" argument must be of type string.')
        return right.createWithId(id, options)
      },
    }),
  }),
  serverMutant({
    name: 'createWithId() reserves the id without the data',
    rule: 'O6',
    breaks: 'The data follow with the first update().',
    caughtBy: ['O6-created', 'O6-one-wins'],
    steps: (right) => ({
      createWithId: (id, options) => {
        right.checkOptions(options)
        return right.createWithId(id, { ...options, dataJson: '{}' })
      },
    }),
  }),
  serverMutant({
    name: 'createWithId() rounds the ttl to seconds',
    rule: 'O6',
    breaks: 'The host passes maxAge, which other stores turn into EX.',
    caughtBy: ['O6-created'],
    steps: (right) => ({
      createWithId: (id, options) =>
        right.createWithId(id, {
          ...options,
          ttlMs: options.ttlMs > 1000 ? Math.ceil(options.ttlMs / 1000) * 1000 : options.ttlMs,
        }),
    }),
  }),
  serverMutant({
    name: 'createWithId() checks no options',
    rule: 'O6',
    breaks: 'create() does that before it calls it.',
    caughtBy: ['O6-bad-options'],
    steps: (right) => ({
      createWithId: async (id, options) => ({
        outcome: right.insert(right.keyOf(id), rowOf(right, options.dataJson, options.ttlMs, options.userId))
          ? 'created'
          : 'taken',
      }),
    }),
  }),
  serverMutant({
    name: 'createWithId() reserves the id before it checks the options',
    rule: 'O6',
    breaks: 'The two steps are not in one transaction.',
    caughtBy: ['O6-bad-options'],
    steps: (right) => {
      const claimed = new Set<string>()
      return {
        async createWithId(id, options) {
          const isNew = !claimed.has(id)
          claimed.add(id)
          if (!isNew) right.checkOptions(options)
          return isNew ? right.createWithId(id, options) : { outcome: 'taken' }
        },
      }
    },
  }),
  serverMutant({
    name: 'createWithId() does not list the session',
    rule: 'O6',
    breaks: 'The index is written by create().',
    caughtBy: ['O6-by-user'],
    steps: (right, { rows }) => ({
      async createWithId(id, options) {
        const result = await right.createWithId(id, options)
        const userId = rows.get(right.keyOf(id))?.userId
        if (result.outcome === 'created' && userId !== undefined) right.indexRemove(userId, right.keyOf(id))
        return result
      },
    }),
  }),
  serverMutant({
    name: 'createWithId() lists a session that it did not create',
    rule: 'O6',
    breaks: 'The index entry is written first, and stays when the id turns out to be taken.',
    caughtBy: ['O6-taken-leaves-nothing', 'O6-by-user'],
    steps: (right) => ({
      createWithId(id, options) {
        if (typeof options?.userId === 'string') right.indexAdd(options.userId, right.keyOf(id))
        return right.createWithId(id, options)
      },
    }),
  }),
  serverMutant({
    name: 'createWithId() reads, then creates',
    rule: 'O6',
    breaks: 'EXISTS and SET are two commands.',
    caughtBy: ['O6-one-wins'],
    steps: (right, { rows }) => ({
      async createWithId(id, options) {
        const key = right.keyOf(id)
        const row = rows.get(key)
        if (row && !right.isOver(row)) return { outcome: 'taken' }
        await turn()
        rows.delete(key)
        return right.createWithId(id, options)
      },
    }),
  }),
  serverMutant({
    name: 'createWithId() removes an expired session, then creates',
    rule: 'O6',
    breaks: 'The insert is atomic, but the removal before it is not.',
    caughtBy: ['O6-one-takes-over'],
    steps: (right, { rows }) => ({
      async createWithId(id, options) {
        const key = right.keyOf(id)
        const row = rows.get(key)
        if (row && right.isOver(row)) {
          await turn()
          rows.delete(key)
        }
        return right.createWithId(id, options)
      },
    }),
  }),
  serverMutant({
    name: 'createWithId() resolves to true or false',
    rule: 'O6',
    breaks: 'The statement returns the number of rows.',
    caughtBy: ['O6-created', 'O6-taken'],
    steps: (right) => ({
      createWithId: async (id, options) => ((await right.createWithId(id, options)).outcome === 'created') as never,
    }),
  }),
  serverMutant({
    name: 'createWithId() resolves to "taken" if it was refused',
    rule: 'E4',
    breaks: 'No row was written, so the id must be taken.',
    caughtBy: ['E4-forbidden-given-id'],
    steps: (right) => ({
      createWithId: (id, options) =>
        right.createWithId(id, options).catch((error: unknown) => {
          if (error instanceof SessionError && error.message === refused('failed').message)
            return { outcome: 'taken' as const }
          throw error
        }),
    }),
  }),
  serverMutant({
    name: 'createWithId() leaves an index entry if it was refused',
    rule: 'L2',
    breaks: 'The index entry is written first, so that a crash in between leaves no session without an entry.',
    caughtBy: ['L2-refuses-given-id'],
    steps: (right, { state }) => ({
      createWithId(id, options) {
        if (state.isFull && options.userId !== undefined) right.indexAdd(options.userId, right.keyOf(id))
        return right.createWithId(id, options)
      },
    }),
  }),
]
