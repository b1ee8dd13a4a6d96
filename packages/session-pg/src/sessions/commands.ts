import { SessionError } from '@bext/session-core'
import { checkUserId, type Deadline } from '@bext/session-core/store-helpers'
import { createBatcher } from '../batching/batcher.js'
import type { SqlText } from '../client/adapter.js'
import type { Connection } from '../connection.js'
import type { Outcome } from '../errors.js'
import { batchStatementsFor } from './batch-statements.js'
import { arrayOf, arrayOfUsers, joinData, outcomesOf, parseRows, type SessionRow } from './batch-values.js'
import { statementsFor } from './statements.js'

/** Checks that PostgreSQL can store `userId` unaltered, which excludes NUL. Throws `Invalid` otherwise (contract I3). */
export function checkPgUserId(userId: unknown): string {
  const checked = checkUserId(userId)
  if (!checked.includes('\0')) return checked
  throw new SessionError('bad_argument', 'userId contains a NUL, which PostgreSQL cannot store.')
}

interface NewSession {
  readonly hash: string
  /** The user, or `null` for an anonymous session. */
  readonly user: string | null
  readonly dataJson: string
  readonly ttlMs: number
}

interface SessionData {
  readonly hash: string
  readonly dataJson: string
}

interface SessionTtl {
  readonly hash: string
  readonly ttlMs: number
}

/** Batched commands on the row of a session, which is given by the hash of its id. For outcomes see `Outcome`. */
export interface SessionCommands {
  /** Resolves to the row of the live session. */
  readonly read: (hash: string) => Promise<SessionRow | 'missing' | 'hidden'>
  readonly create: (session: NewSession) => Promise<'taken' | Outcome>
  readonly update: (session: SessionData) => Promise<Outcome>
  readonly touch: (session: SessionTtl) => Promise<Outcome>
  readonly delete: (hash: string) => Promise<Outcome>
}

type Change = { readonly hash: string }

// Every process takes locks in this order, so that batches do not deadlock.
function sortedByHash<Call extends Change>(calls: Iterable<Call>): Call[] {
  return [...calls].toSorted((a, b) => (a.hash < b.hash ? -1 : 1))
}

function hashOf({ hash }: Change): string {
  return hash
}

/** Creates the commands of a store on a table, whose name must be quoted. */
export function createSessionCommands(connection: Connection, table: string): SessionCommands {
  const statements = statementsFor(table)
  const batchStatements = batchStatementsFor(table)

  /** Creates a command that changes sessions. Of several changes of one session in a batch, only the last is sent. */
  function change<Call extends Change>(
    texts: { readonly one: string; readonly batch: string },
    valueOf: (call: Call) => SqlText[],
    valuesOf: (calls: readonly Call[]) => SqlText[],
    charsOf: (call: Call) => number,
  ): (call: Call) => Promise<Outcome> {
    return createBatcher<Call, Outcome>(connection, {
      async runOne(deadline, call) {
        return (await connection.writeRow(deadline, texts.one, call.hash, ...valueOf(call))) ? 'done' : 'locked'
      },
      async runBatch(deadline, calls) {
        const last = sortedByHash(new Map(calls.map((call) => [call.hash, call])).values())
        const row = await connection.write(deadline, texts.batch, arrayOf(last.map(hashOf)), ...valuesOf(last))
        const outcomeOf = outcomesOf(row)
        return calls.map(({ hash }) => outcomeOf(hash))
      },
      charsOf,
    }).run
  }

  const deleteCalls = change<Change>(
    { one: statements.deleteNow, batch: batchStatements.delete },
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
    // If another transaction committed the id while this statement ran, the next statement sees it.
    return outcome === 'refused' ? send() : outcome
  }

  return {
    read: createBatcher<string, SessionRow | 'missing' | 'hidden'>(connection, {
      runOne: readOne,
      async runBatch(deadline, hashes) {
        const [row] = await connection.read(deadline, batchStatements.read, arrayOf([...new Set(hashes)].toSorted()))
        const found = parseRows(row?.[0] ?? '', Number(row?.[1]))
        if (found === undefined) return Promise.all(hashes.map((hash) => readOne(deadline, hash)))
        const rest = row?.[2] === 'hidden' ? 'hidden' : 'missing'
        return hashes.map((hash) => found.get(hash) ?? rest)
      },
      charsOf: () => 0,
    }).run,

    create: createBatcher<NewSession, 'taken' | Outcome>(connection, {
      runOne: createOne,
      async runBatch(deadline, calls) {
        // If several calls have drawn the same id, the first one gets it.
        const first = new Map(calls.toReversed().map((call) => [call.hash, call]))
        const distinct = sortedByHash(first.values())
        const row = await connection.write(
          deadline,
          batchStatements.create,
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
    }).run,

    update: change<SessionData>(
      { one: statements.updateNow, batch: batchStatements.update },
      ({ dataJson }) => [dataJson],
      (calls) => [joinData(calls)],
      ({ dataJson }) => dataJson.length,
    ),

    touch: change<SessionTtl>(
      { one: statements.touchNow, batch: batchStatements.touch },
      ({ ttlMs }) => [String(ttlMs)],
      (calls) => [arrayOf(calls.map(({ ttlMs }) => ttlMs))],
      () => 0,
    ),

    delete: (hash) => deleteCalls({ hash }),
  }
}
