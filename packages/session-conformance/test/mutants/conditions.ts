import type { SessionId } from '@bext/session-core'
import { isSessionError } from '@bext/session-core'
import { serverMutant } from './build.js'
import type { Mutant } from './mutant.js'
import type { Backend, Row, ServerMutation, ServerSteps } from './server-base.js'
import { notFound, refused } from './server-base.js'

/** Replaces a refusal by the backend with another result. */
async function unlessRefused<T>(call: Promise<T>, otherwise: () => T): Promise<T> {
  try {
    return await call
  } catch (error) {
    if (isSessionError(error) && error.reason === 'failed') return otherwise()
    throw error
  }
}

/** Steps for a backend that hides rows: they seem to be missing. */
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

/** Makes waiting calls keep a connection of a pool that all calls use. */
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

/** Returns the row of an id, which is live as long as the backend keeps its key. */
function findByOwnEnd(right: ServerSteps, { rows, state }: Backend, id: SessionId): readonly [key: string, row: Row] {
  const key = right.keyOf(id)
  const row = rows.get(key)
  return row !== undefined && (state.ownEnds.get(key) ?? 0) > Date.now() ? [key, row] : right.find(id)
}

/** Stores that fail if the backend denies access, is full, locks a row, or keeps keys too long. */
export const conditionMutants: readonly Mutant[] = [
  serverMutant({
    name: 'rows hidden by row level security count as missing',
    rule: 'E4',
    breaks: 'Row level security hides rows, but rejects no statement.',
    caughtBy: ['E4-forbidden', 'E4-forbidden-by-user', 'E4-forbidden-sweep', 'E4-forbidden-compare'],
    steps: hidden,
  }),
  serverMutant({
    name: 'delete() resolves if it was refused',
    rule: 'E4',
    breaks: 'Signing out must not fail, so its errors are caught.',
    caughtBy: ['E4-forbidden'],
    steps: (right) => ({ delete: (id) => unlessRefused(right.delete(id), () => undefined) }),
  }),
  serverMutant({
    name: 'touch() resolves if it was refused',
    rule: 'E4',
    breaks: 'The session still exists, and the next request touches it again.',
    caughtBy: ['E4-forbidden'],
    steps: (right) => ({ touch: (id, ttlMs) => unlessRefused(right.touch(id, ttlMs), () => id) }),
  }),
  serverMutant({
    name: 'listing resolves to nothing if it was refused',
    rule: 'E4',
    breaks: 'The page of devices should always be shown.',
    caughtBy: ['E4-forbidden-by-user'],
    steps: (right) => ({ listUserSessions: (userId) => unlessRefused(right.listUserSessions(userId), () => []) }),
  }),
  serverMutant({
    name: 'ending all sessions resolves if it was refused',
    rule: 'E4',
    breaks: 'It is called after a change of password, which must not fail.',
    caughtBy: ['E4-forbidden-by-user'],
    steps: (right) => ({
      endUserSessions: (userId, options) => unlessRefused(right.endUserSessions(userId, options), () => undefined),
    }),
  }),
  serverMutant({
    name: 'sweep() resolves to removed: 0 if it was refused',
    rule: 'E4',
    breaks: 'The timer will come again.',
    caughtBy: ['E4-forbidden-sweep'],
    steps: (right) => ({
      sweep: (options) => unlessRefused(right.sweep(options), () => ({ removed: 0, more: false })),
    }),
  }),
  serverMutant({
    name: 'updateIfUnchanged() resolves to "changed" if it was refused',
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
    breaks: 'One call waits for each session. Many locked sessions were not considered.',
    caughtBy: ['E5-held-many'],
    steps: waitsInHand(8, true),
  }),
  serverMutant({
    name: 'calls that timed out keep waiting',
    rule: 'E2',
    breaks: 'A timer rejects the call, but its statement stays in the queue for the lock.',
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
    name: 'create() leaves an index entry if it was refused',
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
    name: 'update() removes the data if it was refused',
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
    name: 'a full backend evicts sessions',
    rule: 'L2',
    breaks: 'The oldest session is evicted, as in a cache.',
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
    name: 'touch() needs space',
    rule: 'L2',
    breaks: 'The expiry is written by a command that a full server refuses.',
    caughtBy: ['L2-goes-on'],
    steps: (right) => ({
      async touch(id, ttlMs) {
        right.allow('grow')
        return right.touch(id, ttlMs)
      },
    }),
  }),
  serverMutant({
    name: 'delete() writes a tombstone, which needs space',
    rule: 'L2',
    breaks: 'A tombstone records for the log that the session was deleted.',
    caughtBy: ['L2-goes-on'],
    steps: (right) => ({
      async delete(id) {
        right.allow('grow')
        await right.delete(id)
      },
    }),
  }),
  serverMutant({
    name: "ending a user's sessions needs space",
    rule: 'L2',
    breaks: 'The time of the last sign-out is stored for each user.',
    caughtBy: ['L2-goes-on-by-user'],
    steps: (right) => ({
      async endUserSessions(userId, options) {
        right.allow('grow')
        await right.endUserSessions(userId, options)
      },
    }),
  }),
  serverMutant({
    name: "read() uses the backend's own expiry",
    rule: 'R3',
    breaks: 'The server removes expired keys, so a key that exists is a live session.',
    caughtBy: ['R3-stored-end'],
    steps: (right, backend) => ({
      async read(id) {
        if (!right.isId(id)) return right.read(id)
        return right.toRecord(id, findByOwnEnd(right, backend, id)[1])
      },
    }),
  }),
  serverMutant({
    name: "update() uses the backend's own expiry",
    rule: 'U3',
    breaks: 'SET with XX writes if the key exists.',
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
    name: "touch() uses the backend's own expiry",
    rule: 'T3',
    breaks: 'PEXPIRE changes the expiry of any key that exists.',
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
    name: "updateIfUnchanged() uses the backend's own expiry",
    rule: 'O4',
    breaks: 'A key whose data are unchanged must be a live session.',
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
    name: "listing uses the backend's own expiry",
    rule: 'O1',
    breaks: 'A key that exists is a session.',
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
    name: 'updateIfUnchanged() treats equal stored data as its own write',
    rule: 'O4',
    breaks: 'A command that is delivered twice finds the data that it has written.',
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
