import { SessionError } from '@bext/session-core'
import { serverMutant } from './build.js'
import { maxDataBytes } from './checks.js'
import type { Mutant } from './mutant.js'
import { notFound } from './server-base.js'

const allOf = ['user-index', 'sweep', 'compare', 'close', 'given-id'] as const

/** The harness of a store that has all optional interfaces and declares all but one. */
export function without(capability: (typeof allOf)[number]): {
  capabilities: readonly (typeof allOf)[number][]
  declares: { maxDataBytes: number }
} {
  return { capabilities: allOf.filter((each) => each !== capability), declares: { maxDataBytes } }
}

/** The module of a store that leaves something behind. */
function lingering(what: 'listener' | 'timer'): string {
  return new URL(`./lingering.ts?${what}`, import.meta.url).href
}

/** Sweeping, closing and comparing. */
export const capabilityMutants: readonly Mutant[] = [
  serverMutant({
    name: 'sweep() is there, and not declared',
    rule: 'O2',
    breaks: 'The method came with a base class.',
    caughtBy: ['O2-declared'],
    harness: without('sweep'),
  }),
  serverMutant({
    name: 'sweep() is declared, and not there',
    rule: 'O2',
    breaks: 'It was planned.',
    caughtBy: ['O2-declared'],
    steps: () => ({ sweep: undefined }),
  }),
  serverMutant({
    name: 'sweep() ignores its bound',
    rule: 'O2',
    breaks: 'One DELETE does it all.',
    caughtBy: ['O2-bounded'],
    steps: (right) => ({ sweep: () => right.sweep({ maxRecords: 10_000 }) }),
  }),
  serverMutant({
    name: 'sweep() always says that there is more',
    rule: 'O2',
    breaks: 'Counting would cost a query.',
    caughtBy: ['O2-bounded'],
    steps: (right) => ({ sweep: async (options) => ({ ...(await right.sweep(options)), more: true }) }),
  }),
  serverMutant({
    name: 'sweep() never says that there is more',
    rule: 'O2',
    breaks: 'The timer will come again.',
    caughtBy: ['O2-bounded'],
    steps: (right) => ({ sweep: async (options) => ({ ...(await right.sweep(options)), more: false }) }),
  }),
  serverMutant({
    name: 'sweep() does not count',
    rule: 'O2',
    breaks: 'The driver tells no number of rows.',
    caughtBy: ['O2-bounded', 'O2-at-once'],
    steps: (right) => ({ sweep: async (options) => ({ ...(await right.sweep(options)), removed: 0 }) }),
  }),
  serverMutant({
    name: 'sweep() resolves to a number',
    rule: 'O2',
    breaks: 'The rest was thought needless.',
    caughtBy: ['O2-bounded', 'O2-at-once'],
    steps: (right) => ({ sweep: async (options) => (await right.sweep(options)).removed as never }),
  }),
  serverMutant({
    name: 'sweep() goes by the first end of a session',
    rule: 'O2',
    breaks: 'The index over ends is not moved by touch(), so that touching stays cheap.',
    caughtBy: ['O2-bounded'],
    steps: (right) => {
      const firstEnds = new Map<string, number>()
      return {
        insert(key, row) {
          firstEnds.set(key, row.expiresAtMs)
          return right.insert(key, row)
        },
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
    name: 'sweep() takes the local time for UTC',
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
    name: 'sweep() of none is a sweep of all',
    rule: 'O2',
    breaks: '`maxRecords || 1000`',
    caughtBy: ['O2-bad-limit'],
    steps: (right) => ({ sweep: ({ maxRecords } = {}) => right.sweep({ maxRecords: maxRecords || 1000 }) }),
  }),
  serverMutant({
    name: 'sweep() takes a fraction for a bound',
    rule: 'O2',
    breaks: 'slice() rounds it.',
    caughtBy: ['O2-bad-limit'],
    steps: (right) => ({
      sweep: ({ maxRecords = 1000 } = {}) =>
        right.sweep({ maxRecords: maxRecords > 1 ? Math.floor(maxRecords) : maxRecords }),
    }),
  }),
  serverMutant({
    name: 'close() is there, and not declared',
    rule: 'O3',
    breaks: 'It does nothing for a client that was handed in.',
    caughtBy: ['O3-declared'],
    harness: without('close'),
  }),
  serverMutant({
    name: 'close() lets go later',
    rule: 'O3',
    breaks: 'Connections linger, so that replies that are under way are not lost.',
    caughtBy: ['O3-ends'],
    harness: { module: { url: lingering('listener'), execArgv: ['--import', 'tsx'] } },
  }),
  serverMutant({
    name: 'a timer of the store keeps the process',
    rule: 'O3',
    breaks: 'The timer that sweeps is neither cleared by close() nor unref()ed.',
    caughtBy: ['O3-ends'],
    harness: { module: { url: lingering('timer'), execArgv: ['--import', 'tsx'] } },
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
    name: 'close() ends the backend for all',
    rule: 'O3',
    breaks: 'It quits the client, which was handed in and serves another store.',
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
    breaks: 'isHealthy() asks the server, over a connection of its own.',
    caughtBy: ['O3-idempotent'],
    steps: () => ({ isHealthy: async () => true }),
  }),
  serverMutant({
    name: 'a closed store works on',
    rule: 'E1',
    breaks: 'The driver connects again by itself.',
    caughtBy: ['E1-closed', 'O3-idempotent'],
    steps: () => ({ close: async () => undefined }),
  }),
  serverMutant({
    name: 'a closed store throws what the driver does',
    rule: 'E1',
    breaks: 'The connection is undefined after close(), and is used all the same.',
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
    name: 'updateIfUnchanged() is there, and not declared',
    rule: 'O4',
    breaks: 'It is internal, and part of the object.',
    caughtBy: ['O4-declared'],
    harness: without('compare'),
  }),
  serverMutant({
    name: 'updateIfUnchanged() updates what was changed',
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
    name: 'updateIfUnchanged() takes anything for no data',
    rule: 'O4',
    breaks: 'An empty text means "whatever it is".',
    caughtBy: ['O4-changed'],
    steps: (right) => ({
      updateIfUnchanged: async (id, expected, dataJson) =>
        right.updateIfUnchanged(id, expected === '' ? (await right.read(id)).dataJson : expected, dataJson),
    }),
  }),
  serverMutant({
    name: 'updateIfUnchanged() rejects what was changed',
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
    name: 'updateIfUnchanged() drops the user and moves the end',
    rule: 'O4',
    breaks: 'It writes the row anew.',
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
    name: 'updateIfUnchanged() says "changed" for what is gone',
    rule: 'O4',
    breaks: 'No row was hit, and why is not asked.',
    caughtBy: ['O4-gone'],
    steps: (right) => ({
      updateIfUnchanged: (id, expected, dataJson) =>
        right.updateIfUnchanged(id, expected, dataJson).catch((error: unknown) => {
          if (error instanceof Error && error.message === notFound().message) return { outcome: 'changed' as const }
          throw error
        }),
    }),
  }),
]
