import type { Deadline } from '@bext/session-core/store-helpers'
import { batchStatementsFor, dataSeparator } from './batch-statements.js'
import { createBatchedCall, type BatchedCall } from '../batching/batcher.js'
import type { SqlText, TextRow } from '../client/client.js'
import type { Connection, WrittenRow } from '../connection.js'
import type { Outcome } from './outcomes.js'
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
export interface SessionCommands {
  /** Resolves to the session's row, to `missing` if there is none that is alive, or to `hidden`: see `Outcome`. */
  readonly read: BatchedCall<string, SessionRow | 'missing' | 'hidden'>
  readonly create: BatchedCall<NewSession, 'taken' | Outcome>
  readonly update: BatchedCall<DataOfSession, Outcome>
  readonly touch: BatchedCall<TtlOfSession, Outcome>
  readonly delete: BatchedCall<string, Outcome>
}

type Change = { readonly hash: string }

// Hashes and numbers need no quotes in the text of an array.
function arrayOf(items: readonly (string | number)[]): string {
  return `{${items.join(',')}}`
}

// A mark stands before each user, and nothing for none: a bare null is text where the setting array_nulls is off.
function arrayOfUsers(users: readonly SqlText[]): string {
  const quoted = users.map((user) => (user === null ? '""' : `"=${user.replaceAll(/["\\]/g, '\\$&')}"`))
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
function outcomesOf([outcome, done, busy, refused]: WrittenRow): (hash: string) => Outcome | 'busy' {
  if (outcome === 'done') return () => 'done'
  const rest = outcome === 'hidden' ? 'hidden' : 'missing'
  const [doneIds, busyIds, refusedIds] = [idsIn(done), idsIn(busy), idsIn(refused)]
  return (hash) => {
    if (doneIds.has(hash)) return 'done'
    if (refusedIds.has(hash)) return 'refused'
    return rest === 'missing' && busyIds.has(hash) ? 'busy' : rest
  }
}

/**
 * The rows of many sessions in the text of one, by their ids; undefined if the data of one holds the separator, which
 * somebody else must have written.
 */
function rowsIn(text: string, count: number): ReadonlyMap<string, SessionRow> | undefined {
  const rows = new Map<string, SessionRow>()
  const fields = count === 0 ? [] : text.split(dataSeparator)
  if (fields.length !== 5 * count) return undefined
  for (let at = 0; at < fields.length; at += 5) {
    const [id = '', created = '', expires = '', userJson = '', data = ''] = fields.slice(at, at + 5)
    rows.set(id, [id, userJson === '' ? null : String(JSON.parse(userJson)), created, expires, data])
  }
  return rows
}

export function createSessionCommands(connection: Connection, table: string): SessionCommands {
  const statements = statementsFor(table)
  const many = batchStatementsFor(table)

  /** A change of sessions that are there. Of several changes of one session the last one counts, for all of them. */
  function change<Call extends Change>(
    text: { readonly now: string; readonly many: string },
    valueOf: (call: Call) => SqlText[],
    valuesOf: (calls: readonly Call[]) => SqlText[],
    charsOf: (call: Call) => number,
  ): BatchedCall<Call, Outcome> {
    return createBatchedCall<Call, Outcome>(connection, {
      async runOne(deadline, call) {
        const [outcome] = await connection.write(deadline, text.now, call.hash, ...valueOf(call))
        return outcome as 'done' | 'busy'
      },
      async runBatch(deadline, calls) {
        const last = sorted(new Map(calls.map((call) => [call.hash, call])).values())
        const row = await connection.write(deadline, text.many, arrayOf(last.map(hashOf)), ...valuesOf(last))
        const outcomeOf = outcomesOf(row)
        return calls.map(({ hash }) => outcomeOf(hash))
      },
      charsOf,
    })
  }

  const deleteCalls = change<Change>(
    { now: statements.deleteNow, many: many.delete },
    () => [],
    () => [],
    () => 0,
  )

  async function readOne(deadline: Deadline, hash: string): Promise<SessionRow | 'missing' | 'hidden'> {
    const [row] = await connection.read(deadline, statements.read, hash)
    if (row?.[0] === 'hidden') return 'hidden'
    return row === undefined || row[0] === null ? 'missing' : row
  }

  async function createOne(
    deadline: Deadline,
    { hash, user, dataJson, ttlMs }: NewSession,
  ): Promise<'taken' | Outcome> {
    async function send(): Promise<'taken' | Outcome> {
      const [outcome] = await connection.write(deadline, statements.create, hash, user, dataJson, String(ttlMs))
      return outcome as 'taken' | Outcome
    }
    const outcome = await send()
    // An id that was committed while the statement ran is seen by the next one.
    return outcome === 'refused' ? send() : outcome
  }

  return {
    read: createBatchedCall<string, SessionRow | 'missing' | 'hidden'>(connection, {
      runOne: readOne,
      async runBatch(deadline, hashes) {
        const [row] = await connection.read(deadline, many.read, arrayOf([...new Set(hashes)].toSorted()))
        const found = rowsIn(row?.[0] ?? '', Number(row?.[1]))
        if (found === undefined) return Promise.all(hashes.map((hash) => readOne(deadline, hash)))
        const rest = row?.[2] === 'hidden' ? 'hidden' : 'missing'
        return hashes.map((hash) => found.get(hash) ?? rest)
      },
      charsOf: () => 0,
    }),

    create: createBatchedCall<NewSession, 'taken' | Outcome>(connection, {
      runOne: createOne,
      async runBatch(deadline, calls) {
        // Of several that have drawn the same id, one gets it.
        const first = new Map(calls.toReversed().map((call) => [call.hash, call]))
        const distinct = sorted(first.values())
        const row = await connection.write(
          deadline,
          many.create,
          arrayOf(distinct.map(hashOf)),
          arrayOfUsers(distinct.map(({ user }) => user)),
          joinData(distinct),
          arrayOf(distinct.map(({ ttlMs }) => ttlMs)),
        )
        const outcomeOf = outcomesOf(row)
        return Promise.all(
          calls.map(async (call) => {
            if (first.get(call.hash) !== call) return 'taken'
            return outcomeOf(call.hash) === 'done' ? 'done' : createOne(deadline, call)
          }),
        )
      },
      charsOf: ({ user, dataJson }) => dataJson.length + (user?.length ?? 0),
    }),

    update: change<DataOfSession>(
      { now: statements.updateNow, many: many.update },
      ({ dataJson }) => [dataJson],
      (calls) => [joinData(calls)],
      ({ dataJson }) => dataJson.length,
    ),

    touch: change<TtlOfSession>(
      { now: statements.touchNow, many: many.touch },
      ({ ttlMs }) => [String(ttlMs)],
      (calls) => [arrayOf(calls.map(({ ttlMs }) => ttlMs))],
      () => 0,
    ),

    delete: (hash) => deleteCalls({ hash }),
  }
}
