import type { Deadline } from '@bext/session-core/store'
import { batchStatementsFor, dataSeparator } from './batch-statements.js'
import { batched, type Batched } from './batches.js'
import type { SqlText, TextRow } from './client.js'
import type { Connection, WrittenRow } from './connection.js'
import { statementsFor } from './statements.js'

export interface NewSession {
  readonly hash: string
  /** The user, or null for an anonymous session. */
  readonly user: string | null
  readonly dataJson: string
  readonly ttlMs: number
}

export interface DataOfSession {
  readonly hash: string
  readonly dataJson: string
}

export interface TtlOfSession {
  readonly hash: string
  readonly ttlMs: number
}

/** A session's row: id, user, created, expires, data. */
export type SessionRow = TextRow

/** The calls on single sessions, by the hash of the session's id, which leave in batches. */
export interface SessionBatches {
  /** Resolves to the session's row, or to `undefined` if there is none that is alive. */
  readonly read: Batched<string, SessionRow | undefined>
  readonly create: Batched<NewSession, 'done' | 'taken'>
  readonly update: Batched<DataOfSession, 'done' | 'missing'>
  readonly touch: Batched<TtlOfSession, 'done' | 'missing'>
  readonly delete: Batched<string, 'done' | 'missing'>
}

type Change = { readonly hash: string }

// Hashes and numbers need no quotes in the text of an array.
function arrayOf(items: readonly (string | number)[]): string {
  return `{${items.join(',')}}`
}

function quotedArrayOf(items: readonly SqlText[]): string {
  const quoted = items.map((item) => (item === null ? 'null' : `"${item.replaceAll(/["\\]/g, '\\$&')}"`))
  return `{${quoted.join(',')}}`
}

function joinData(calls: readonly { readonly dataJson: string }[]): string {
  return calls.map(({ dataJson }) => dataJson).join(dataSeparator)
}

// Locks are taken in this order by everybody.
function sorted<Call extends Change>(calls: Iterable<Call>): Call[] {
  return [...calls].toSorted((a, b) => (a.hash < b.hash ? -1 : 1))
}

function hashOf({ hash }: Change): string {
  return hash
}

function idsIn(list: SqlText | undefined): ReadonlySet<string> {
  return new Set(list?.split(','))
}

/** Tells by a session's hash what became of its change. */
function outcomesOf([outcome, done, busy]: WrittenRow): (hash: string) => 'done' | 'busy' | 'missing' {
  if (outcome === 'done') return () => 'done'
  const doneIds = idsIn(done)
  const busyIds = idsIn(busy)
  return (hash) => (doneIds.has(hash) ? 'done' : busyIds.has(hash) ? 'busy' : 'missing')
}

/** The rows of many sessions in the text of one, by their ids. */
function rowsIn(text: string): ReadonlyMap<string, SessionRow> {
  const rows = new Map<string, SessionRow>()
  const fields = text === '' ? [] : text.split(dataSeparator)
  for (let at = 0; at < fields.length; at += 5) {
    const [id = '', created = '', expires = '', userJson = '', data = ''] = fields.slice(at, at + 5)
    rows.set(id, [id, userJson === '' ? null : String(JSON.parse(userJson)), created, expires, data])
  }
  return rows
}

export function createSessionBatches(connection: Connection, table: string): SessionBatches {
  const statements = statementsFor(table)
  const many = batchStatementsFor(table)

  /** A change of sessions that are there. Of several changes of one session the last one counts, for all of them. */
  function change<Call extends Change>(
    text: { readonly now: string; readonly many: string; readonly patient: string },
    valueOf: (call: Call) => SqlText[],
    valuesOf: (calls: readonly Call[]) => SqlText[],
    charsOf: (call: Call) => number,
  ): Batched<Call, 'done' | 'missing'> {
    return batched(connection, {
      async one(deadline, call) {
        const [outcome] = await connection.write(deadline, text.now, call.hash, ...valueOf(call))
        return outcome as 'done' | 'missing' | 'busy'
      },
      async many(deadline, calls) {
        const last = sorted(new Map(calls.map((call) => [call.hash, call])).values())
        const row = await connection.write(deadline, text.many, arrayOf(last.map(hashOf)), ...valuesOf(last))
        const outcomeOf = outcomesOf(row)
        return calls.map(({ hash }) => outcomeOf(hash))
      },
      async patiently(deadline, call) {
        const [outcome] = await connection.write(deadline, text.patient, call.hash, ...valueOf(call))
        return outcome as 'done' | 'missing'
      },
      charsOf,
    })
  }

  const deleteCalls = change<Change>(
    { now: statements.deleteNow, many: many.delete, patient: statements.delete },
    () => [],
    () => [],
    () => 0,
  )

  async function readOne(deadline: Deadline, hash: string): Promise<SessionRow | undefined> {
    const [row] = await connection.read(deadline, statements.read, hash)
    return row?.[0] === null ? undefined : row
  }

  async function createOne(deadline: Deadline, { hash, user, dataJson, ttlMs }: NewSession): Promise<'done' | 'taken'> {
    const [outcome] = await connection.write(deadline, statements.create, hash, user, dataJson, String(ttlMs))
    return outcome as 'done' | 'taken'
  }

  return {
    read: batched(connection, {
      one: readOne,
      async many(deadline, hashes) {
        const [row] = await connection.read(deadline, many.read, arrayOf([...new Set(hashes)].toSorted()))
        const found = rowsIn(row?.[0] ?? '')
        return hashes.map((hash) => found.get(hash))
      },
      patiently: readOne,
      charsOf: () => 0,
    }),

    create: batched(connection, {
      one: createOne,
      patiently: createOne,
      async many(deadline, calls) {
        // Of several that have drawn the same id, one gets it.
        const first = new Map(calls.toReversed().map((call) => [call.hash, call]))
        const distinct = sorted(first.values())
        const row = await connection.write(
          deadline,
          many.create,
          arrayOf(distinct.map(hashOf)),
          quotedArrayOf(distinct.map(({ user }) => user)),
          joinData(distinct),
          arrayOf(distinct.map(({ ttlMs }) => ttlMs)),
        )
        const outcomeOf = outcomesOf(row)
        return calls.map((call) =>
          first.get(call.hash) === call && outcomeOf(call.hash) === 'done' ? 'done' : 'taken',
        )
      },
      charsOf: ({ user, dataJson }) => dataJson.length + (user?.length ?? 0),
    }),

    update: change<DataOfSession>(
      { now: statements.updateNow, many: many.update, patient: statements.update },
      ({ dataJson }) => [dataJson],
      (calls) => [joinData(calls)],
      ({ dataJson }) => dataJson.length,
    ),

    touch: change<TtlOfSession>(
      { now: statements.touchNow, many: many.touch, patient: statements.touch },
      ({ ttlMs }) => [String(ttlMs)],
      (calls) => [arrayOf(calls.map(({ ttlMs }) => ttlMs))],
      () => 0,
    ),

    delete: (observation, hash) => deleteCalls(observation, { hash }),
  }
}
