import { note, ok, problem, type Finding } from '@bext/session-core/doctor'
import { isFaithful, readSurroundings, type PgClient } from '../client/client.js'
import type { Ask } from './ask.js'

const oldest = 140_000
const unremarkableMs = 1000
const crowded = 0.8

function examineVersion(number: number, text: string): Finding {
  if (number >= oldest) return ok('version', `PostgreSQL ${text}`)
  const why = 'A sweep reads the whole table again and again there, and nobody tests the store on it.'
  return problem('version', `PostgreSQL ${text}`, why, `Use PostgreSQL ${oldest / 10_000} or later.`)
}

function examineRole(isStandby: boolean, isReadOnly: boolean): Finding[] {
  if (isStandby) {
    const advice =
      'Connect to the primary: postgres.js finds it among several hosts by target_session_attrs=read-write.'
    return [
      problem('role', 'the server is a standby', 'It refuses every write, and lags behind what was written.', advice),
    ]
  }
  if (!isReadOnly) return []
  const why = 'The server refuses every write of the store.'
  const advice =
    'Look for it in alter database … set, alter role … set, postgresql.conf and the options of the client, and set it off.'
  return [problem('role', 'default_transaction_read_only is on', why, advice)]
}

/** Returns how many standbys a commit waits for, by the text of `synchronous_standby_names`. */
function standbysWanted(names: string): number {
  if (names.trim() === '') return 0
  const count = /^\s*(?:first|any)?\s*(\d+)\s*\(/i.exec(names)?.[1]
  return count === undefined ? 1 : Number(count)
}

/** Compares the standbys that a commit waits for with those that are connected, as far as the role may see them. */
async function examineStandbys(ask: Ask): Promise<Finding[]> {
  const [names, isWaiting, connected, synchronous, hidden] = await ask.row(
    `select current_setting('synchronous_standby_names'), current_setting('synchronous_commit') not in ('off', 'local'),
      count(pid), count(*) filter (where sync_state in ('sync', 'quorum')), count(pid) filter (where sync_state is null)
    from (select) as one left join pg_stat_replication on true`,
  )
  const wanted = standbysWanted(String(names))
  const found = Number(hidden) > 0 ? Number(connected) : Number(synchronous)
  if (isWaiting !== 't' || found >= wanted) return []
  const why = 'Each commit waits for them, so every write of the store ends in a timeout, and may take effect later.'
  const advice = 'Start the standbys again, or take those that are gone out of synchronous_standby_names.'
  return [problem('durability', `${found} of ${wanted} synchronous standbys are connected`, why, advice)]
}

function examineEncoding(encoding: string): Finding[] {
  if (encoding === 'UTF8') return []
  const why = 'Sessions that hold other characters are refused, or come back altered.'
  return [problem('encoding', `the database is in ${encoding}`, why, 'Make a database with encoding UTF8.')]
}

function unfaithful(clientEncoding: string): Finding {
  const why =
    'postgres.js sends UTF-8, which the server would take for something else. Every call of the store is refused.'
  const advice = 'Take it out of the options of the client, of its role and of the database.'
  return problem('encoding', `client_encoding is ${clientEncoding}`, why, advice)
}

function examineDurability(fsync: string, synchronousCommit: string): Finding {
  const found = `fsync ${fsync}, synchronous_commit ${synchronousCommit}`
  if (fsync !== 'on') {
    const why = 'A crash of the machine can spoil the whole database.'
    return problem('durability', found, why, 'Set fsync = on. To write faster, set synchronous_commit = off instead.')
  }
  if (synchronousCommit !== 'off') return ok('durability', found)
  const why = 'A crash loses the writes of the last moment: sessions that had just been ended are back.'
  return note('durability', found, why, 'Set synchronous_commit = on for the role of the store if that matters.')
}

/** What the server is, and how it is set. */
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

// A statement of a session takes a few milliseconds.
const slowMs = 500

/** Counts the statements of others that are slow, on connections that may be those of the store. */
async function examineCompany(ask: Ask, table: string): Promise<Finding[]> {
  const [slow] = await ask.row(
    `select count(*) from pg_stat_activity where usename = session_user and datname = current_database()
      and application_name = current_setting('application_name') and pid <> pg_backend_pid()
      and (state like 'idle in transaction%' or state = 'active' and wait_event_type is distinct from 'Lock')
      and clock_timestamp() - state_change > interval '${slowMs} ms' and position($1::text in query) = 0`,
    table,
  )
  if (slow === '0') return []
  const found = `${slow} connections of this role are in use by something slow that is not the store`
  const why =
    'If they belong to the client of the store, calls end in a timeout: when no connection of it is free, postgres.js sends a statement down one that is in use.'
  return [note('connections', found, why, 'Give the store a client for sessions only: see the README.')]
}

/** Counts the connections, and looks for what the store may share its own with. `table` comes quoted. */
export async function examineConnections(ask: Ask, table: string): Promise<Finding[]> {
  const [used, most] = await ask.row(
    `select count(*), current_setting('max_connections') from pg_stat_activity where backend_type = 'client backend'`,
  )
  const found = `${used} of ${most} connections are in use`
  const company = await examineCompany(ask, table)
  if (Number(used) < crowded * Number(most)) return [ok('connections', found), ...company]
  const advice = 'Give pools a smaller max, or put a pooler before the server.'
  return [note('connections', found, 'When none is left, new ones are refused, and calls fail.', advice), ...company]
}

export async function examineClock(ask: Ask): Promise<Finding[]> {
  const sentAtMs = Date.now()
  const [now] = await ask.row('select extract(epoch from clock_timestamp()) * 1000')
  const skewMs = Math.abs(Number(now) - (sentAtMs + Date.now()) / 2)
  const found = `the server's clock and this machine's differ by ${(skewMs / 1000).toFixed(1)} s`
  if (skewMs <= unremarkableMs) return [ok('clock', found)]
  const why =
    "Sessions live by the server's clock, so they do as they should; but createdAtMs and expiresAtMs look wrong here."
  return [note('clock', found, why, 'Keep both by NTP.')]
}

/** Looks at how the client's connections carry statements. */
export async function examinePooler(sql: PgClient): Promise<Finding[]> {
  const { preparation, clientEncoding } = await readSurroundings(sql)
  const encoding = isFaithful(clientEncoding) ? [] : [unfaithful(clientEncoding)]
  if (preparation === 'prepared') return [...encoding, ok('pooler', 'there is none between here and the server')]
  const why = 'The store prepares no statements behind a pooler, so each call takes a second round trip.'
  const advice = 'Connect to the server itself where you can: a store needs few connections, as calls share them.'
  return [...encoding, note('pooler', 'there is one between here and the server', why, advice)]
}
