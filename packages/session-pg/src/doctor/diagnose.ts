import type { Finding } from '@bext/session-core/doctor'
import { checkTimeoutMs, defaultTimeoutMs, rejectUnknownOptions } from '@bext/session-core/store-helpers'
import { adapterFor, type PgClient } from '../client/client.js'
import { tableNames, type TableOptions } from '../schema/table-names.js'
import { attempt, createAsk } from './ask.js'
import { examineClock, examineConnections, examinePooler, examineServer } from './server.js'
import { examineTable } from './table.js'

export interface DiagnosePgOptions extends TableOptions {
  /** Time limit of each query, in milliseconds. Default: 2000. */
  readonly timeoutMs?: number | undefined
}

const caller = 'diagnosePg'

/**
 * Checks everything that a store with this client depends on: the server's version, role and durability, its clock, the
 * table with its indexes and rights, heap-only updates, vacuum, sweeping, and poolers. Changes nothing, and reads a bounded
 * part of the table. Findings contain no id, user or data. Rejects with `Backend` if the server cannot be reached, and
 * with a `TypeError` for a wrong option.
 */
export async function diagnosePg(client: PgClient, options: DiagnosePgOptions = {}): Promise<readonly Finding[]> {
  const adapter = adapterFor(caller, client)
  rejectUnknownOptions(caller, options, ['schema', 'table', 'timeoutMs'])
  const { timeoutMs = defaultTimeoutMs, ...names } = options
  checkTimeoutMs(caller, timeoutMs)
  const { table } = tableNames(caller, names)
  const ask = createAsk(adapter, timeoutMs)
  await ask.row('select 1')
  return [
    ...(await attempt('server', () => examineServer(ask))),
    ...(await attempt('clock', () => examineClock(ask))),
    ...(await attempt('connections', () => examineConnections(ask, table))),
    ...(await attempt('pooler', () => examinePooler(adapter, timeoutMs))),
    ...(await attempt('table', () => examineTable(ask, table))),
  ]
}
