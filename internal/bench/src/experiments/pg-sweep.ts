import { randomBytes } from 'node:crypto'
import { startPostgres } from '@bext-internal/test-services'
import { migrate, pgSessions } from '@bext/session-pg'
import postgres from 'postgres'
import { fillTable, idOf } from '../measure/pg-rows.js'
import type { Experiment, ExperimentRun } from './experiment.js'
import { quartilesOf } from '../measure/statistics.js'
import type { Subject } from '../measure/suite.js'
import { ownPgStore } from '../suites/pg.js'

const bytes = 200
const readers = 16
const aloneMs = 5000

/** Reads live sessions with a fixed number of concurrent readers until `stop`, which resolves to the reads per second. */
function keepReading(subject: Subject, numbers: () => number): { stop(): Promise<number> } {
  const startedMs = performance.now()
  let stopped = false
  let reads = 0
  async function read(): Promise<void> {
    while (!stopped) {
      await subject.read(idOf(numbers()))
      reads += 1
    }
  }
  const work = Promise.all(Array.from({ length: readers }, read))
  return {
    async stop() {
      stopped = true
      await work
      return (reads / (performance.now() - startedMs)) * 1000
    },
  }
}

/** Wraps a client so that it records the duration of each statement, in milliseconds. */
function timed(sql: postgres.Sql, took: number[]): postgres.Sql {
  return new Proxy(sql, {
    get(target, name) {
      if (name !== 'unsafe') return Reflect.get(target, name) as unknown
      return (...args: Parameters<postgres.Sql['unsafe']>) => ({
        async raw() {
          const startedMs = performance.now()
          const rows = await target.unsafe(...args).raw()
          took.push(performance.now() - startedMs)
          return rows
        },
      })
    },
  })
}

async function measure({ sessions }: ExperimentRun): Promise<void> {
  const service = await startPostgres()
  const sql = postgres(service.url, { onnotice: () => {} })
  const sweepSql = postgres(service.url)
  const table = `bench_${randomBytes(6).toString('hex')}`
  try {
    await migrate(sql, { table })
    // Every second session has expired, so expired rows are spread over the table.
    const livesForMs = 'case when number % 2 = 0 then 3600000 else -1 end'
    await fillTable(sql, { table, key: 'hash', from: 0, to: 2 * sessions, bytes, livesForMs })
    // A server in use recycles old WAL files. Without any, it stalls about 50 ms for each new file.
    await sql.unsafe('checkpoint')
    const subject = ownPgStore(sql, table)
    const live = (): number => 2 * Math.floor(Math.random() * sessions)

    const alone = keepReading(subject, live)
    await new Promise((resolve) => setTimeout(resolve, aloneMs))
    const aloneRate = await alone.stop()

    const took: number[] = []
    const store = pgSessions({ client: timed(sweepSql, took), table })
    const beside = keepReading(subject, live)
    const startedMs = performance.now()
    let removed = 0
    for (let more = true; more;) {
      const swept = await store.sweep({ maxRecords: 10_000 })
      removed += swept.removed
      more = swept.more
    }
    const sweptMs = performance.now() - startedMs
    const besideRate = await beside.stop()

    const { median, q3 } = quartilesOf(took)
    console.log(`${sessions} expired sessions among ${sessions} live ones, ${readers} readers beside:
removed                ${removed} in ${(sweptMs / 1000).toFixed(1)} s, ${Math.round((removed / sweptMs) * 1000)} a second
statements             ${took.length}: median ${median.toFixed(1)} ms, upper quartile ${q3.toFixed(1)} ms, worst ${Math.max(...took).toFixed(1)} ms
reads a second         ${Math.round(aloneRate)} before, ${Math.round(besideRate)} meanwhile: ${(besideRate / aloneRate).toFixed(2)}`)
  } finally {
    await sql.unsafe(`drop table if exists "${table}"`)
    await Promise.all([sql.end(), sweepSql.end()])
    await service.stop()
  }
}

export const pgSweep: Experiment = {
  name: 'pg-sweep',
  summary: 'the speed of sweeping --sessions N expired sessions among as many live ones, and its effect on readers',
  measure,
}
