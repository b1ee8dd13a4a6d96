import { note, ok, problem, type Finding } from '@bext/session-core/doctor'
import { preparationFor, type PgClient } from '../lib/client.js'
import type { Ask } from './ask.js'

const oldest = 140_000
const unremarkableMs = 1000
const crowded = 0.8

function examineVersion(number: number, text: string): Finding {
  if (number >= oldest) return ok('version', `PostgreSQL ${text}`)
  const why = 'A sweep reads the whole table again and again there, and nobody tests the store on it.'
  return problem('version', `PostgreSQL ${text}`, why, `Use PostgreSQL ${oldest / 10_000} or later.`)
}

function examineRole(isStandby: boolean): Finding[] {
  if (!isStandby) return []
  const advice = 'Connect to the primary: postgres.js finds it among several hosts by target_session_attrs=read-write.'
  return [
    problem('role', 'the server is a standby', 'It refuses every write, and lags behind what was written.', advice),
  ]
}

function examineEncoding(encoding: string): Finding[] {
  if (encoding === 'UTF8') return []
  const why = 'Sessions that hold other characters are refused, or come back altered.'
  return [problem('encoding', `the database is in ${encoding}`, why, 'Make a database with encoding UTF8.')]
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
  const [number, version, isStandby, encoding, fsync, synchronousCommit] = await ask.row(
    `select current_setting('server_version_num'), split_part(current_setting('server_version'), ' ', 1),
      pg_is_in_recovery(), pg_encoding_to_char(encoding), current_setting('fsync'), current_setting('synchronous_commit')
    from pg_database where datname = current_database()`,
  )
  return [
    examineVersion(Number(number), String(version)),
    ...examineRole(isStandby === 't'),
    ...examineEncoding(String(encoding)),
    examineDurability(String(fsync), String(synchronousCommit)),
  ]
}

export async function examineConnections(ask: Ask): Promise<Finding[]> {
  const [used, most] = await ask.row(
    `select count(*), current_setting('max_connections') from pg_stat_activity where backend_type = 'client backend'`,
  )
  const found = `${used} of ${most} connections are in use`
  if (Number(used) < crowded * Number(most)) return [ok('connections', found)]
  const advice = 'Give pools a smaller max, or put a pooler before the server.'
  return [note('connections', found, 'When none is left, new ones are refused, and calls fail.', advice)]
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

export async function examinePooler(sql: PgClient): Promise<Finding[]> {
  if ((await preparationFor(sql)) === 'prepared') return [ok('pooler', 'there is none between here and the server')]
  const why = 'The store prepares no statements behind a pooler, so each call takes a second round trip.'
  const advice = 'Connect to the server itself where you can: a store needs few connections, as calls share them.'
  return [note('pooler', 'there is one between here and the server', why, advice)]
}
