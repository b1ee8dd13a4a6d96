#!/usr/bin/env node
import { inspect } from 'node:util'
import type { Report } from '../report/report.js'
import { everyCallResolves } from '../runner/run.js'
import { kitVersion } from '../report/create-report.js'
import type { Arguments } from './arguments.js'
import { readArguments } from './arguments.js'
import { createPaint, hasColors } from './color.js'
import { help } from './help.js'
import { checkWritable, formatList, write, writeReport } from './output.js'
import { readReport } from './read-report.js'
import type { ModuleRun } from './run-command.js'
import { chooseCases, runModule, runProcess } from './run-command.js'
import { UsageError } from './arguments.js'

const noModule =
  "No module was given. Give the file that exports your store's harness: " +
  'npx @bext/session-conformance ./my-store.js. --help tells more.'

const exitCodes = { pass: 0, fail: 1, partial: 2 } as const

/** Returns advice if the family looks wrong, or an empty text. */
function hintOf({ report: { cases, store }, kind }: ModuleRun): string {
  // A rejected call is no evidence of the family.
  const rotates = cases.some(
    ({ id, verdict, rule, brokenRule, expected }) =>
      id === 'U2-same-id' && verdict === 'fail' && brokenRule === rule && expected !== everyCallResolves,
  )
  if (!rotates || store.family === 'client') return ''
  const advice = kind === 'factory' ? 'run it with --family client' : 'give its harness the family "client"'
  return `If an id of this store is the sealed session itself, the store is client-backed: ${advice}.\n`
}

async function show(report: Report, args: Arguments): Promise<void> {
  await writeReport(report, args, createPaint(hasColors(process.stdout, args.color, process.env)))
}

async function main(args: Arguments): Promise<number> {
  if (args.help) await write(process.stdout, help)
  else if (args.version) await write(process.stdout, `${kitVersion}\n`)
  else if (args.list) {
    const { family } = args
    const chosen = chooseCases(args).filter(({ families }) => family === undefined || families.includes(family))
    await write(process.stdout, formatList(chosen))
  } else if (args.from !== undefined) {
    const report = await readReport(args.from)
    checkWritable(args)
    await show(report, args)
  } else {
    const { module, process: command } = args
    if (module === undefined && command === undefined) throw new UsageError(noModule)
    checkWritable(args)
    const run = command === undefined ? await runModule(module ?? '', args) : await runProcess(command, args)
    await show(run.report, args)
    await write(process.stderr, hintOf(run))
    return exitCodes[run.report.outcome]
  }
  return 0
}

function explain(error: unknown): string {
  if (error instanceof UsageError) return error.message
  return `the kit itself failed, which is a defect of it and says nothing of the store.\n\n${inspect(error)}`
}

// The reader may close the pipe early, as `| head` does. That is no failure.
process.stdout.on('error', () => undefined)

let exitCode: number
try {
  exitCode = await main(readArguments(process.argv.slice(2)))
} catch (error) {
  await write(process.stderr, `session-conformance: ${explain(error)}\n`)
  exitCode = 2
}
// A store may have left connections open, which would keep the process running.
process.exit(exitCode)
