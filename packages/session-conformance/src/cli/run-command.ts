import { cases } from '../cases/index.js'
import type { ConformanceCase } from '../runner/case.js'
import { commandFor, commandForProcess } from '../report/replay-command.js'
import { startProcessHarness } from '../process/process-harness.js'
import { HarnessError } from '../runner/failure.js'
import type { StoreHarness } from '../runner/harness.js'
import { createReport } from '../report/create-report.js'
import type { Report } from '../report/report.js'
import type { Run } from '../runner/run.js'
import { startRun } from '../runner/run.js'
import { selectCases } from '../runner/selection.js'
import { settleWithin } from '../runner/with-timeout.js'
import type { Arguments } from './arguments.js'
import { harnessFromFactory } from './harness-from-function.js'
import type { Found } from './find-harness.js'
import { findHarness } from './find-harness.js'
import { loadModule } from './load-module.js'
import { write } from './output.js'
import { openProbe } from './probe.js'
import { createProgress } from './progress.js'
import { runWatched } from '../report/unhandled-errors.js'
import { UsageError } from './arguments.js'

const closeLimitMs = 3000

/** Returns the cases that a command line selects. Throws a `UsageError` if there are none. */
export function chooseCases({ only, quick, replay }: Arguments): readonly ConformanceCase[] {
  if (replay !== undefined) {
    const found = cases.find(({ id }) => id === replay)
    if (found) return [found]
    throw new UsageError(`There is no case ${replay}. --list shows every case; --only takes rules and globs, too.`)
  }
  for (const pattern of only ?? []) {
    if (selectCases(cases, { only: [pattern] }).length > 0) continue
    throw new UsageError(
      `--only ${pattern} names no case: expected a case's id, a rule (U3), a group of rules (U), or a glob over ids. ` +
        '--list shows every case.',
    )
  }
  const chosen = selectCases(cases, { only, quick })
  if (chosen.length > 0) return chosen
  throw new UsageError('No case is left: --quick leaves out every case that --only names.')
}

async function openHarness(found: Found, given: string, { family }: Arguments): Promise<StoreHarness> {
  if (found.kind === 'factory') return harnessFromFactory(found.factory, family ?? 'server', given)
  const opened = await openProbe(found.harness, given)
  await opened.close?.()
  return found.harness
}

function selectionOf({ only = [], quick, replay }: Arguments): readonly string[] {
  const patterns = only.flatMap((pattern) => ['--only', pattern])
  return [...patterns, ...(quick ? ['--quick'] : []), ...(replay === undefined ? [] : ['--replay', replay])]
}

/** On SIGINT, closes all open stores and exits. */
function endOnInterrupt(run: Run, controller: AbortController): () => void {
  async function end(): Promise<void> {
    controller.abort()
    await settleWithin(run.close(), closeLimitMs)
    await write(process.stderr, '\nInterrupted: no report was written.\n')
    process.exit(130)
  }
  const onInterrupt = (): void => void end()
  // Once, so that a second interrupt ends the process at once.
  process.once('SIGINT', onInterrupt)
  return () => process.off('SIGINT', onInterrupt)
}

export interface ModuleRun {
  readonly report: Report
  /** The kind of the module's export. */
  readonly kind: Found['kind']
}

/** Loads a module and runs the chosen cases over its store. */
export async function runModule(given: string, args: Arguments): Promise<ModuleRun> {
  const chosen = chooseCases(args)
  const found = findHarness(await loadModule(given), given, args.family)
  const harness = await openHarness(found, given, args)
  const family = args.family === undefined ? '' : ` --family ${args.family}`
  const command = `${commandFor(given, process.execArgv)}${family}`
  return { report: await runHarness(harness, command, chosen, args), kind: found.kind }
}

/** Starts a process and runs the chosen cases over its store. */
export async function runProcess(given: string, args: Arguments): Promise<ModuleRun> {
  const chosen = chooseCases(args)
  const { harness, channel } = await startProcessHarness(given).catch((error: unknown) => {
    throw error instanceof HarnessError ? new UsageError(error.message) : error
  })
  const report = await runHarness(harness, commandForProcess(given), chosen, args)
  const ending = await settleWithin(channel.end(), closeLimitMs + closeLimitMs)
  if (ending.state === 'resolved' || report.outcome === 'fail') return { report, kind: 'harness' }
  const error = ending.state === 'rejected' && ending.error instanceof Error ? ending.error.message : 'It did not end.'
  await write(process.stderr, `${error}\n`)
  return { report: { ...report, outcome: 'partial' }, kind: 'harness' }
}

async function runHarness(
  harness: StoreHarness,
  command: string,
  chosen: readonly ConformanceCase[],
  args: Arguments,
): Promise<Report> {
  const startedAt = new Date()
  const startedAtMs = performance.now()
  const run = startRun(harness, args.seed === undefined ? {} : { seed: args.seed })
  const progress = createProgress(process.stderr, chosen.length)
  const controller = new AbortController()
  const ignoreInterrupt = endOnInterrupt(run, controller)
  const { results, unhandledErrors } = await runWatched(run, chosen, {
    onResult: (result) => progress.update(result),
    signal: controller.signal,
  })
  ignoreInterrupt()
  progress.clear()
  return createReport({
    run,
    results,
    startedAt,
    durationMs: performance.now() - startedAtMs,
    command,
    selection: selectionOf(args),
    strict: args.strict,
    unhandledErrors,
  })
}
