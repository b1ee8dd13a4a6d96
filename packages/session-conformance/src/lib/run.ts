import { isSessionError } from '@bext/session-core'
import { cases as allCases } from '../cases/index.js'
import type { ConformanceCase } from './case.js'
import { missingNeeds } from './case.js'
import { createContext } from './context.js'
import { ConformanceFailure, Inconclusive, Unsupported } from './failure.js'
import type { StoreHarness } from './harness.js'
import { createRandom, seedOf } from './random.js'

/**
 * How a case ended. `unsupported`: the harness gives no hold for it. `not-applicable`: it is for the other family.
 * `harness-error`: the harness or the kit failed, not the store. None of these is a pass.
 */
export type Verdict = 'pass' | 'fail' | 'warn' | 'inconclusive' | 'unsupported' | 'not-applicable' | 'harness-error'

export interface CaseResult {
  readonly case: ConformanceCase
  readonly verdict: Verdict
  readonly durationMs: number
  /** The rule that was broken: the case's, or the one that every call is held to (E1, E3, E5, H1, R1). */
  readonly brokenRule?: string
  readonly expected?: string
  readonly seen?: string
  /** Why the verdict is neither pass nor fail. */
  readonly note?: string
  /** What was done, in order. */
  readonly trace: readonly string[]
}

/** One run of the kit over one store. */
export interface Run {
  readonly harness: StoreHarness
  readonly seed: number
  /** Runs one case and resolves to its result; never rejects. */
  runCase(conformanceCase: ConformanceCase): Promise<CaseResult>
}

export interface RunOptions {
  /** Repeats a run. Default: a new one. */
  readonly seed?: number
}

function newSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 1
}

/** The cases that concern a harness: its family, and nothing that it cannot give. */
export function applicableCases(harness: StoreHarness): readonly ConformanceCase[] {
  return allCases.filter(
    (each) => each.families.includes(harness.family) && missingNeeds(harness, each).length === 0,
  )
}

function judge(each: ConformanceCase, error: unknown): Omit<CaseResult, 'case' | 'durationMs' | 'trace'> {
  const failed = each.level === 'MUST' ? ('fail' as const) : ('warn' as const)
  if (error instanceof ConformanceFailure) {
    return { verdict: failed, brokenRule: error.rule ?? each.rule, expected: error.expected, seen: error.seen }
  }
  if (isSessionError(error)) {
    const seen = `a call was answered ${error.code} (${error.reason})`
    return { verdict: failed, brokenRule: each.rule, expected: 'every call of the case to resolve', seen }
  }
  if (error instanceof Inconclusive) return { verdict: 'inconclusive', note: error.message }
  if (error instanceof Unsupported) return { verdict: 'unsupported', note: error.message }
  const note = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { verdict: 'harness-error', note }
}

/** Begins a run: a namespace of its own, and a seed from which every case draws its random values. */
export function startRun(harness: StoreHarness, { seed = newSeed() }: RunOptions = {}): Run {
  const namespace = `c${createRandom(newSeed()).token(10)}`

  async function runCase(each: ConformanceCase): Promise<CaseResult> {
    if (!each.families.includes(harness.family)) {
      return { case: each, verdict: 'not-applicable', durationMs: 0, trace: [], note: `for ${each.families.join()}-backed stores` }
    }
    const missing = missingNeeds(harness, each)
    if (missing.length > 0) {
      return { case: each, verdict: 'unsupported', durationMs: 0, trace: [], note: `needs ${missing.join(', ')}` }
    }
    const startedAtMs = performance.now()
    const context = createContext({ harness, namespace, random: createRandom(seedOf(seed, each.id)) })
    const errors: unknown[] = []
    await each.run(context).catch((error: unknown) => errors.push(error))
    await context.dispose().catch((error: unknown) => errors.push(error))
    const durationMs = performance.now() - startedAtMs
    const trace = context.trace.lines
    if (errors.length === 0) return { case: each, verdict: 'pass', durationMs, trace }
    return { case: each, durationMs, trace, ...judge(each, errors[0]) }
  }

  return { harness, seed, runCase }
}

const concurrency = 8

/** Runs every applicable case, side by side where they may, and resolves to the results in the order of the cases. */
export async function runConformance(harness: StoreHarness, options: RunOptions = {}): Promise<readonly CaseResult[]> {
  const run = startRun(harness, options)
  const applicable = applicableCases(harness)
  const results = new Map<string, CaseResult>()
  const queue = applicable.filter(({ exclusive }) => !exclusive)
  async function work(): Promise<void> {
    for (let each = queue.shift(); each; each = queue.shift()) results.set(each.id, await run.runCase(each))
  }
  await Promise.all(Array.from({ length: concurrency }, work))
  for (const each of applicable.filter(({ exclusive }) => exclusive)) results.set(each.id, await run.runCase(each))
  return applicable.flatMap(({ id }) => results.get(id) ?? [])
}
