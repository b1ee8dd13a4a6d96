import { fileURLToPath } from 'node:url'
import { compare } from './lib/compare.js'
import type { Figure } from './lib/figure.js'
import { readRun, writeReport, writeRun, type Run } from './lib/files.js'
import { parseOptions, usageOf, UsageError, type RunOptions } from './lib/options.js'
import { describeRun } from './lib/run-info.js'
import type { Suite } from './lib/suite.js'
import { suites } from './suites/suites.js'

const reports = fileURLToPath(new URL('../../../docs/benchmarks', import.meta.url))
const args = process.argv.slice(2)
const backends = suites.map(({ backend }) => backend)

function suiteOf(backend: string): Suite {
  const suite = suites.find((known) => known.backend === backend)
  if (!suite) throw new UsageError(`There are no benchmarks of ${JSON.stringify(backend)}.`)
  return suite
}

function print({ op, bytes, inFlight, arrivals, subject, against, ratio, opsPerSecond, cpuMicros }: Figure): void {
  const scenario = `${op} ${bytes} B, ${inFlight} in flight, ${arrivals}:`.padEnd(42)
  const ratios = `${ratio.median.toFixed(2)} (${ratio.q1.toFixed(2)}-${ratio.q3.toFixed(2)})`.padEnd(19)
  const costs = `${Math.round(opsPerSecond)}/s, ${cpuMicros.toFixed(1)} µs CPU`
  console.log(`${scenario} ${subject} / ${against} ${ratios} ${costs}`)
}

async function measure(options: RunOptions): Promise<Run> {
  const suite = suiteOf(options.backend)
  const open = await suite.open()
  try {
    const figures: Figure[] = []
    for (const scenario of options.scenarios) {
      const found = await compare(suite.backend, open, scenario, options.rounds, options.effort)
      for (const figure of found) print(figure)
      figures.push(...found)
    }
    return { figures, info: describeRun(options, args, open.versions) }
  } finally {
    await open.close()
  }
}

function report(run: Run): void {
  for (const file of writeReport(reports, run, suiteOf(run.info.backend).notes)) console.log(`written: ${file}`)
}

async function main(): Promise<void> {
  const options = parseOptions(args, backends)
  if (options.command === 'help') {
    console.log(usageOf(backends))
  } else if (options.command === 'render') {
    report(readRun(options.jsonFile))
  } else {
    const run = await measure(options)
    if (options.jsonFile !== undefined) writeRun(options.jsonFile, run)
    if (options.render) report(run)
  }
}

try {
  await main()
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  console.error(`${error.message}\n\n${usageOf(backends)}`)
  process.exitCode = 2
}
