import type { Finding } from '@bext/session-core/doctor'
import { checkTimeoutMs, defaultTimeoutMs, rejectUnknownOptions } from '@bext/session-core/store-helpers'
import { checkClient, type PgClient } from '../client/client.js'
import type { TableOptions } from '../schema/table-names.js'
import { tableNames } from '../schema/table-names.js'
import { createAsk } from './ask.js'
import { attempt } from './attempt.js'
import { examineClock, examineConnections, examinePooler, examineServer } from './server.js'
import { examineTable } from './table.js'

export interface DiagnosePgOptions extends TableOptions {
  /** How long to wait for each answer, in milliseconds. Default: 2000. */
  readonly timeoutMs?: number | undefined
}

const caller = 'diagnosePg'

/**
 * Looks at what a store over this client depends on: the server's version, role and durability, its clock, the table with
 * its indexes and rights, heap-only updates, vacuum, sweeping, and poolers. It changes nothing, and reads a bounded part
 * of the table. Nothing that it says holds an id, a user or data. Rejects with `Backend` if the server cannot be reached,
 * and with a `TypeError` for a wrong option.
 */
export async function diagnosePg(sql: PgClient, options: DiagnosePgOptions = {}): Promise<readonly Finding[]> {
  checkClient(caller, sql, 'unsafe')
  rejectUnknownOptions(caller, options, ['schema', 'table', 'timeoutMs'])
  const { timeoutMs = defaultTimeoutMs, ...names } = options
  checkTimeoutMs(caller, timeoutMs)
  const { table } = tableNames(caller, names)
  const ask = createAsk(sql, timeoutMs)
  await ask.row('select 1')
  return [
    ...(await attempt('server', () => examineServer(ask))),
    ...(await attempt('clock', () => examineClock(ask))),
    ...(await attempt('connections', () => examineConnections(ask, table))),
    ...(await attempt('pooler', () => examinePooler(sql))),
    ...(await attempt('table', () => examineTable(ask, table))),
  ]
}
