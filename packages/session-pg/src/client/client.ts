import { describeType } from '@bext/session-core/store-helpers'
import type { PgAdapter } from './adapter.js'
import { alteredText } from './connection-traits.js'
import {
  isNodePostgresClient,
  isNodePostgresPool,
  nodePostgresAdapter,
  type NodePostgresPool,
} from './node-postgres.js'
import { isPGlite, pgliteAdapter, type PGliteDatabase } from './pglite.js'
import { altersText, isPostgresJsClient, postgresJsAdapter, type PostgresJsClient } from './postgres-js.js'

/**
 * A client of a supported driver: a client of postgres.js, a `Pool` of node-postgres, a PGlite instance, or your own
 * adapter of another driver.
 */
export type PgClient = PostgresJsClient | NodePostgresPool | PGliteDatabase | PgAdapter

const expected = 'expected a client of postgres.js, a Pool of pg, a PGlite instance, or a PgAdapter'

function isAdapter(client: unknown): client is PgAdapter {
  return typeof client === 'object' && client !== null && 'runStatement' in client && 'runScript' in client
}

/** Returns true for a client of a supported driver. */
export function isClient(value: unknown): value is PgClient {
  return [isPostgresJsClient, isNodePostgresPool, isPGlite, isAdapter].some((fits) => fits(value))
}

/**
 * Returns the adapter for a client, whose driver it recognises by the shape. Throws a `TypeError` if it has none of the
 * shapes, or if its options show that it would alter text (contract R2).
 */
export function adapterFor(caller: string, client: unknown): PgAdapter {
  if (isPostgresJsClient(client)) {
    if (altersText(client)) throw new TypeError(`${caller}: ${alteredText}`)
    return postgresJsAdapter(client)
  }
  if (isNodePostgresPool(client)) return nodePostgresAdapter(client)
  if (isPGlite(client)) return pgliteAdapter(client)
  if (isAdapter(client)) return client
  if (isNodePostgresClient(client)) {
    const reason = 'a single Client of pg, which stays broken once its connection is lost. Pass a Pool'
    throw new TypeError(`${caller}: ${expected}, but it is ${reason}.`)
  }
  throw new TypeError(`${caller}: ${expected}, but it is ${describeType(client)}.`)
}
