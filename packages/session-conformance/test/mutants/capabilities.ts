import { SessionError } from '@bext/session-core'
import { rememberFirstEnds, serverMutant } from './build.js'
import type { Mutant } from './mutant.js'
import { notFound } from './server-base.js'

const allOf = ['user-index', 'sweep', 'compare', 'close', 'user-records', 'given-id'] as const

/** Returns the harness options of a store that has all optional interfaces and declares all except one. */
export function without(capability: (typeof allOf)[number]): { capabilities: readonly (typeof allOf)[number][] } {
  return { capabilities: allOf.filter((each) => each !== capability) }
}

/** Returns the module of a store that leaves a handle open after close(). */
function leavingOpen(what: 'listener' | 'timer'): string {
  return new URL(`./open-handles.ts?${what}`, import.meta.url).href
}

/** Stores whose sweep(), close() or updateIfUnchanged() is wrong. */
export const capabilityMutants: readonly Mutant[] = [
  serverMutant({
    name: 'sweep() exists, but is not declared',
    rule: 'O2',
    breaks: 'The method is inherited from a base class.',
    caughtBy: ['O2-declared'],
    harness: without('sweep'),
  }),
  serverMutant({
    name: 'sweep() is declared, but missing',
    rule: 'O2',
    breaks: 'It was planned.',
    caughtBy: ['O2-declared'],
    steps: () => ({ sweep: undefined }),
  }),
  serverMutant({
    name: 'sweep() ignores maxRecords',
    rule: 'O2',
    breaks: 'One DELETE does it all.',
    caughtBy: ['O2-bounded'],
    steps: (right) => ({ sweep: () => right.sweep({ maxRecords: 10_000 }) }),
  }),
  serverMutant({
    name: 'sweep() always returns more: true',
    rule: 'O2',
    breaks: 'Counting would cost a query.',
    caughtBy: ['O2-bounded'],
    steps: (right) => ({ sweep: async (options) => ({ ...(await right.sweep(options)), more: true }) }),
  }),
  serverMutant({
    name: 'sweep() never returns more: true',
    rule: 'O2',
    breaks: 'The timer will come again.',
    caughtBy: ['O2-bounded'],
    steps: (right) => ({ sweep: async (options) => ({ ...(await right.sweep(options)), more: false }) }),
  }),
  serverMutant({
    name: 'sweep() always returns removed: 0',
    rule: 'O2',
    breaks: 'The driver does not return the number of rows.',
    caughtBy: ['O2-bounded', 'O2-at-once'],
    steps: (right) => ({ sweep: async (options) => ({ ...(await right.sweep(options)), removed: 0 }) }),
  }),
  serverMutant({
    name: 'sweep() resolves to a number',
    rule: 'O2',
    breaks: 'The other fields seemed unnecessary.',
    caughtBy: ['O2-bounded', 'O2-at-once'],
    steps: (right) => ({ sweep: async (options) => (await right.sweep(options)).removed as never }),
  }),
  serverMutant({
    name: 'sweep() uses the first expiry of a session',
    rule: 'O2',
    breaks: 'touch() does not update the index by expiry, so that it stays cheap.',
    caughtBy: ['O2-bounded'],
    steps: (right) => {
      const { firstEnds, insert } = rememberFirstEnds(right)
      return {
        insert,
        async sweep({ maxRecords = 1000 } = {}) {
          const over = [...firstEnds].filter(([, endMs]) => endMs <= Date.now()).map(([key]) => key)
          for (const key of over.slice(0, maxRecords)) {
            firstEnds.delete(key)
            right.remove(key)
          }
          return { removed: Math.min(over.length, maxRecords), more: over.length > maxRecords }
        },
      }
    },
  }),
  serverMutant({
    name: 'sweep() treats the local time as UTC',
    rule: 'O2',
    breaks: 'A timestamp without a zone is compared with now().',
    caughtBy: ['O2-bounded', 'O2-at-once'],
    steps: (right, { rows }) => ({
      async sweep({ maxRecords = 1000 } = {}) {
        const over = [...rows].filter(([, { expiresAtMs }]) => expiresAtMs < Date.now() + 3_600_000).map(([key]) => key)
        for (const key of over.slice(0, maxRecords)) right.remove(key)
        return { removed: Math.min(over.length, maxRecords), more: over.length > maxRecords }
      },
    }),
  }),
  serverMutant({
    name: 'sweep() with maxRecords 0 uses the default',
    rule: 'O2',
    breaks: '`maxRecords || 1000`',
    caughtBy: ['O2-bad-limit'],
    steps: (right) => ({ sweep: ({ maxRecords } = {}) => right.sweep({ maxRecords: maxRecords || 1000 }) }),
  }),
  serverMutant({
    name: 'sweep() accepts a fraction as maxRecords',
    rule: 'O2',
    breaks: 'slice() rounds it.',
    caughtBy: ['O2-bad-limit'],
    steps: (right) => ({
      sweep: ({ maxRecords = 1000 } = {}) =>
        right.sweep({ maxRecords: maxRecords > 1 ? Math.floor(maxRecords) : maxRecords }),
    }),
  }),
  serverMutant({
    name: 'close() exists, but is not declared',
    rule: 'O3',
    breaks: 'It does nothing if the client was passed in.',
    caughtBy: ['O3-declared'],
    harness: without('close'),
  }),
  serverMutant({
    name: 'close() releases the backend later',
    rule: 'O3',
    breaks: 'Connections stay open for a while, so that no reply in flight is lost.',
    caughtBy: ['O3-ends'],
    harness: { module: { url: leavingOpen('listener'), execArgv: ['--import', 'tsx'] } },
  }),
  serverMutant({
    name: 'a timer of the store keeps the process running',
    rule: 'O3',
    breaks: 'close() does not clear the timer of the sweep, and the timer is not unref()ed.',
    caughtBy: ['O3-ends'],
    harness: { module: { url: leavingOpen('timer'), execArgv: ['--import', 'tsx'] } },
  }),
  serverMutant({
    name: 'a second close() rejects',
    rule: 'O3',
    breaks: 'The driver rejects it.',
    caughtBy: ['O3-idempotent'],
    steps: (right) => ({
      async close() {
        right.checkOpen()
        await right.close()
      },
    }),
  }),
  serverMutant({
    name: 'close() closes the backend for other stores, too',
    rule: 'O3',
    breaks: 'It closes a client that was passed in and serves another store.',
    caughtBy: ['O3-idempotent'],
    steps: (right, { rows }) => ({
      checkOpen() {
        if (rows.has('closed')) throw new SessionError('closed', 'The connection was closed.')
        right.checkOpen()
      },
      async close() {
        await right.close()
        rows.set('closed', { userId: undefined, dataJson: '', createdAtMs: 0, expiresAtMs: 0 })
      },
    }),
  }),
  serverMutant({
    name: 'a closed store is healthy',
    rule: 'O3',
    breaks: 'isHealthy() asks the server over a separate connection.',
    caughtBy: ['O3-idempotent'],
    steps: () => ({ isHealthy: async () => true }),
  }),
  serverMutant({
    name: 'a closed store still works',
    rule: 'E1',
    breaks: 'The driver reconnects.',
    caughtBy: ['E1-closed', 'O3-idempotent'],
    steps: () => ({ close: async () => undefined }),
  }),
  serverMutant({
    name: "a closed store throws the driver's error",
    rule: 'E1',
    breaks: 'The connection is undefined after close(), and is still used.',
    caughtBy: ['E1-closed'],
    steps: (right) => ({
      checkOpen() {
        try {
          right.checkOpen()
        } catch {
          throw new TypeError("Cannot read properties of undefined (reading 'query')")
        }
      },
    }),
  }),
  serverMutant({
    name: 'updateIfUnchanged() exists, but is not declared',
    rule: 'O4',
    breaks: 'It is internal, and part of the object.',
    caughtBy: ['O4-declared'],
    harness: without('compare'),
  }),
  serverMutant({
    name: 'updateIfUnchanged() overwrites changed data',
    rule: 'O4',
    breaks: 'The comparison is left to the caller.',
    caughtBy: ['O4-changed', 'O4-one-wins'],
    steps: (right) => ({
      updateIfUnchanged: async (id, _, dataJson) => ({ outcome: 'updated', id: await right.update(id, dataJson) }),
    }),
  }),
  serverMutant({
    name: 'updateIfUnchanged() compares trimmed texts',
    rule: 'O4',
    breaks: 'White space around JSON means nothing.',
    caughtBy: ['O4-changed'],
    steps: (right) => ({
      updateIfUnchanged: (id, expected, dataJson) => right.updateIfUnchanged(id, expected.trim(), dataJson),
    }),
  }),
  serverMutant({
    name: 'updateIfUnchanged() accepts invalid JSON',
    rule: 'O4',
    breaks: 'An empty text means "any data".',
    caughtBy: ['O4-changed'],
    steps: (right) => ({
      updateIfUnchanged: async (id, expected, dataJson) =>
        right.updateIfUnchanged(id, expected === '' ? (await right.read(id)).dataJson : expected, dataJson),
    }),
  }),
  serverMutant({
    name: 'updateIfUnchanged() rejects if the data were changed',
    rule: 'O4',
    breaks: 'A conflict is an error in most libraries.',
    caughtBy: ['O4-changed', 'O4-one-wins'],
    steps: (right) => ({
      async updateIfUnchanged(id, expected, dataJson) {
        const result = await right.updateIfUnchanged(id, expected, dataJson)
        if (result.outcome === 'changed') throw notFound()
        return result
      },
    }),
  }),
  serverMutant({
    name: 'updateIfUnchanged() resolves to true or false',
    rule: 'O4',
    breaks: 'The script answers 0 or 1.',
    caughtBy: ['O4-unchanged', 'O4-changed'],
    steps: (right) => ({
      updateIfUnchanged: async (id, expected, dataJson) =>
        ((await right.updateIfUnchanged(id, expected, dataJson)).outcome === 'updated') as never,
    }),
  }),
  serverMutant({
    name: 'updateIfUnchanged() drops the user and changes the expiry',
    rule: 'O4',
    breaks: 'It writes the whole row again.',
    caughtBy: ['O4-unchanged'],
    steps: (right, { rows }) => ({
      async updateIfUnchanged(id, expected, dataJson) {
        const result = await right.updateIfUnchanged(id, expected, dataJson)
        const row = rows.get(right.keyOf(id))
        if (row) rows.set(right.keyOf(id), { ...row, userId: undefined, expiresAtMs: row.expiresAtMs + 1 })
        return result
      },
    }),
  }),
  serverMutant({
    name: 'updateIfUnchanged() returns "changed" for a missing session',
    rule: 'O4',
    breaks: 'No row matched, and the reason is not examined.',
    caughtBy: ['O4-gone'],
    steps: (right) => ({
      updateIfUnchanged: (id, expected, dataJson) =>
        right.updateIfUnchanged(id, expected, dataJson).catch((error: unknown) => {
          if (error instanceof Error && error.message === notFound().message) return { outcome: 'changed' as const }
          throw error
        }),
    }),
  }),
  serverMutant({
    name: 'updateIfUnchanged() checks no size',
    rule: 'L1',
    breaks: 'It was added after the limit.',
    caughtBy: ['L1-compare'],
    steps: (right, { rows }) => ({
      async updateIfUnchanged(id, expected, dataJson) {
        const result = await right.updateIfUnchanged(id, expected, dataJson.length > 1_000_000 ? '0' : dataJson)
        const [key, row] = right.find(id)
        if (result.outcome === 'updated' && dataJson.length > 1_000_000) rows.set(key, { ...row, dataJson })
        return result
      },
    }),
  }),
  serverMutant({
    name: 'updateIfUnchanged() undoes a touch',
    rule: 'O4',
    breaks: 'It writes the key with the ttl that create() was called with.',
    caughtBy: ['O4-after-touch'],
    steps: (right, { rows }) => {
      const { firstEnds, insert } = rememberFirstEnds(right)
      return {
        insert,
        async updateIfUnchanged(id, expected, dataJson) {
          const result = await right.updateIfUnchanged(id, expected, dataJson)
          const [key, row] = right.find(id)
          rows.set(key, { ...row, expiresAtMs: firstEnds.get(key) ?? row.expiresAtMs })
          return result
        },
      }
    },
  }),
  serverMutant({
    name: 'updateIfUnchanged() removes the session from the index',
    rule: 'O4',
    breaks: 'It deletes the key and creates it again.',
    caughtBy: ['O4-listed'],
    steps: (right) => ({
      async updateIfUnchanged(id, expected, dataJson) {
        const result = await right.updateIfUnchanged(id, expected, dataJson)
        const [key, { userId }] = right.find(id)
        if (userId !== undefined) right.indexRemove(userId, key)
        return result
      },
    }),
  }),
]
