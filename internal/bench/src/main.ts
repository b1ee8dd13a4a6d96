import { fileURLToPath } from 'node:url'
import { runCommand, UsageError } from '@bext-internal/command-line'
import { compare } from './measure/compare.js'
import type { Figure } from './measure/figure.js'
import { readRuns, writeReport, writeRun, type Run } from './report/files.js'
import { parseOptions, usageOf, type RunOptions } from './options.js'
import { describeRun } from './report/run-info.js'
import type { Suite } from './measure/suite.js'
import { experiments } from './experiments/index.js'
import { suites } from './suites/index.js'

const reports = fileURLToPath(new URL('../../../docs/benchmarks', import.meta.url))
const args = process.argv.slice(2)
const known = { backends: suites.map(({ backend }) => backend), experiments }

function suiteOf(backend: string): Suite {
  const suite = suites.find((each) => each.backend === backend)
  if (!suite) throw new UsageError(`The backend ${JSON.stringify(backend)} has no benchmarks.`)
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
    const findings = await open.findings?.()
    if (findings !== undefined) console.log(`\n${findings}`)
    return { figures, info: describeRun(options, args, open.versions, findings) }
  } finally {
    await open.close()
  }
}

async function report(run: Run): Promise<void> {
  const files = await writeReport(reports, run, suiteOf(run.info.backend).notes)
  for (const file of files) console.log(`written: ${file}`)
}

async function main(): Promise<void> {
  const options = parseOptions(args, known, (backend) => suiteOf(backend).usual)
  if (options.command === 'help') {
    console.log(usageOf(known))
  } else if (options.command === 'render') {
    await report(readRuns(options.jsonFiles))
  } else if (options.command === 'experiment') {
    await experiments
      .find(({ name }) => name === options.name)
      ?.measure({
        sessions: options.sessions,
        requests: options.requests,
        args,
        reports: options.render ? reports : undefined,
      })
  } else {
    const run = await measure(options)
    if (options.jsonFile !== undefined) writeRun(options.jsonFile, run)
    if (options.render) await report(run)
  }
}

await runCommand(usageOf(known), main)
