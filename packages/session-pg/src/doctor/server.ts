import { warning, ok, problem, type Finding } from '@bext/session-core/doctor'
import type { PgAdapter } from '../client/adapter.js'
import { acceptsUtf8, readConnectionTraits } from '../client/connection-traits.js'
import type { Ask } from './ask.js'

const oldestVersion = 140_000
const maxSkewMs = 1000
const manyConnections = 0.8

function examineVersion(number: number, text: string): Finding {
  if (number >= oldestVersion) return ok('version', `PostgreSQL ${text}`)
  const why = 'Each statement of a sweep reads the whole table, and the store is not tested on this version.'
  return problem('version', `PostgreSQL ${text}`, why, `Use PostgreSQL ${oldestVersion / 10_000} or later.`)
}

function examineRole(isStandby: boolean, isReadOnly: boolean): Finding[] {
  if (isStandby) {
    const advice =
      'Connect to the primary. With target_session_attrs=read-write, postgres.js finds it among several hosts.'
    return [problem('role', 'the server is a standby', 'It refuses every write and lags behind the primary.', advice)]
  }
  if (!isReadOnly) return []
  const why = 'The server refuses every write of the store.'
  const advice = 'Turn it off in postgresql.conf, alter database … set, alter role … set, or the options of the client.'
  return [problem('role', 'default_transaction_read_only is on', why, advice)]
}

