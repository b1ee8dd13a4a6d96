import { serverMutant } from './build.js'
import type { Mutant } from './mutant.js'
import { turn } from './mutant.js'
import type { Row, ServerSteps } from './server-base.js'

async function readThenWrite(
  steps: ServerSteps,
  id: Parameters<ServerSteps['find']>[0],
  change: (row: Row) => Row,
): Promise<void> {
  const [key, row] = steps.find(id)
  await turn()
  steps.insert(key, row)
  steps.replace(key, change(row))
}

/** Stores that do in two steps what must be atomic. */
export const raceMutants: readonly Mutant[] = [
  serverMutant({
    name: 'update() reads, then writes',
    rule: 'U4',
    breaks: 'A look-up and a set are two commands. Each of them is atomic.',
    caughtBy: ['U4-delete-duel'],
    steps: (right) => ({
      async update(id, dataJson) {
        const data = right.checkData(dataJson)
        await readThenWrite(right, id, (row) => ({ ...row, dataJson: data }))
        return id
      },
    }),
  }),
  serverMutant({
    name: 'touch() reads, then writes the whole row',
    rule: 'T2',
    breaks: 'A record is one value, so touch() fetches it, sets its expiry, and stores it.',
    caughtBy: ['T2-update-duel', 'T3-delete-duel', 'O1-touch-race'],
    steps: (right) => ({
      async touch(id, ttlMs) {
        const checked = right.checkTtl(ttlMs)
        await readThenWrite(right, id, (row) => ({ ...row, expiresAtMs: Date.now() + checked }))
        return id
      },
    }),
  }),
  serverMutant({
    name: 'touch() reads, then sets the expiry and adds the index entry again',
    rule: 'O1',
    breaks: 'The index must outlive the session, so touch() writes both, and checks before that they exist.',
    caughtBy: ['O1-touch-race'],
    steps: (right, { rows }) => ({
      async touch(id, ttlMs) {
        const checked = right.checkTtl(ttlMs)
        const [key, row] = right.find(id)
        await turn()
        rows.set(key, { ...(rows.get(key) ?? row), expiresAtMs: Date.now() + checked })
        if (row.userId !== undefined) right.indexAdd(row.userId, key)
        return id
      },
    }),
  }),
  serverMutant({
    name: 'an update in the last seconds extends the session by half a minute',
    rule: 'U4',
    breaks: 'No session should expire in the middle of a request.',
    caughtBy: ['U4-expiry-race'],
    steps: (right) => ({
      async update(id, dataJson) {
        const [key, row] = right.find(id)
        const nowMs = Date.now()
        const expiresAtMs = row.expiresAtMs - nowMs < 10_000 ? nowMs + 30_000 : row.expiresAtMs
        right.replace(key, { ...row, expiresAtMs, dataJson: right.checkData(dataJson) })
        return id
      },
    }),
  }),
  serverMutant({
    name: 'large data are written in two parts',
    rule: 'U5',
    breaks: 'Values over a limit are split into chunks, and each chunk is a separate write.',
    caughtBy: ['U5-whole'],
    steps: (right, { rows }) => ({
      async update(id, dataJson) {
        const [key] = right.find(id)
        const data = right.checkData(dataJson)
        if (data.length <= 100) return right.update(id, data)
        const write = (join: (before: string) => string): void => {
          const row = rows.get(key)
          if (row) rows.set(key, { ...row, dataJson: join(row.dataJson) })
        }
        await turn()
        write((before) => data.slice(0, 100) + before.slice(100))
        // For the shortest text, the second part is the last.
        for (let wait = 10 - data.length / 100; wait > 0; wait -= 1) await turn()
        write((before) => before.slice(0, 100) + data.slice(100))
        return id
      },
    }),
  }),
  serverMutant({
    name: 'updateIfUnchanged() compares, then writes',
    rule: 'O4',
    breaks: 'The comparison is done in the process, not in the backend.',
    caughtBy: ['O4-one-wins'],
    steps: (right) => ({
      async updateIfUnchanged(id, expectedDataJson, dataJson) {
        const [, { dataJson: before }] = right.find(id)
        if (before !== expectedDataJson) return { outcome: 'changed' }
        await turn()
        return { outcome: 'updated', id: await right.update(id, dataJson) }
      },
    }),
  }),
  serverMutant({
    name: 'one row object for all calls',
    rule: 'R1',
    breaks: 'A shared object saves an allocation for each read. It is filled before an await.',
    caughtBy: ['R1-own'],
    steps: (right) => {
      let scratch: Row | undefined
      return {
        async read(id) {
          scratch = right.find(id)[1]
          await turn()
          return right.toRecord(id, scratch)
        },
      }
    },
  }),
  serverMutant({
    name: 'the user index is written after the reply',
    rule: 'O1',
    breaks: 'The index is secondary, so create() does not wait for it.',
    caughtBy: ['O1-misses-none', 'O1-end-all-but'],
    steps: (right) => ({ indexAdd: (userId, key) => void setTimeout(() => right.indexAdd(userId, key), 20) }),
  }),
  serverMutant({
    name: 'calls resolve before their writes are done',
    rule: 'R6',
    breaks: 'A write-behind queue makes every write fast.',
    caughtBy: ['R6-own-writes', 'R6-other-instance', 'R6-model'],
    steps: (right) => ({ replace: (key, row) => void setTimeout(() => right.replace(key, row), 5) }),
  }),
  serverMutant({
    name: 'concurrent sweeps count the same record',
    rule: 'O2',
    breaks: 'It selects expired rows, then deletes by key, and counts the selected rows.',
    caughtBy: ['O2-at-once'],
    steps: (right, { rows }) => ({
      async sweep({ maxRecords = 1000 } = {}) {
        const over = [...rows].filter(([, row]) => right.isOver(row)).map(([key]) => key)
        await turn()
        for (const key of over.slice(0, maxRecords)) right.remove(key)
        return { removed: Math.min(over.length, maxRecords), more: over.length > maxRecords }
      },
    }),
  }),
]
