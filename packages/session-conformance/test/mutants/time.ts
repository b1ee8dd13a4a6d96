import { clientMutant, serverMutant } from './build.js'
import type { Mutant } from './mutant.js'
import type { ServerMutation } from './server-base.js'

const secondMs = 1000
const dayMs = 86_400_000

/** The true end of every session is another than the one that its record tells. */
function trueEnd(endOf: (createdAtMs: number, expiresAtMs: number) => number): ServerMutation {
  return () => ({ isOver: ({ createdAtMs, expiresAtMs }) => endOf(createdAtMs, expiresAtMs) <= Date.now() })
}

/** When sessions begin and end. */
export const timeMutants: readonly Mutant[] = [
  serverMutant({
    name: 'the ttl is floored to seconds',
    rule: 'C5',
    breaks: 'EXPIRE takes seconds.',
    caughtBy: ['C5-times', 'T1-shortens'],
    steps: () => ({ endOf: (fromMs, ttlMs) => fromMs + Math.floor(ttlMs / secondMs) * secondMs }),
  }),
  serverMutant({
    name: 'the ttl is ceiled to seconds',
    rule: 'C5',
    breaks: 'EXPIRE takes seconds, and none should be lost.',
    caughtBy: ['C5-times', 'R3-expires'],
    steps: () => ({ endOf: (fromMs, ttlMs) => fromMs + Math.ceil(ttlMs / secondMs) * secondMs }),
  }),
  serverMutant({
    name: 'the backend ends sessions by the second',
    rule: 'R3',
    breaks: 'The record tells milliseconds, and the key has a ttl in seconds, rounded up.',
    caughtBy: ['R3-expires', 'T1-shortens'],
    steps: trueEnd(
      (createdAtMs, expiresAtMs) => createdAtMs + Math.ceil((expiresAtMs - createdAtMs) / secondMs) * secondMs,
    ),
  }),
  serverMutant({
    name: 'a ttl under a second is no ttl',
    rule: 'C7',
    breaks: 'It is floored to 0 seconds, and 0 means "no expiry".',
    caughtBy: ['C7-tiny-ttl'],
    steps: trueEnd((createdAtMs, expiresAtMs) =>
      expiresAtMs - createdAtMs < secondMs ? Number.POSITIVE_INFINITY : expiresAtMs,
    ),
  }),
  serverMutant({
    name: 'sessions live a minute longer',
    rule: 'R3',
    breaks: 'A grace of 60 seconds makes up for clocks that differ.',
    caughtBy: ['R3-expires', 'T1-shortens', 'U1-expiry'],
    steps: trueEnd((_, expiresAtMs) => expiresAtMs + 60_000),
  }),
  serverMutant({
    name: 'milliseconds are taken for seconds',
    rule: 'C5',
    breaks: 'maxAge is in seconds everywhere else.',
    caughtBy: ['C5-times', 'R3-expires'],
    steps: () => ({ endOf: (fromMs, ttlMs) => fromMs + ttlMs * 1000 }),
  }),
  serverMutant({
    name: 'the creation time has whole seconds',
    rule: 'C5',
    breaks: 'A column of type datetime has no fraction.',
    caughtBy: ['C5-times'],
    steps: () => ({ nowMs: () => Math.floor(Date.now() / secondMs) * secondMs }),
  }),
  serverMutant({
    name: 'times are Unix seconds',
    rule: 'C5',
    breaks: 'Timestamps are seconds in most databases.',
    caughtBy: ['C5-times'],
    steps: (right) => ({
      toRecord(id, row) {
        const record = right.toRecord(id, row)
        return {
          ...record,
          createdAtMs: Math.floor(record.createdAtMs / secondMs),
          expiresAtMs: Math.floor(record.expiresAtMs / secondMs),
        }
      },
    }),
  }),
  serverMutant({
    name: 'times are local',
    rule: 'C5',
    breaks: 'A timestamp without a zone is read back as if it were of the zone of the process.',
    caughtBy: ['C5-times'],
    steps: () => ({ nowMs: () => Date.now() + 3_600_000 }),
  }),
  serverMutant({
    name: 'times have fractions',
    rule: 'R1',
    breaks: 'performance.timeOrigin + performance.now() is more exact than Date.now().',
    caughtBy: ['C5-times', 'R1-whole'],
    steps: () => ({ nowMs: () => performance.timeOrigin + performance.now() + 0.001 }),
  }),
  serverMutant({
    name: 'times are dates',
    rule: 'R1',
    breaks: 'The driver makes Date objects of timestamps.',
    caughtBy: ['C5-times', 'R1-whole'],
    steps: (right) => ({
      toRecord(id, row) {
        const record = right.toRecord(id, row)
        return {
          ...record,
          createdAtMs: new Date(record.createdAtMs),
          expiresAtMs: new Date(record.expiresAtMs),
        } as never
      },
    }),
  }),
  serverMutant({
    name: 'times are texts',
    rule: 'R1',
    breaks: 'The driver gives bigint columns as texts, so that no digit is lost.',
    caughtBy: ['C5-times', 'R1-whole'],
    steps: (right) => ({
      toRecord(id, row) {
        const record = right.toRecord(id, row)
        return { ...record, createdAtMs: String(record.createdAtMs), expiresAtMs: String(record.expiresAtMs) } as never
      },
    }),
  }),
  serverMutant({
    name: 'times count from the start of the process',
    rule: 'C5',
    breaks: 'A monotonic clock never steps back.',
    caughtBy: ['C5-times'],
    steps: () => ({ nowMs: () => Math.ceil(performance.now()) }),
  }),
  serverMutant({
    name: 'the ttl has jitter',
    rule: 'C5',
    breaks: 'Keys that end at once make a thundering herd.',
    caughtBy: ['C5-times'],
    steps: () => ({ endOf: (fromMs, ttlMs) => fromMs + ttlMs + 2 + Math.floor(Math.random() * ttlMs * 0.1) }),
  }),
  serverMutant({
    name: 'the ttl is a number of 32 bits',
    rule: 'C7',
    breaks: 'The column is an int.',
    caughtBy: ['C7-huge-ttl'],
    steps: () => ({ endOf: (fromMs, ttlMs) => fromMs + Math.max(1, ttlMs | 0) }),
  }),
  serverMutant({
    name: 'a timer ends the session',
    rule: 'R3',
    breaks: 'setTimeout() takes no more than 2^31 - 1 ms, and fires at once for more.',
    caughtBy: ['R3-long'],
    steps: trueEnd((createdAtMs, expiresAtMs) =>
      expiresAtMs - createdAtMs > 2 ** 31 - 1 ? createdAtMs + 1 : expiresAtMs,
    ),
  }),
  serverMutant({
    name: 'a ttl of more than 30 days is 30 days',
    rule: 'C7',
    breaks: 'A limit of the operator is applied without a word.',
    caughtBy: ['C7-huge-ttl'],
    steps: () => ({ endOf: (fromMs, ttlMs) => fromMs + Math.min(ttlMs, 30 * dayMs) }),
  }),
  serverMutant({
    name: 'a touch is for a day at most',
    rule: 'T1',
    breaks: 'A limit for sliding sessions is applied without a word.',
    caughtBy: ['T1-sets'],
    steps: (right) => ({
      touch: (id, ttlMs) => right.touch(id, typeof ttlMs === 'number' ? Math.min(ttlMs, dayMs) : ttlMs),
    }),
  }),
  serverMutant({
    name: 'a ttl of 0 means for ever',
    rule: 'C7',
    breaks: 'It does so in memcached.',
    caughtBy: ['C7-bad-ttl', 'C7-touch'],
    steps: (right) => ({ checkTtl: (ttlMs) => (Object.is(ttlMs, 0) ? 10 ** 12 : right.checkTtl(ttlMs)) }),
  }),
  serverMutant({
    name: 'an infinite ttl means for ever',
    rule: 'C7',
    breaks: 'Infinity is a number.',
    caughtBy: ['C7-bad-ttl', 'C7-touch'],
    steps: (right) => ({ checkTtl: (ttlMs) => right.checkTtl(ttlMs === Number.POSITIVE_INFINITY ? 10 ** 12 : ttlMs) }),
  }),
  serverMutant({
    name: 'no ttl means a day',
    rule: 'C7',
    breaks: 'A default for those who forget it.',
    caughtBy: ['C7-bad-ttl', 'C7-touch'],
    steps: (right) => ({ checkTtl: (ttlMs = dayMs) => right.checkTtl(ttlMs) }),
  }),
  serverMutant({
    name: 'a ttl may be text',
    rule: 'C7',
    breaks: 'It comes from the environment, and is made a number.',
    caughtBy: ['C7-bad-ttl', 'C7-touch', 'E1-bad-options'],
    steps: (right) => ({ checkTtl: (ttlMs) => right.checkTtl(typeof ttlMs === 'string' ? Number(ttlMs) : ttlMs) }),
  }),
  serverMutant({
    name: 'a ttl with a fraction is rounded',
    rule: 'C7',
    breaks: 'An integer column rounds.',
    caughtBy: ['C7-bad-ttl', 'C7-touch'],
    steps: (right) => ({ checkTtl: (ttlMs) => right.checkTtl(typeof ttlMs === 'number' ? Math.round(ttlMs) : ttlMs) }),
  }),
  serverMutant({
    name: 'a negative ttl makes a session that has expired',
    rule: 'C7',
    breaks: 'That is what it says.',
    caughtBy: ['C7-bad-ttl', 'C7-lists-nothing', 'C7-touch'],
    steps: (right) => ({ checkTtl: (ttlMs) => (Number(ttlMs) < 0 ? Number(ttlMs) : right.checkTtl(ttlMs)) }),
  }),
  serverMutant({
    name: 'touch() takes any ttl',
    rule: 'C7',
    breaks: 'The options of create() are validated; touch() has none.',
    caughtBy: ['C7-touch'],
    steps: (right) => ({
      async touch(id, ttlMs) {
        const [key, row] = right.find(id)
        right.replace(key, { ...row, expiresAtMs: Date.now() + Math.abs(ttlMs) })
        return id
      },
    }),
  }),
  serverMutant({
    name: 'touch() adds',
    rule: 'T1',
    breaks: '"Extend" was read as "add".',
    caughtBy: ['T1-sets', 'T1-extends', 'T1-again'],
    steps: (right) => ({
      async touch(id, ttlMs) {
        const [key, row] = right.find(id)
        right.replace(key, { ...row, expiresAtMs: row.expiresAtMs + right.checkTtl(ttlMs) })
        return id
      },
    }),
  }),
  serverMutant({
    name: 'touch() cannot shorten',
    rule: 'T1',
    breaks: 'GREATEST(old, new) makes concurrent touches safe.',
    caughtBy: ['T1-sets', 'T1-shortens'],
    steps: (right) => ({
      async touch(id, ttlMs) {
        const [key, row] = right.find(id)
        right.replace(key, { ...row, expiresAtMs: Math.max(row.expiresAtMs, Date.now() + right.checkTtl(ttlMs)) })
        return id
      },
    }),
  }),
  serverMutant({
    name: 'touch() is throttled without a word',
    rule: 'T1',
    breaks: 'Sessions that have more than half of their time left need no write.',
    caughtBy: ['T1-sets', 'T1-shortens'],
    steps: (right) => ({
      async touch(id, ttlMs) {
        const [, { createdAtMs, expiresAtMs }] = right.find(id)
        const halfMs = (expiresAtMs - createdAtMs) / 2
        return expiresAtMs - Date.now() > halfMs ? id : right.touch(id, ttlMs)
      },
    }),
  }),
  serverMutant({
    name: 'touch() counts from the creation',
    rule: 'T1',
    breaks: 'The end is a column that is computed from created_at and ttl.',
    caughtBy: ['T1-sets'],
    steps: (right) => ({
      async touch(id, ttlMs) {
        const [key, row] = right.find(id)
        right.replace(key, { ...row, expiresAtMs: row.createdAtMs + right.checkTtl(ttlMs) })
        return id
      },
    }),
  }),
  serverMutant({
    name: 'touch() moves the end in the record alone',
    rule: 'T1',
    breaks: "The record is written, and the key's own ttl is forgotten.",
    caughtBy: ['T1-extends', 'T1-shortens'],
    steps: (right) => {
      const ends = new Map<string, number>()
      return {
        insert(key, row) {
          ends.set(key, row.expiresAtMs)
          return right.insert(key, row)
        },
        find(id) {
          const [key, row] = right.find(id)
          if ((ends.get(key) ?? 0) <= Date.now()) right.remove(key)
          return right.find(id) && [key, row]
        },
        isOver: () => false,
      }
    },
  }),
  serverMutant({
    name: 'touch() moves the ttl of the key alone',
    rule: 'T1',
    breaks: 'EXPIRE is one cheap command; the record says what create() wrote.',
    caughtBy: ['T1-sets', 'R6-other-instance', 'T2-update-duel', 'O1-after-writes'],
    steps: (right, { rows }) => {
      const told = (key: string): number => Number(rows.get(`told ${key}`)?.expiresAtMs)
      return {
        insert(key, row) {
          rows.set(`told ${key}`, { ...row, expiresAtMs: row.expiresAtMs })
          return right.insert(key, row)
        },
        toRecord: (id, row) => ({ ...right.toRecord(id, row), expiresAtMs: told(right.keyOf(id)) }),
      }
    },
  }),
  serverMutant({
    name: 'touch() is floored to seconds',
    rule: 'T1',
    breaks: 'create() has millisecond precision, and touch() was left with EXPIRE.',
    caughtBy: ['T1-shortens', 'T1-extends', 'T1-again'],
    steps: (right) => ({
      async touch(id, ttlMs) {
        const [key, row] = right.find(id)
        const seconds = Math.floor(right.checkTtl(ttlMs) / secondMs)
        right.replace(key, { ...row, expiresAtMs: Date.now() + seconds * secondMs })
        return id
      },
    }),
  }),
  serverMutant({
    name: 'update() renews the end',
    rule: 'U1',
    breaks: 'A session that is used should live on.',
    caughtBy: ['U1-data-only', 'U1-expiry', 'R6-model'],
    steps: (right) => ({
      async update(id, dataJson) {
        const [key, row] = right.find(id)
        const ttlMs = row.expiresAtMs - row.createdAtMs
        right.replace(key, { ...row, dataJson: right.checkData(dataJson), expiresAtMs: Date.now() + ttlMs })
        return id
      },
    }),
  }),
  serverMutant({
    name: 'update() sets the key to its first ttl again',
    rule: 'U1',
    breaks: 'SET needs a ttl, so it gets the one of create(); the record keeps the right end.',
    caughtBy: ['U1-expiry'],
    steps: (right) => {
      const ends = new Map<string, number>()
      return {
        isOver: ({ dataJson, expiresAtMs }) => (ends.get(dataJson) ?? expiresAtMs) <= Date.now(),
        async update(id, dataJson) {
          const [, row] = right.find(id)
          ends.set(dataJson, Date.now() + row.expiresAtMs - row.createdAtMs)
          return right.update(id, dataJson)
        },
      }
    },
  }),
  serverMutant({
    name: 'update() undoes a touch',
    rule: 'U1',
    breaks: 'The end is computed from created_at and the ttl of create().',
    caughtBy: ['U1-after-touch'],
    steps: (right) => {
      const firstEnds = new Map<string, number>()
      return {
        insert(key, row) {
          firstEnds.set(key, row.expiresAtMs)
          return right.insert(key, row)
        },
        async update(id, dataJson) {
          const [key, row] = right.find(id)
          const expiresAtMs = firstEnds.get(key) ?? row.expiresAtMs
          right.replace(key, { ...row, expiresAtMs, dataJson: right.checkData(dataJson) })
          return id
        },
      }
    },
  }),
  serverMutant({
    name: 'update() of an expired session revives it',
    rule: 'U3',
    breaks: 'The row is still there, and update() looks for a row.',
    caughtBy: ['U3-expired', 'R3-stays-gone'],
    steps: (right, { rows }) => ({
      async update(id, dataJson) {
        const row = rows.get(right.keyOf(id))
        if (row === undefined || !right.isOver(row)) return right.update(id, dataJson)
        rows.set(right.keyOf(id), { ...row, dataJson, expiresAtMs: Date.now() + 60_000 })
        return id
      },
    }),
  }),
  serverMutant({
    name: 'touch() of an expired session revives it',
    rule: 'T3',
    breaks: 'The row is still there, and touch() looks for a row.',
    caughtBy: ['T3-expired', 'R3-stays-gone'],
    steps: (right, { rows }) => ({
      async touch(id, ttlMs) {
        const row = rows.get(right.keyOf(id))
        if (row === undefined) return right.touch(id, ttlMs)
        rows.set(right.keyOf(id), { ...row, expiresAtMs: Date.now() + right.checkTtl(ttlMs) })
        return id
      },
    }),
  }),
  serverMutant({
    name: 'read() slides the end',
    rule: 'R5',
    breaks: 'Rolling sessions were built into the store.',
    caughtBy: ['R5-no-life', 'R5-writes-nothing'],
    steps: (right) => ({
      async read(id) {
        const [key, row] = right.find(id)
        const ttlMs = row.expiresAtMs - row.createdAtMs
        right.replace(key, { ...row, expiresAtMs: Math.max(row.expiresAtMs, Date.now() + ttlMs) + 1 })
        return right.read(id)
      },
    }),
  }),
  serverMutant({
    name: 'read() slides the ttl of the key, and tells the old end',
    rule: 'R5',
    breaks: 'GETEX renews the ttl in the same round trip.',
    caughtBy: ['R5-no-life'],
    steps: (right) => {
      const ends = new Map<string, number>()
      return {
        isOver: (row) => Math.max(ends.get(row.dataJson) ?? 0, row.expiresAtMs) <= Date.now(),
        async read(id) {
          const record = await right.read(id)
          ends.set(record.dataJson, Date.now() + record.expiresAtMs - record.createdAtMs)
          return record
        },
      }
    },
  }),
  serverMutant({
    name: 'read() writes when it was last used',
    rule: 'R5',
    breaks: 'The list of sessions was to show it.',
    caughtBy: ['R5-writes-nothing'],
    steps: (right) => ({
      async read(id) {
        const [key, row] = right.find(id)
        right.replace(key, { ...row, lastUsedAtMs: Date.now() } as never)
        return right.read(id)
      },
    }),
  }),
  serverMutant({
    name: 'read() of what is not there writes that down',
    rule: 'R5',
    breaks: 'A negative cache saves look-ups.',
    caughtBy: ['R5-writes-nothing'],
    steps: (right, { users }) => ({
      read: (id) =>
        right.read(id).catch((error: unknown) => {
          users.set(`missing:${right.keyOf(id)}`, new Set())
          throw error
        }),
    }),
  }),
  serverMutant({
    name: 'large sessions never end',
    rule: 'R3',
    breaks: 'They are kept in another place, which got no sweeper.',
    caughtBy: ['R3-expires-user'],
    steps: () => ({ isOver: ({ dataJson, expiresAtMs }) => dataJson.length < 1024 && expiresAtMs <= Date.now() }),
  }),
  clientMutant({
    name: 'a seal lives a minute longer',
    rule: 'R3',
    breaks: 'The sealing library has a default skew of 60 seconds.',
    caughtBy: ['R3-expires', 'T1-shortens'],
    steps: () => ({ isOver: ({ expiresAtMs }) => expiresAtMs + 60_000 <= Date.now() }),
  }),
  clientMutant({
    name: 'a seal ends by the second',
    rule: 'R3',
    breaks: 'exp is in seconds in a JWT; the record tells milliseconds.',
    caughtBy: ['R3-expires'],
    steps: () => ({
      isOver: ({ expiresAtMs }) => Math.ceil(expiresAtMs / secondMs) * secondMs + secondMs <= Date.now(),
    }),
  }),
  clientMutant({
    name: 'a sealed update() renews the end',
    rule: 'U1',
    breaks: 'A new seal is a new cookie, with a new maxAge.',
    caughtBy: ['U1-data-only', 'U1-expiry'],
    steps: (right) => ({
      async update(id, dataJson) {
        const fields = right.find(id)
        const expiresAtMs = Date.now() + fields.expiresAtMs - fields.createdAtMs
        return right.issue({ ...fields, dataJson: right.checkData(dataJson), expiresAtMs })
      },
    }),
  }),
  clientMutant({
    name: 'a sealed touch() is a new session',
    rule: 'T1',
    breaks: 'touch() is create() with the old data.',
    caughtBy: ['T1-sets'],
    steps: (right) => ({
      async touch(id, ttlMs) {
        const { userId, dataJson } = right.find(id)
        return right.create({ userId, dataJson, ttlMs: right.checkTtl(ttlMs) })
      },
    }),
  }),
  clientMutant({
    name: 'an expired seal can be updated and touched',
    rule: 'U3',
    breaks: 'Only read() looks at the expiry; the others were to be called after it.',
    caughtBy: ['U3-expired', 'T3-expired', 'R3-stays-gone'],
    steps: (right) => ({
      update: async (id, dataJson) => right.issue({ ...right.unseal(id), dataJson: right.checkData(dataJson) }),
      touch: async (id, ttlMs) => right.issue({ ...right.unseal(id), expiresAtMs: Date.now() + right.checkTtl(ttlMs) }),
    }),
  }),
]
