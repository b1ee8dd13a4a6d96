import { randomBytes } from 'node:crypto'
import { startPostgres } from '@bext-internal/test-services'
import { migrate } from '@bext/session-pg'
import postgres from 'postgres'
import { takeSample } from '../measure/load.js'
import { fillTable, idOf } from '../measure/pg-rows.js'
import type { Experiment, ExperimentRun } from './experiment.js'
import { ownPgStore } from '../suites/pg.js'

const bytes = 200
const inFlight = 64
const callsAtOnce = 10_000
const touchesPerSession = 10
const fillFactors = [70, 80, 90, 100]

interface Statistics {
  readonly updates: number
  readonly hot: number
}

async function bytesOf(sql: postgres.Sql, table: string): Promise<number> {
  const [row] = await sql.unsafe(`select pg_table_size('"${table}"')::text as bytes`)
  return Number(row?.['bytes'])
}

/** Resolves to PostgreSQL's statistics once they include that many updates: connections report theirs with a delay. */
async function statisticsOf(sql: postgres.Sql, table: string, updates: number): Promise<Statistics> {
  for (;;) {
    const [row] = await sql`
      select n_tup_upd::int as updates, n_tup_hot_upd::int as hot from pg_stat_user_tables where relname = ${table}`
    const found = { updates: Number(row?.['updates']), hot: Number(row?.['hot']) }
    if (found.updates >= updates) return found
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

async function measureOne(sql: postgres.Sql, url: string, sessions: number, fillFactor: number): Promise<string> {
  const table = `bench_${randomBytes(6).toString('hex')}`
  const own = postgres(url)
  try {
    await migrate(sql, { table })
    await sql.unsafe(`alter table "${table}" set (fillfactor = ${fillFactor})`)
    await fillTable(sql, { table, key: 'hash', from: 0, to: sessions, bytes, livesForMs: '86400000' })
    const before = await bytesOf(sql, table)
    const subject = ownPgStore(own, table)
    const touches = touchesPerSession * sessions
    for (let done = 0; done < touches; done += callsAtOnce) {
      // No session occurs twice in a sample, because the store merges touches of one session within a batch.
      const start = Math.floor(Math.random() * sessions)
      const step = 1 + 2 * Math.floor(Math.random() * 5000)
      const pool = Array.from({ length: callsAtOnce }, (_, n) => idOf((start + n * step) % sessions))
      await takeSample(subject, { op: 'touch', bytes, inFlight, arrivals: 'jitter' }, pool, callsAtOnce, done)
    }
    await own.end()
    const { updates, hot } = await statisticsOf(sql, table, 0.95 * touches)
    const after = await bytesOf(sql, table)
    const share = ((100 * hot) / updates).toFixed(2)
    return `${String(fillFactor).padEnd(12)} ${share.padStart(6)} % ${(before / sessions).toFixed(0).padStart(8)} ${(after / before).toFixed(2).padStart(10)}`
  } finally {
    await own.end()
    await sql.unsafe(`drop table if exists "${table}"`)
  }
}

async function measure({ sessions }: ExperimentRun): Promise<void> {
  const service = await startPostgres()
  const sql = postgres(service.url, { onnotice: () => {} })
  try {
    console.log(`${touchesPerSession * sessions} touches of ${sessions} sessions with ${bytes} bytes of data:`)
    console.log('fill factor  HOT share  bytes each  grown by')
    for (const fillFactor of fillFactors) console.log(await measureOne(sql, service.url, sessions, fillFactor))
  } finally {
    await sql.end()
    await service.stop()
  }
}

export const pgHot: Experiment = {
  name: 'pg-hot',
  summary:
    'the share of heap-only updates and the growth of the table, after ten touches of each session, by fill factor',
  measure,
}
