import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { Figure } from '../src/measure/figure.js'
import { readRuns, writeReport, writeRun } from '../src/report/files.js'
import { describeRun } from '../src/report/run-info.js'

const folder = mkdtempSync(join(tmpdir(), 'bench-'))
afterAll(() => rmSync(folder, { recursive: true }))

function figure(part: Partial<Figure>): Figure {
  return {
    backend: 'redis',
    op: 'read',
    bytes: 200,
    inFlight: 1,
    arrivals: 'jitter',
    subject: 'our <store>',
    against: 'raw & bare',
    ratio: { q1: 0.5, median: 0.75, q3: 1.25 },
    opsPerSecond: 1234.5,
    cpuMicros: 6.78,
    ...part,
  }
}

const figures = [
  figure({}),
  figure({ inFlight: 64, ratio: { q1: 2, median: 3, q3: 4 } }),
  figure({ subject: 'raw & bare', opsPerSecond: 4321 }),
  figure({ op: 'touch', arrivals: 'closed', ratio: { q1: 1, median: 8, q3: 9 } }),
]
const info = describeRun(
  { backend: 'redis', rounds: 7 },
  ['redis', '--json', 'f.json'],
  { server: '9.9' },
  'Ids are short.',
)

test('figures are written as an array, and are read again with the description of the run', () => {
  const file = join(folder, 'new', 'figures.json')
  writeRun(file, { figures, info })
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(figures)
  expect(readRuns([file])).toEqual({ figures, info })
})

test('several runs are rendered as one, with the commands of all', () => {
  const files = ['read', 'touch'].map((op) => {
    const file = join(folder, `${op}.json`)
    const command = { ...info, command: `pnpm bench redis --op ${op}` }
    writeRun(file, { figures: figures.filter((each) => each.op === op), info: command })
    return file
  })
  const run = readRuns(files as [string, ...string[]])
  expect(run.figures).toEqual(figures)
  expect(run.info.command).toBe('pnpm bench redis --op read`, `pnpm bench redis --op touch')
})

test('the report holds ratios, costs, machine, versions, command and notes', async () => {
  const [report = ''] = await writeReport(folder, { figures, info }, 'Raw means raw.')
  const markdown = readFileSync(report, 'utf8')
  expect(markdown).toContain('| read | 0.75 (0.50-1.25) | 3.00 (2.00-4.00) |')
  expect(markdown).toContain('| read | raw & bare | 4321 / 6.8 |')
  expect(markdown).toContain('| touch | 8.00 (1.00-9.00) |')
  for (const said of [
    '`pnpm bench redis`',
    'Ids are short.',
    'server 9.9',
    info.cpu,
    `${info.cores} cores`,
    'Raw means raw.',
  ]) {
    expect(markdown).toContain(said)
  }
  expect(markdown).toContain('](./redis.svg)')
})

test('the chart has a panel for each measured operation, and escapes names', async () => {
  const [, chart = ''] = await writeReport(folder, { figures, info }, '')
  const svg = readFileSync(chart, 'utf8')
  expect(svg).toContain('our &lt;store&gt;, 200 bytes, arrivals: jitter')
  expect(svg).toContain('against raw &amp; bare')
  expect(svg).toContain('>read<')
  expect(svg).not.toContain('>touch<')
  expect(svg.match(/role="graphics-symbol" aria-roledescription="point"/g)).toHaveLength(2)
  expect(svg).not.toContain('NaN')
})
