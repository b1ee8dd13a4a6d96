import { createHash } from 'node:crypto'
import { maxTimerMs } from '@bext/session-core/store-helpers'
import { codeOf, fieldOf, isSqlState } from '../error-codes.js'
import { UnansweredError, UnsentError, type PgAdapter, type SqlText, type TextRow } from './adapter.js'

/** The part of a `Pool` of node-postgres (`pg`) that a store needs. */
export interface NodePostgresPool {
  readonly totalCount: number
  readonly idleCount: number
  readonly waitingCount: number
  connect(): Promise<object>
  on(event: 'error', listener: () => void): unknown
}

interface Query {
  readonly text: string
  readonly values?: readonly SqlText[]
  readonly name?: string | undefined
  readonly rowMode?: 'array'
  readonly types?: { readonly getTypeParser: () => (text: string) => string }
  readonly query_timeout?: number
}

interface Reply {
  readonly rows: readonly TextRow[]
  /** True if the connection knows outdated statements. */
  readonly isOutdated?: boolean
}

/** A connection of a pool, which nobody else uses until it is released. */
interface PoolClient {
  readonly processID?: number
  query(query: Query): Promise<Reply>
  on(event: 'error', listener: () => void): unknown
  removeListener(event: 'error', listener: () => void): unknown
  /** Returns the client to the pool, or closes its connection. */
  release(close: boolean): void
  /** Missing in older versions. */
  getTransactionStatus?(): string | null
}

function hasMethods(value: unknown, ...names: readonly string[]): value is object {
  return (
    typeof value === 'object' && value !== null && names.every((name) => typeof fieldOf(value, name) === 'function')
  )
}

export function isNodePostgresPool(client: unknown): client is NodePostgresPool {
  return hasMethods(client, 'connect', 'query', 'on') && typeof fieldOf(client, 'totalCount') === 'number'
}

/** Returns true for a single `Client` of node-postgres. */
export function isNodePostgresClient(client: unknown): boolean {
  return hasMethods(client, 'connect', 'query', 'getTypeParser') && !isNodePostgresPool(client)
}

const noop = (): void => {}

const listened = new WeakSet<NodePostgresPool>()

/**
 * Handles the event `error` of the pool. It reports that an idle connection broke, which the pool then replaces. Without
 * a listener, a restart of the server would end the process.
 */
function catchIdleErrors(pool: NodePostgresPool): void {
  if (listened.has(pool)) return
  listened.add(pool)
  pool.on('error', noop)
}

// node-postgres reports these without a code.
const codesOfMessages: readonly [message: RegExp, code: string][] = [
  [/^Query read timeout/, 'QUERY_TIMEOUT'],
  [/^timeout|timeout$/, 'CONNECT_TIMEOUT'],
  [/^Connection terminated|not queryable$/, 'CONNECTION_CLOSED'],
  [/^Cannot use a pool after calling end/, 'CONNECTION_ENDED'],
]

function codeFor(error: unknown): string | undefined {
  const message = String(fieldOf(error, 'message'))
  return codeOf(error) ?? codesOfMessages.find(([pattern]) => pattern.test(message))?.[1]
}

// A connection in an open transaction was released too early by somebody else.
const maxLeaked = 10

/** Checks a connection out. Rejects with `UnsentError` if there is none, or if `untilMs` has passed meanwhile. */
async function checkOut(pool: NodePostgresPool, untilMs: number): Promise<PoolClient> {
  for (let leaked = 0; leaked < maxLeaked; leaked += 1) {
    let client
    try {
      client = (await pool.connect()) as PoolClient
    } catch (cause) {
      throw new UnsentError(cause, codeFor(cause))
    }
    // The call has failed by now, so its statement must not be sent any more.
    if (performance.now() >= untilMs) {
      client.release(false)
      throw new UnsentError(new Error('The pool had no free connection in time.'), 'QUERY_TIMEOUT')
    }
    if (!['T', 'E'].includes(client.getTransactionStatus?.() ?? '')) return client
    // A statement would become part of the open transaction, and nobody else would see what it writes.
    client.release(true)
  }
  throw new UnsentError(new Error('The pool hands out connections with open transactions.'), 'CONNECTION_CLOSED')
}

// The connection has lost a prepared statement (deallocate, discard), or the table has changed since it was prepared.
const outdatedRoutines: readonly unknown[] = ['FetchPreparedStatement', 'RevalidateCachedQuery']

/** Runs a query again, unprepared, if its prepared statement is outdated. Otherwise rejects with `error`. */
async function runUnprepared(client: PoolClient, { name, ...unprepared }: Query, error: unknown): Promise<Reply> {
  if (name === undefined || !outdatedRoutines.includes(fieldOf(error, 'routine'))) throw error
  return { rows: (await client.query(unprepared)).rows, isOutdated: true }
}

/** Runs a query on a separate connection, which is closed unless it is certainly fit for the next caller. */
async function runAlone(
  pool: NodePostgresPool,
  untilMs: number,
  query: Query,
): Promise<{ rows: readonly TextRow[]; serverProcess: number | undefined }> {
  const client = await checkOut(pool, untilMs)
  client.on('error', noop)
  let isUnfit = true
  try {
    const { rows, isOutdated = false } = await client
      .query(query)
      .catch((error: unknown) => runUnprepared(client, query, error))
    isUnfit = isOutdated
    return { rows, serverProcess: client.processID }
  } catch (error) {
    if (!isSqlState(codeOf(error))) throw new UnansweredError(error, codeFor(error))
    isUnfit = fieldOf(error, 'severity') !== 'ERROR'
    throw error
  } finally {
    client.removeListener('error', noop)
    client.release(isUnfit)
  }
}

function unparsed(text: string): string {
  return text
}

// The text format is the same whatever type parsers the application has set.
const types = { getTypeParser: () => unparsed }

/**
 * Adapts a `Pool` of node-postgres. Each statement has a separate connection until it is answered. Calls that time out
 * while they wait for one send nothing.
 */
export function nodePostgresAdapter(pool: NodePostgresPool): PgAdapter {
  catchIdleErrors(pool)
  const names = new Map<string, string>()

  // A connection refuses a name that it knows with another text, so the name is made of the text.
  function nameOf(text: string): string {
    const name = names.get(text) ?? `bext_${createHash('sha256').update(text).digest('base64url')}`
    names.set(text, name)
    return name
  }

  return {
    runStatement({ text, parameters, prepare, untilMs }) {
      const query: Query = {
        text,
        values: parameters,
        rowMode: 'array',
        types,
        name: prepare ? nameOf(text) : undefined,
      }
      return runAlone(pool, untilMs, query)
    },
    async runScript(text) {
      // The pool's query_timeout is meant for short statements.
      await runAlone(pool, Number.POSITIVE_INFINITY, { text, query_timeout: maxTimerMs })
    },
  }
}
