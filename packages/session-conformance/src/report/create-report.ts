import { readFileSync } from 'node:fs'
import { cases as allCases } from '../cases/index.js'
import { commandOf } from './replay-command.js'
import type { StoreHarness } from '../runner/harness.js'
import { earnedProfiles, profileLabel } from '../runner/profiles.js'
import type { Outcome, Report, ReportCase, UnhandledError } from './report.js'
import type { CaseResult, Run, RunOptions, Verdict } from '../runner/run.js'
import { startRun } from '../runner/run.js'
import { runWatched } from './unhandled-errors.js'

// Read, not imported: the relative path is the same from the source and from the build.
const manifest = new URL('../../package.json', import.meta.url)

/** The version of this package. */
export const kitVersion: string = (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version

/** The version of the contract that the cases check. */
export const contractVersion = '1.0'

export interface ReportOptions {
  readonly run: Pick<Run, 'harness' | 'seed'>
  readonly results: readonly CaseResult[]
  readonly startedAt: Date
  readonly durationMs: number
  readonly command?: string | undefined
  readonly selection?: readonly string[] | undefined
  readonly strict?: boolean | undefined
  /** All unhandled errors of the run. */
  readonly unhandledErrors?: readonly UnhandledError[] | undefined
}

function toReportCase(result: CaseResult, withTrace: boolean): ReportCase {
  const { case: each, verdict, durationMs, attempts, trace, ...details } = result
  const { id, rule, level, title } = each
  const common = { id, rule, level, title, verdict, durationMs: Math.round(durationMs), attempts, ...details }
  return withTrace && trace.length > 0 ? { ...common, trace } : common
}

/** Fails a case that caused an unhandled error, whatever its calls returned. */
function withUnhandledError(each: ReportCase, unhandledErrors: readonly UnhandledError[]): ReportCase {
  const own = unhandledErrors.find(({ during }) => during.length === 1 && during[0] === each.id)
  if (!own) return each
  if (each.verdict === 'fail')
    return { ...each, note: `It also left an error behind that nobody could handle: ${own.error}` }
  return {
    ...each,
    verdict: 'fail',
    brokenRule: 'E1',
    expected: 'every error to reach the caller, as a rejection of its call',
    seen: 'an error that nobody could handle, which ends a process',
    note: own.error,
  }
}

/** Computes the outcome of a run. */
export function outcomeOf(
  cases: readonly ReportCase[],
  strict: boolean,
  unhandledErrors: readonly UnhandledError[],
): Outcome {
  const failing: readonly Verdict[] = strict ? ['fail', 'warn', 'unsupported'] : ['fail']
  if (unhandledErrors.length > 0 || cases.some(({ verdict }) => failing.includes(verdict))) return 'fail'
  const untold = cases.some(
    ({ level, verdict }) => verdict === 'harness-error' || (level === 'MUST' && verdict === 'inconclusive'),
  )
  return untold || !cases.some(({ verdict }) => verdict === 'pass') ? 'partial' : 'pass'
}

/** Builds a report from the results of a run. */
export function createReport(options: ReportOptions): Report {
  const { run, results, startedAt, durationMs, selection = [], strict = false } = options
  const { name, family, capabilities = [], declarations = {}, versions = {}, protocolLimits: limits = [] } = run.harness
  const cases = results.map((result) =>
    withUnhandledError(
      toReportCase(result, result.verdict !== 'pass' || results.length === 1),
      options.unhandledErrors ?? [],
    ),
  )
  const unattributed = (options.unhandledErrors ?? []).filter(({ during }) => during.length !== 1)
  // Any case may have caused an unhandled error. A bridge with protocol limits earns no profile.
  const profiles = unattributed.length > 0 || limits.length > 0 ? [] : earnedProfiles(family, allCases, cases)
  return {
    reportVersion: 1,
    kit: { name: '@bext/session-conformance', version: kitVersion },
    contract: contractVersion,
    store: { name, family, capabilities, declarations, versions },
    runtime: { node: process.versions.node, platform: `${process.platform} ${process.arch}` },
    seed: run.seed,
    startedAt: startedAt.toISOString(),
    durationMs: Math.round(durationMs),
    command: options.command ?? commandOf(run.harness),
    selection,
    strict,
    cases,
    unhandledErrors: unattributed,
    profiles: profiles.map((profile) => profileLabel(profile, family)),
    outcome: outcomeOf(cases, strict, unattributed),
  }
}

/**
 * Runs every case against a store. Resolves to the report, whatever the store does: an unhandled error of the process is
 * a part of the report while the cases run.
 */
export async function runConformance(harness: StoreHarness, options: RunOptions = {}): Promise<Report> {
  const run = startRun(harness, options)
  const startedAt = new Date()
  const startedAtMs = performance.now()
  const { results, unhandledErrors } = await runWatched(run, allCases)
  return createReport({ run, results, startedAt, durationMs: performance.now() - startedAtMs, unhandledErrors })
}
