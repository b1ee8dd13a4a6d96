import { fieldOf } from '../error-codes.js'
import { UnsentError, type PgAdapter, type SqlText, type TextRow } from './adapter.js'

/** The part of a `PGlite` instance that a store needs. */
export interface PGliteDatabase {
  readonly waitReady: Promise<void>
  readonly closed: boolean
  query(text: string, parameters?: SqlText[], options?: PGliteQueryOptions): Promise<{ readonly rows: unknown[] }>
  exec(text: string): Promise<unknown>
}

/** Options of PGlite's `query` that the store uses. */
export interface PGliteQueryOptions {
  rowMode?: 'array'
  parsers?: Record<number, (text: string) => string>
  serializers?: Record<number, (text: string) => string>
}

export function isPGlite(client: unknown): client is PGliteDatabase {
  return (
    typeof client === 'object' &&
    fieldOf(client, 'waitReady') instanceof Promise &&
    typeof fieldOf(client, 'query') === 'function' &&
    typeof fieldOf(client, 'exec') === 'function'
  )
}

const asIs = (text: string): string => text

// The type id of PostgreSQL's text: the store sends all parameters as text.
const textOid = 25

/** Adapts a PGlite instance. It has one connection, in this process, so a statement is sent only when it runs. */
export function pgliteAdapter(db: PGliteDatabase): PgAdapter {
  let options: PGliteQueryOptions | undefined

  /** Returns options under which no parser and no serializer of the instance changes a text. */
  function plainOptions(): PGliteQueryOptions {
    const oids = Object.keys(Object(fieldOf(db, 'parsers')))
    const parsers = Object.fromEntries(oids.map((oid) => [oid, asIs]))
    return { rowMode: 'array', parsers, serializers: { [textOid]: asIs } }
  }

  async function run<T>(work: () => Promise<T>): Promise<T> {
    try {
      await db.waitReady
      if (db.closed) throw new Error('The PGlite instance is closed.')
    } catch (cause) {
      throw new UnsentError(cause, 'CONNECTION_ENDED')
    }
    try {
      return await work()
    } catch (error) {
      // PGlite adds the parameters to its errors. They hold session data, which logs of a cause would show.
      if (error instanceof Error) Reflect.deleteProperty(error, 'params')
      throw error
    }
  }

  return {
    runStatement: ({ text, parameters }) =>
      run(async () => {
        options ??= plainOptions()
        const { rows } = await db.query(text, [...parameters], options)
        return { rows: rows as TextRow[] }
      }),
    async runScript(text) {
      await run(() => db.exec(text))
    },
  }
}
