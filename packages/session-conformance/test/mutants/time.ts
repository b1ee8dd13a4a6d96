import { clientMutant, rememberFirstEnds, serverMutant } from './build.js'
import type { Mutant } from './mutant.js'
import type { ServerMutation } from './server-base.js'

const secondMs = 1000
const dayMs = 86_400_000

/** Makes sessions expire at another time than their record says. */
function trueEnd(endOf: (createdAtMs: number, expiresAtMs: number) => number): ServerMutation {
  return () => ({ isOver: ({ createdAtMs, expiresAtMs }) => endOf(createdAtMs, expiresAtMs) <= Date.now() })
}

/** Stores with wrong times of creation or expiry. */
export const timeMutants: readonly Mutant[] = [
  serverMutant({
    name: 'the ttl is rounded down to seconds',
    rule: 'C5',
    breaks: 'EXPIRE takes seconds.',
    caughtBy: ['C5-times', 'T1-shortens'],
    steps: () => ({ endOf: (fromMs, ttlMs) => fromMs + Math.floor(ttlMs / secondMs) * secondMs }),
  }),
  serverMutant({
    name: 'the ttl is rounded up to seconds',
    rule: 'C5',
    breaks: 'EXPIRE takes seconds, and no session should expire early.',
    caughtBy: ['C5-times', 'R3-expires'],
    steps: () => ({ endOf: (fromMs, ttlMs) => fromMs + Math.ceil(ttlMs / secondMs) * secondMs }),
  }),
  serverMutant({
    name: 'the backend expires sessions at whole seconds',
    rule: 'R3',
    breaks: 'The record has milliseconds, and the key has a ttl in seconds, rounded up.',
    caughtBy: ['R3-expires', 'T1-shortens'],
    steps: trueEnd(
      (createdAtMs, expiresAtMs) => createdAtMs + Math.ceil((expiresAtMs - createdAtMs) / secondMs) * secondMs,
    ),
  }),
  serverMutant({
    name: 'a ttl under a second means no expiry',
    rule: 'C7',
    breaks: 'It is rounded down to 0 seconds, and 0 means "no expiry".',
    caughtBy: ['C7-tiny-ttl'],
    steps: trueEnd((createdAtMs, expiresAtMs) =>
      expiresAtMs - createdAtMs < secondMs ? Number.POSITIVE_INFINITY : expiresAtMs,
    ),
  }),
  serverMutant({
    name: 'sessions expire a minute late',
    rule: 'R3',
    breaks: 'A grace period of 60 seconds allows for clock skew.',
    caughtBy: ['R3-expires', 'T1-shortens', 'U1-expiry'],
    steps: trueEnd((_, expiresAtMs) => expiresAtMs + 60_000),
  }),
  serverMutant({
    name: 'milliseconds are used as seconds',
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
    breaks: 'A timestamp without a zone is read as a time in the zone of the process.',
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
    breaks: 'The driver converts timestamps to Date objects.',
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
    name: 'times are strings',
    rule: 'R1',
    breaks: 'The driver returns bigint columns as strings, so that no digit is lost.',
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
    breaks: 'Keys that expire at the same time cause a thundering herd.',
    caughtBy: ['C5-times'],
    steps: () => ({ endOf: (fromMs, ttlMs) => fromMs + ttlMs + 2 + Math.floor(Math.random() * ttlMs * 0.1) }),
  }),
  serverMutant({
    name: 'the ttl is truncated to 32 bits',
    rule: 'C7',
    breaks: 'The column is an int.',
    caughtBy: ['C7-huge-ttl'],
    steps: () => ({ endOf: (fromMs, ttlMs) => fromMs + Math.max(1, ttlMs | 0) }),
  }),
  serverMutant({
    name: 'a timer deletes the session',
    rule: 'R3',
    breaks: 'setTimeout() takes no more than 2^31 - 1 ms, and fires at once for more.',
    caughtBy: ['R3-long'],
    steps: trueEnd((createdAtMs, expiresAtMs) =>
      expiresAtMs - createdAtMs > 2 ** 31 - 1 ? createdAtMs + 1 : expiresAtMs,
    ),
  }),
  serverMutant({
    name: 'a ttl is at most 30 days',
    rule: 'C7',
    breaks: 'A limit of the operator is applied silently.',
    caughtBy: ['C7-huge-ttl'],
    steps: () => ({ endOf: (fromMs, ttlMs) => fromMs + Math.min(ttlMs, 30 * dayMs) }),
  }),
  serverMutant({
    name: 'a touch extends a session by at most a day',
    rule: 'T1',
    breaks: 'A limit for sliding sessions is applied silently.',
    caughtBy: ['T1-sets'],
    steps: (right) => ({
      touch: (id, ttlMs) => right.touch(id, typeof ttlMs === 'number' ? Math.min(ttlMs, dayMs) : ttlMs),
    }),
  }),
  serverMutant({
    name: 'a ttl of 0 means no expiry',
    rule: 'C7',
    breaks: 'It does so in memcached.',
    caughtBy: ['C7-bad-ttl', 'C7-touch'],
    steps: (right) => ({ checkTtl: (ttlMs) => (Object.is(ttlMs, 0) ? 10 ** 12 : right.checkTtl(ttlMs)) }),
  }),
  serverMutant({
    name: 'an infinite ttl means no expiry',
    rule: 'C7',
    breaks: 'Infinity is a number.',
    caughtBy: ['C7-bad-ttl', 'C7-touch'],
    steps: (right) => ({ checkTtl: (ttlMs) => right.checkTtl(ttlMs === Number.POSITIVE_INFINITY ? 10 ** 12 : ttlMs) }),
  }),
  serverMutant({
    name: 'a missing ttl means a day',
    rule: 'C7',
    breaks: 'There is a default for callers that omit it.',
    caughtBy: ['C7-bad-ttl', 'C7-touch'],
    steps: (right) => ({ checkTtl: (ttlMs = dayMs) => right.checkTtl(ttlMs) }),
  }),
  serverMutant({
    name: 'a ttl may be a string',
    rule: 'C7',
    breaks: 'It is read from the environment and converted to a number.',
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
    name: 'a negative ttl creates an expired session',
    rule: 'C7',
    breaks: 'The ttl is taken literally.',
    caughtBy: ['C7-bad-ttl', 'C7-lists-nothing', 'C7-touch'],
    steps: (right) => ({ checkTtl: (ttlMs) => (Number(ttlMs) < 0 ? Number(ttlMs) : right.checkTtl(ttlMs)) }),
  }),
  serverMutant({
    name: 'touch() accepts any ttl',
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
    name: 'touch() adds the ttl to the expiry',
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
    name: 'touch() is silently throttled',
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
    breaks: 'The expiry is a column computed from created_at and ttl.',
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
    name: 'touch() changes only the expiry in the record',
    rule: 'T1',
    breaks: "The record is written, but the key's own ttl is not changed.",
    caughtBy: ['T1-extends', 'T1-shortens'],
    steps: (right) => {
      const { firstEnds, insert } = rememberFirstEnds(right)
      return {
        insert,
        find(id) {
          const [key, row] = right.find(id)
          if ((firstEnds.get(key) ?? 0) <= Date.now()) right.remove(key)
          return right.find(id) && [key, row]
        },
        isOver: () => false,
      }
    },
  }),
  serverMutant({
    name: 'touch() changes only the ttl of the key',
    rule: 'T1',
    breaks: 'EXPIRE is one cheap command. The record keeps what create() wrote.',
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
    name: 'touch() rounds down to seconds',
    rule: 'T1',
    breaks: 'create() has millisecond precision, but touch() still uses EXPIRE.',
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
    name: 'update() renews the expiry',
    rule: 'U1',
    breaks: 'A session in use should be extended.',
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
    name: 'update() resets the key to its first ttl',
    rule: 'U1',
    breaks: 'SET needs a ttl, and gets the one of create(). The record keeps the right expiry.',
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
    breaks: 'The expiry is computed from created_at and the ttl of create().',
    caughtBy: ['U1-after-touch'],
    steps: (right) => {
      const { firstEnds, insert } = rememberFirstEnds(right)
      return {
        insert,
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
    breaks: 'The row still exists, and update() only looks for a row.',
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
    breaks: 'The row still exists, and touch() only looks for a row.',
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
    name: 'read() extends the session',
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
    name: 'read() extends the ttl of the key, and returns the old expiry',
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
    name: 'read() writes the time of last use',
    rule: 'R5',
    breaks: 'The list of sessions shows it.',
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
    name: 'read() stores that a session is missing',
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
    name: 'large sessions never expire',
    rule: 'R3',
    breaks: 'They are stored in another table, which is never swept.',
    caughtBy: ['R3-expires-user'],
    steps: () => ({ isOver: ({ dataJson, expiresAtMs }) => dataJson.length < 1024 && expiresAtMs <= Date.now() }),
  }),
  clientMutant({
    name: 'a sealed session expires a minute late',
    rule: 'R3',
    breaks: 'The sealing library has a default skew of 60 seconds.',
    caughtBy: ['R3-expires', 'T1-shortens'],
    steps: () => ({ isOver: ({ expiresAtMs }) => expiresAtMs + 60_000 <= Date.now() }),
  }),
  clientMutant({
    name: 'a sealed session expires at a whole second',
    rule: 'R3',
    breaks: 'exp is in seconds in a JWT, and the record has milliseconds.',
    caughtBy: ['R3-expires'],
    steps: () => ({
      isOver: ({ expiresAtMs }) => Math.ceil(expiresAtMs / secondMs) * secondMs + secondMs <= Date.now(),
    }),
  }),
  clientMutant({
    name: 'a sealed update() renews the expiry',
    rule: 'U1',
    breaks: 'A new sealed id is a new cookie with a new maxAge.',
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
    name: 'a sealed touch() creates a new session',
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
    name: 'an expired sealed session can be updated and touched',
    rule: 'U3',
    breaks: 'Only read() checks the expiry, because the other methods are called after it.',
    caughtBy: ['U3-expired', 'T3-expired', 'R3-stays-gone'],
    steps: (right) => ({
      update: async (id, dataJson) => right.issue({ ...right.unseal(id), dataJson: right.checkData(dataJson) }),
      touch: async (id, ttlMs) => right.issue({ ...right.unseal(id), expiresAtMs: Date.now() + right.checkTtl(ttlMs) }),
    }),
  }),
  serverMutant({
    name: 'an app server decides about expiry',
    rule: 'C5',
    breaks: 'Times come from the server, but a read compares them with the clock of the process.',
    caughtBy: ['C5-one-clock-reads'],
    steps: () => ({
      nowMs: () => Math.round(performance.timeOrigin + performance.now()),
      isOver: ({ expiresAtMs }) => expiresAtMs <= Date.now(),
    }),
    // The case only needs to know that there is a server.
    harness: { endpoint: { host: '127.0.0.1', port: 9 } },
  }),
  serverMutant({
    name: 'a timer ends a session that was touched for forty days at once',
    rule: 'T1',
    breaks: 'create() limits the timer to 2^31 ms, but touch() does not.',
    caughtBy: ['T1-long'],
    steps: (right) => ({
      async touch(id, ttlMs) {
        const touched = await right.touch(id, ttlMs)
        const key = right.keyOf(id)
        if (ttlMs > 2 ** 31) setTimeout(() => right.remove(key), 1)
        return touched
      },
    }),
  }),
]
