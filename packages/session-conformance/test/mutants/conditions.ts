import type { SessionId } from '@bext/session-core'
import { isSessionError } from '@bext/session-core'
import { serverMutant } from './build.js'
import type { Mutant } from './mutant.js'
import type { Backend, Row, ServerMutation, ServerSteps } from './server-base.js'
import { notFound, refused } from './server-base.js'

/** Answers a refusal by the backend with something else. */
async function unlessRefused<T>(call: Promise<T>, otherwise: () => T): Promise<T> {
  try {
    return await call
  } catch (error) {
    if (isSessionError(error) && error.reason === 'failed') return otherwise()
    throw error
  }
}

/** Steps over rows that the backend shows no more: as if there were none. */
const hidden: ServerMutation = (right, { state }) => {
  const isHidden = (): boolean => state.forbidden === 'everything'
  return {
    find(id) {
      if (isHidden()) throw notFound()
      return right.find(id)
    },
    keysOfUser: (userId) => (isHidden() ? [] : right.keysOfUser(userId)),
    remove(key) {
      if (!isHidden()) right.remove(key)
    },
    sweep: async (options) => (isHidden() ? { removed: 0, more: false } : right.sweep(options)),
  }
}

/** Waiting calls that keep a connection of a pool, which all calls need. */
function waitsInHand(connections: number, oneForEachSession: boolean): ServerMutation {
  return (right, { state }) => {
    let free = connections
    const waiting = new Set<string>()
    async function connect(): Promise<void> {
      const giveUpAtMs = performance.now() + right.timeoutMs
      while (free === 0) {
        if (performance.now() > giveUpAtMs) throw refused('timeout')
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    }
    async function connected<T>(id: SessionId | undefined, call: () => Promise<T>): Promise<T> {
      const key = id !== undefined && right.isId(id) ? right.keyOf(id) : ''
      if (state.held.has(key)) {
        if (oneForEachSession && waiting.has(key)) return call()
        waiting.add(key)
      }
      if (free === 0) await connect()
      free -= 1
      try {
        return await call()
      } finally {
        free += 1
        waiting.delete(key)
      }
    }
    return {
      create: (options) => connected(undefined, () => right.create(options)),
      update: (id, dataJson) => connected(id, () => right.update(id, dataJson)),
      touch: (id, ttlMs) => connected(id, () => right.touch(id, ttlMs)),
      delete: (id) => connected(id, () => right.delete(id)),
    }
  }
}

/** The row of an id, alive for as long as the backend keeps its key. */
function findByOwnEnd(right: ServerSteps, { rows, state }: Backend, id: SessionId): readonly [key: string, row: Row] {
  const key = right.keyOf(id)
  const row = rows.get(key)
  return row !== undefined && (state.ownEnds.get(key) ?? 0) > Date.now() ? [key, row] : right.find(id)
}

/** Stores that fail if the backend denies access, is full, locks a row, or keeps keys too long. */
export const conditionMutants: readonly Mutant[] = [
  serverMutant({
    name: 'rows that may not be seen are none',
    rule: 'E4',
    breaks: 'Row level security hides rows and refuses no statement.',
    caughtBy: ['E4-forbidden', 'E4-forbidden-by-user', 'E4-forbidden-sweep', 'E4-forbidden-compare'],
    steps: hidden,
  }),
  serverMutant({
    name: 'a delete() that is refused is done',
    rule: 'E4',
    breaks: 'Signing out must not fail, so its errors are caught.',
    caughtBy: ['E4-forbidden'],
    steps: (right) => ({ delete: (id) => unlessRefused(right.delete(id), () => undefined) }),
  }),
  serverMutant({
    name: 'a touch() that is refused is done',
    rule: 'E4',
    breaks: 'The session is still there, and the next request touches it again.',
    caughtBy: ['E4-forbidden'],
    steps: (right) => ({ touch: (id, ttlMs) => unlessRefused(right.touch(id, ttlMs), () => id) }),
  }),
  serverMutant({
    name: 'a refused list is empty',
    rule: 'E4',
    breaks: 'A page of devices is shown in any case.',
    caughtBy: ['E4-forbidden-by-user'],
    steps: (right) => ({ listUserSessions: (userId) => unlessRefused(right.listUserSessions(userId), () => []) }),
  }),
  serverMutant({
    name: 'a refused end of all sessions is done',
    rule: 'E4',
    breaks: 'It is called after a change of password, which must not fail.',
    caughtBy: ['E4-forbidden-by-user'],
    steps: (right) => ({
      endUserSessions: (userId, options) => unlessRefused(right.endUserSessions(userId, options), () => undefined),
    }),
  }),
  serverMutant({
    name: 'a refused sweep() has removed nothing',
    rule: 'E4',
    breaks: 'The timer will come again.',
    caughtBy: ['E4-forbidden-sweep'],
    steps: (right) => ({
      sweep: (options) => unlessRefused(right.sweep(options), () => ({ removed: 0, more: false })),
    }),
  }),
  serverMutant({
    name: 'a refused comparison is a difference',
    rule: 'E4',
    breaks: 'No row was written, so another writer must have been first.',
    caughtBy: ['E4-forbidden-compare'],
    steps: (right) => ({
      updateIfUnchanged: (id, expected, dataJson) =>
        unlessRefused(right.updateIfUnchanged(id, expected, dataJson), () => ({ outcome: 'changed' as const })),
    }),
  }),
  serverMutant({
    name: 'a call on a locked row keeps its connection',
    rule: 'E5',
    breaks: 'The statement waits for the lock, and the pool has sixteen connections.',
    caughtBy: ['E5-held'],
    steps: waitsInHand(16, false),
  }),
  serverMutant({
    name: 'a call on each locked row keeps a connection',
    rule: 'E5',
    breaks: 'One call waits for each session, and nobody thought of many sessions.',
    caughtBy: ['E5-held-many'],
    steps: waitsInHand(8, true),
  }),
  serverMutant({
    name: 'calls that were given up wait on',
    rule: 'E2',
    breaks: 'The call ends by a timer, and its statement stays in the queue for the lock.',
    caughtBy: ['E5-held', 'E5-held-many'],
    steps: (right, { state }) => ({
      async enter(key) {
        const giveUpAtMs = performance.now() + right.timeoutMs
        while (state.held.has(key)) {
          if (performance.now() > giveUpAtMs) {
            const later = setInterval(() => {
              if (state.held.has(key)) return
              clearInterval(later)
              right.remove(key)
            }, 1)
            throw refused('timeout')
          }
          await new Promise((resolve) => setTimeout(resolve, 10))
        }
      },
    }),
  }),
  serverMutant({
    name: 'a refused create() is listed',
    rule: 'L2',
    breaks: 'The index entry is written first, so that a crash in between leaves no session without an entry.',
    caughtBy: ['L2-refuses'],
    steps: (right) => ({
      insert(key, row) {
        if (row.userId !== undefined) right.indexAdd(row.userId, key)
        return right.insert(key, row)
      },
    }),
  }),
  serverMutant({
    name: 'a refused update() has removed the data',
    rule: 'L2',
    breaks: 'The old data make room for the new.',
    caughtBy: ['L2-refuses'],
    steps: (right, { rows }) => ({
      replace(key, row) {
        rows.set(key, { ...row, dataJson: '{}' })
        right.replace(key, row)
      },
    }),
  }),
  serverMutant({
    name: 'a full backend makes room by itself',
    rule: 'L2',
    breaks: 'The oldest session goes, as in a cache.',
    caughtBy: ['L2-refuses'],
    steps: (right, { rows, state }) => ({
      insert(key, row) {
        const [oldest] = rows.keys()
        if (state.isFull && row.userId !== undefined && oldest !== undefined) {
          right.remove(oldest)
          rows.set(key, row)
          return true
        }
        return right.insert(key, row)
      },
    }),
  }),
  serverMutant({
    name: 'touch() needs room',
    rule: 'L2',
    breaks: 'The end is written by a command that a full server refuses.',
    caughtBy: ['L2-goes-on'],
    steps: (right) => ({
      async touch(id, ttlMs) {
        right.allow('grow')
        return right.touch(id, ttlMs)
      },
    }),
  }),
  serverMutant({
    name: 'delete() leaves a mark, which needs room',
    rule: 'L2',
    breaks: 'A mark says that the session was ended, for the log.',
    caughtBy: ['L2-goes-on'],
    steps: (right) => ({
      async delete(id) {
        right.allow('grow')
        await right.delete(id)
      },
    }),
  }),
  serverMutant({
    name: "ending a user's sessions needs room",
    rule: 'L2',
    breaks: 'The time of the last end is stored for each user.',
    caughtBy: ['L2-goes-on-by-user'],
    steps: (right) => ({
      async endUserSessions(userId, options) {
        right.allow('grow')
        await right.endUserSessions(userId, options)
      },
    }),
  }),
  serverMutant({
    name: "read() goes by the backend's own end",
    rule: 'R3',
    breaks: 'The server removes keys by itself, so a key that is there is alive.',
    caughtBy: ['R3-stored-end'],
    steps: (right, backend) => ({
      async read(id) {
        if (!right.isId(id)) return right.read(id)
        return right.toRecord(id, findByOwnEnd(right, backend, id)[1])
      },
    }),
  }),
  serverMutant({
    name: "update() goes by the backend's own end",
    rule: 'U3',
    breaks: 'SET with XX writes where there is a key.',
    caughtBy: ['U3-stored-end'],
    steps: (right, backend) => ({
      async update(id, dataJson) {
        if (!right.isId(id)) return right.update(id, dataJson)
        const checked = right.checkData(dataJson)
        const [key, row] = findByOwnEnd(right, backend, id)
        right.replace(key, { ...row, dataJson: checked })
        return id
      },
    }),
  }),
  serverMutant({
    name: "touch() goes by the backend's own end",
    rule: 'T3',
    breaks: 'PEXPIRE moves the end of any key that is there.',
    caughtBy: ['T3-stored-end'],
    steps: (right, backend) => ({
      async touch(id, ttlMs) {
        if (!right.isId(id)) return right.touch(id, ttlMs)
        const checked = right.checkTtl(ttlMs)
        const [key, row] = findByOwnEnd(right, backend, id)
        right.replace(key, { ...row, expiresAtMs: Date.now() + checked })
        return id
      },
    }),
  }),
  serverMutant({
    name: "updateIfUnchanged() goes by the backend's own end",
    rule: 'O4',
    breaks: 'A key whose data are what was read must be alive.',
    caughtBy: ['O4-stored-end'],
    steps: (right, backend) => ({
      async updateIfUnchanged(id, expected, dataJson) {
        if (!right.isId(id)) return right.updateIfUnchanged(id, expected, dataJson)
        const checked = right.checkData(dataJson)
        const [key, row] = findByOwnEnd(right, backend, id)
        if (row.dataJson !== expected) return { outcome: 'changed' }
        right.replace(key, { ...row, dataJson: checked })
        return { outcome: 'updated', id }
      },
    }),
  }),
  serverMutant({
    name: "a list goes by the backend's own end",
    rule: 'O1',
    breaks: 'A key that is there is a session.',
    caughtBy: ['O1-stored-end'],
    steps: (right, { rows, state }) => ({
      async listUserSessions(userId) {
        const overdue = right.keysOfUser(userId).flatMap((key) => {
          const row = rows.get(key)
          const isKept = row !== undefined && right.isOver(row) && (state.ownEnds.get(key) ?? 0) > Date.now()
          return isKept ? [{ handle: key, createdAtMs: row.createdAtMs, expiresAtMs: row.expiresAtMs }] : []
        })
        return [...(await right.listUserSessions(userId)), ...overdue]
      },
    }),
  }),
  serverMutant({
    name: 'updateIfUnchanged() takes its own data for its own write',
    rule: 'O4',
    breaks: 'A command that was delivered twice finds the data that it has written.',
    caughtBy: ['O4-one-wins-equal'],
    steps: (right) => ({
      async updateIfUnchanged(id, expected, dataJson) {
        const result = await right.updateIfUnchanged(id, expected, dataJson)
        const isOwn = result.outcome === 'changed' && (await right.read(id)).dataJson === dataJson
        return isOwn ? { outcome: 'updated', id } : result
      },
    }),
  }),
]
