import { totalmem } from 'node:os'
import { join } from 'node:path'
import { startPostgresProcess } from '@bext-internal/test-services'
import { migrate } from '@bext/session-pg'
import postgres from 'postgres'
import type { Operation } from '../measure/figure.js'
import { writeText } from '../report/files.js'
import { renderGrowthChart, type GrowthLine } from '../report/growth-chart.js'
import { takeSample } from '../measure/load.js'
import { fillTable, idOf, type Key } from '../measure/pg-rows.js'
import { rawPostgres } from '../measure/raw-postgres.js'
import type { Experiment, ExperimentRun } from './experiment.js'
import { quartilesOf } from '../measure/statistics.js'
import type { Subject } from '../measure/suite.js'
import { ownStore } from '../suites/pg.js'

const bytes = 200
const inFlight = 64
const calls = 4000
const rounds = 7
const ops: readonly Operation[] = ['read', 'touch']
const usualSizes = [1000, 100_000, 1_000_000, 5_000_000]

interface Contestant {
  readonly subject: Subject
  readonly table: string
  readonly key: Key
}

/** What an operation costs each of them on so many rows, in microseconds of the wall clock: medians over the rounds. */
async function costsAt(contestants: readonly Contestant[], op: Operation, rows: number): Promise<number[]> {
  const samples = contestants.map(() => [] as number[])
  for (let round = 0; round <= rounds; round++) {
    for (const [position, { subject }] of contestants.entries()) {
      const pool = Array.from({ length: calls }, () => idOf(Math.floor(Math.random() * rows)))
      const { opsPerSecond } = await takeSample(
        subject,
        { op, bytes, inFlight, arrivals: 'jitter' },
        pool,
        calls,
        round,
      )
      // The first round compiles and fills caches.
      if (round > 0) samples[position]?.push(1e6 / opsPerSecond)
    }
  }
  return samples.map((costs) => quartilesOf(costs).median)
}

function table(lines: readonly GrowthLine[]): string {
  const sizes = lines[0]?.points.map(({ rows }) => rows) ?? []
  const rows = lines.map(({ name, points }) => {
    const [first] = points
    const cells = points.map(({ micros }) => `${micros.toFixed(1)} (${(micros / (first?.micros ?? 1)).toFixed(2)})`)
    return `| ${[name, ...cells].join(' | ')} |`
  })
  const head = `| live sessions | ${sizes.map((size) => size.toLocaleString('en')).join(' | ')} |`
  return [head, `| --- ${sizes.map(() => '| --- ').join('')}|`, ...rows].join('\n')
}

/** The costs on more and more rows, on a server of its own. */
async function growthOn(sharedBuffers: string, sizes: readonly number[]): Promise<GrowthLine[]> {
  const server = await startPostgresProcess({ settings: { shared_buffers: sharedBuffers } })
  const sql = postgres(server.url, { onnotice: () => {} })
  const raw = rawPostgres('postgres.js', () => postgres(server.url), 'raw')
  const contestants: Contestant[] = [
    { subject: ownStore(sql, 'own'), table: 'own', key: 'hash' },
    { subject: raw, table: 'raw', key: 'id' },
  ]
  const lines: GrowthLine[] = ops.flatMap((op) =>
    contestants.map(({ subject }) => ({ name: `${op}, ${subject.name}`, points: [] })),
  )
  try {
    for (const contestant of contestants) await migrate(sql, { table: contestant.table })
    let from = 0
    for (const to of sizes) {
      for (const { table: name, key } of contestants) {
        await fillTable(sql, { table: name, key, from, to, bytes, livesForMs: '86400000' })
      }
      from = to
      for (const [opAt, op] of ops.entries()) {
        const costs = await costsAt(contestants, op, to)
        for (const [at, micros] of costs.entries()) {
          lines[opAt * contestants.length + at]?.points.push({ rows: to, micros })
        }
      }
      console.log(`measured: ${to.toLocaleString('en')} sessions, shared_buffers ${sharedBuffers}`)
    }
    return lines
  } finally {
    await Promise.all([raw.close(), sql.end()])
    await server.stop()
  }
}

/** What `initdb` sets, and what the manual of PostgreSQL advises where a machine serves nothing else. */
function sharedBuffersOf(machineBytes: number): Record<'initial' | 'advised', string> {
  return { initial: '128MB', advised: `${Math.floor(machineBytes / 4 / 2 ** 20)}MB` }
}

async function measure({ sessions, reports }: ExperimentRun): Promise<void> {
  const sizes = usualSizes.filter((size) => size <= sessions)
  let report = `# @bext/session-pg: growth

Written by \`pnpm bench pg-growth --sessions ${sessions} --render\`. Microseconds for one of ${inFlight} in flight (and against the first column), medians of ${rounds} rounds, on a server with as little memory for \`shared_buffers\` as \`initdb\` sets, and on one with a quarter of the machine's, as the manual advises.
`
  for (const [name, sharedBuffers] of Object.entries(sharedBuffersOf(totalmem()))) {
    const lines = await growthOn(sharedBuffers, sizes)
    const section = `\`shared_buffers\` of ${sharedBuffers}:\n\n${table(lines)}\n`
    console.log(`\n${section}`)
    report += `\n${section}\n![Cost by live sessions](./pg-growth-${name}.svg)\n`
    if (reports !== undefined) writeText(join(reports, `pg-growth-${name}.svg`), await renderGrowthChart(lines))
  }
  if (reports !== undefined) writeText(join(reports, 'pg-growth.md'), report)
}

export const pgGrowth: Experiment = {
  name: 'pg-growth',
  summary: 'what reads and touches cost on 1,000 to so many live sessions, for the store and the raw driver',
  measure,
}