/** Returns the number of standbys that a commit waits for, from the text of `synchronous_standby_names`. */
function standbysWanted(names: string): number {
  if (names.trim() === '') return 0
  const count = /^\s*(?:first|any)?\s*(\d+)\s*\(/i.exec(names)?.[1]
  return count === undefined ? 1 : Number(count)
}

/** Compares the standbys that a commit waits for with the connected ones, as far as the role may see them. */
async function examineStandbys(ask: Ask): Promise<Finding[]> {
  const [names, isWaiting, connected, synchronous, hidden] = await ask.row(
    `select current_setting('synchronous_standby_names'), current_setting('synchronous_commit') not in ('off', 'local'),
      count(pid), count(*) filter (where sync_state in ('sync', 'quorum')), count(pid) filter (where sync_state is null)
    from (select) as one left join pg_stat_replication on true`,
  )
  const wanted = standbysWanted(String(names))
  const found = Number(hidden) > 0 ? Number(connected) : Number(synchronous)
  if (isWaiting !== 't' || found >= wanted) return []
  const why = 'Each commit waits for standbys, so every write of the store ends in a timeout and may take effect later.'
  const advice = 'Start the standbys, or remove the missing ones from synchronous_standby_names.'
  return [problem('durability', `${found} of ${wanted} synchronous standbys are connected`, why, advice)]
}

function examineEncoding(encoding: string): Finding[] {
  if (encoding === 'UTF8') return []
  const why = 'Sessions with characters outside this encoding are refused or altered.'
  return [
    problem(
      'encoding',
      `the encoding of the database is ${encoding}`,
      why,
      'Create a database with the encoding UTF8.',
    ),
  ]
}

function wrongEncoding(clientEncoding: string): Finding {
  const why = 'The driver sends UTF-8, which the server would misread. Every call of the store fails.'
  const advice = 'Remove this setting from the options of the client, from its role and from the database.'
  return problem('encoding', `client_encoding is ${clientEncoding}`, why, advice)
}

function examineDurability(fsync: string, synchronousCommit: string): Finding {
  const found = `fsync ${fsync}, synchronous_commit ${synchronousCommit}`
  if (fsync !== 'on') {
    const why = 'A crash of the machine can corrupt the whole database.'
    return problem('durability', found, why, 'Set fsync = on. To write faster, set synchronous_commit = off instead.')
  }
  if (synchronousCommit !== 'off') return ok('durability', found)
  const why = 'A crash loses the last writes: sessions deleted just before it are valid again.'
  return warning('durability', found, why, 'Set synchronous_commit = on for the role of the store if that matters.')
}

/** Checks the version, role, encoding and durability of the server. */
export async function examineServer(ask: Ask): Promise<Finding[]> {
  const [number, version, isStandby, isReadOnly, encoding, fsync, synchronousCommit] = await ask.row(
    `select current_setting('server_version_num'), split_part(current_setting('server_version'), ' ', 1),
      pg_is_in_recovery(), current_setting('transaction_read_only') = 'on', pg_encoding_to_char(encoding),
      current_setting('fsync'), current_setting('synchronous_commit')
    from pg_database where datname = current_database()`,
  )
  return [
    examineVersion(Number(number), String(version)),
    ...examineRole(isStandby === 't', isReadOnly === 't'),
    ...examineEncoding(String(encoding)),
    examineDurability(String(fsync), String(synchronousCommit)),
    ...(isStandby === 't' ? [] : await examineStandbys(ask)),
  ]
}

// A statement of the store takes a few milliseconds.
const slowMs = 500

/** Checks for slow statements of others on connections that may belong to the client of the store. */
async function examineSlowStatements(ask: Ask, table: string): Promise<Finding[]> {
  const [slow] = await ask.row(
    `select count(*) from pg_stat_activity where usename = session_user and datname = current_database()
      and application_name = current_setting('application_name') and pid <> pg_backend_pid()
      and (state like 'idle in transaction%' or state = 'active' and wait_event_type is distinct from 'Lock')
      and clock_timestamp() - state_change > interval '${slowMs} ms' and position($1::text in query) = 0`,
    table,
  )
  if (slow === '0') return []
  const found = `${slow} connections of this role run other slow statements or transactions`
  const why = 'If the store has the same client, calls can end in a timeout, because these connections are busy.'
  return [warning('connections', found, why, 'Give the store a separate client: see the README.')]
}

/** Counts the connections, and checks for slow statements beside the store. `table` must be quoted. */
export async function examineConnections(ask: Ask, table: string): Promise<Finding[]> {
  const [used, most] = await ask.row(
    `select count(*), current_setting('max_connections') from pg_stat_activity where backend_type = 'client backend'`,
  )
  const found = `${used} of ${most} connections are in use`
  const slowStatements = await examineSlowStatements(ask, table)
  if (Number(used) < manyConnections * Number(most)) return [ok('connections', found), ...slowStatements]
  const advice = 'Reduce max in the options of clients, or put a pooler before the server.'
  return [
    warning('connections', found, 'When no connection is left, the server refuses new ones, and calls fail.', advice),
    ...slowStatements,
  ]
}

export async function examineClock(ask: Ask): Promise<Finding[]> {
  const sentAtMs = Date.now()
  const [now] = await ask.row('select extract(epoch from clock_timestamp()) * 1000')
  const skewMs = Math.abs(Number(now) - (sentAtMs + Date.now()) / 2)
  const found = `the server's clock and this machine's differ by ${(skewMs / 1000).toFixed(1)} s`
  if (skewMs <= maxSkewMs) return [ok('clock', found)]
  const why =
    "Sessions expire correctly, by the server's clock, but createdAtMs and expiresAtMs look wrong on this machine."
  return [warning('clock', found, why, 'Synchronise both with NTP.')]
}

/** Checks for a pooler, and for an encoding that alters text. */
export async function examinePooler(adapter: PgAdapter, timeoutMs: number): Promise<Finding[]> {
  const { canPrepare, clientEncoding } = await readConnectionTraits(adapter, performance.now() + timeoutMs)
  const encoding = acceptsUtf8(clientEncoding) ? [] : [wrongEncoding(clientEncoding)]
  if (canPrepare) return [...encoding, ok('pooler', 'there is no pooler before the server')]
  const why =
    'Behind a pooler the store does not prepare statements. With postgres.js each call then takes a second round trip.'
  const advice = 'Connect directly to the server if you can. A store needs few connections, because calls share them.'
  return [...encoding, warning('pooler', 'there is a pooler before the server', why, advice)]
}
