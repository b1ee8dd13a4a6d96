import { note, notLookedAt, problem, type Finding } from '@bext/session-core/doctor'
import { checkTimeoutMs, defaultTimeoutMs, rejectUnknownOptions } from '@bext/session-core/store'
import { checkClient, type PgClient } from '../lib/client.js'
import type { TableOptions } from '../lib/table-names.js'
import { tableNames } from '../lib/table-names.js'
import { createAsk, refusalOf, type Ask } from './ask.js'
import { examineClock, examineConnections, examinePooler, examineServer } from './server.js'
import { examineStatistics, examineSweep } from './statistics.js'
import { examineTable } from './table.js'

export interface ExaminePgOptions extends TableOptions {
  /** How long to wait for each answer, in milliseconds. Default: 2000. */
  readonly timeoutMs?: number | undefined
}

const caller = 'examinePg'

/** What a check finds, or that it could not be made. */
async function attempt(subject: string, check: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await check()
  } catch (error) {
    const code = refusalOf(error)
    if (code === undefined) {
      return [problem(subject, notLookedAt, 'The server did not answer in time, or not at all.', 'Look at its log.')]
    }
    const why = `The server refuses a statement of this role, by SQLSTATE ${code}.`
    return [note(subject, notLookedAt, why, 'Ask again as a role with more rights.')]
  }
}

async function examineSessions(ask: Ask, table: string): Promise<Finding[]> {
  const found = await examineTable(ask, table)
  if (found === undefined) {
    const why = 'Every call of the store fails.'
    return [problem('table', 'it is missing', why, 'Run migrate(sql), with the same schema and table as the store.')]
  }
  return [
    ...found,
    ...(await attempt('statistics', () => examineStatistics(ask, table))),
    ...(await attempt('sweep', () => examineSweep(ask, table))),
  ]
}

/**
 * Looks at what a store over this client depends on: the server's version, role and durability, its clock, the table with
 * its indexes and rights, heap-only updates, vacuum, sweeping, and poolers. It changes nothing, and reads a bounded part
 * of the table. Nothing that it says holds an id, a user or data. Rejects with `Backend` if the server cannot be reached,
 * and with a `TypeError` for a wrong option.
 */
export async function examinePg(sql: PgClient, options: ExaminePgOptions = {}): Promise<readonly Finding[]> {
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
    ...(await attempt('table', () => examineSessions(ask, table))),
  ]
}
