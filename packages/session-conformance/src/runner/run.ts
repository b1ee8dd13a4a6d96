import { inspect } from 'node:util'
import { isSessionError } from '@bext/session-core'
import type { ConformanceCase } from './case.js'
import { missingNeeds, optionalNeeds } from './case.js'
import type { OwnedContext } from './context.js'
import { checkHarnessFields } from './check-harness.js'
import { createContext } from './context.js'
import { ConformanceFailure, HarnessError, Inconclusive, Unsupported } from './failure.js'
import { firstCaseId, resultWithout } from './first-case.js'
import type { StoreHarness } from './harness.js'
import { createRandom, seedOf } from './random.js'
import { settleWithin } from './with-timeout.js'
import type { HangState } from './checked-store.js'

/**
 * The result of a case. `unsupported`: not testable, because the harness does not provide what it needs.
 * `not-applicable`: the case is for the other family, or for an optional interface that the store does not have.
 * `harness-error`: the harness or the kit failed, not the store. None of these is a pass.
 */
export type Verdict = 'pass' | 'fail' | 'warn' | 'inconclusive' | 'unsupported' | 'not-applicable' | 'harness-error'

export interface CaseResult {
  readonly case: ConformanceCase
  readonly verdict: Verdict
  readonly durationMs: number
  /** The number of attempts. An inconclusive case runs again. 0 if it did not run. */
  readonly attempts: number
  /** The broken rule: the case's, or one that every call must keep (E1, E3, E5, H1, R1). */
  readonly brokenRule?: string
  readonly expected?: string
  readonly seen?: string
  /** The reason for a verdict other than pass or fail, or more about a failure. */
  readonly note?: string
  /** The calls in order, ids as `s1`, `s2` and data as lengths. */
  readonly trace: readonly string[]
}

/** One run of the kit over one store. */
export interface Run {
  readonly harness: StoreHarness
  readonly seed: number
  /** Runs one case and resolves to its result; never rejects. */
  runCase(conformanceCase: ConformanceCase): Promise<CaseResult>
  /** Closes all that the running cases opened. Used when a run is interrupted. */
  close(): Promise<void>
}

export interface RunOptions {
  /** The seed of an earlier run, to repeat its random values. Default: random. */
  readonly seed?: number
}

/** Time limit for one attempt of a case, in milliseconds. A hung call fails its case much earlier. */
export const caseLimitMs = 120_000

const maxAttempts = 3
const maxCauses = 4

function newSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 1
}

type Judgement = Omit<CaseResult, 'case' | 'durationMs' | 'attempts' | 'trace'>

/** The expectation that an unexpected rejection breaks. */
export const everyCallResolves = 'every call of the case to resolve'

/** Classes of errors that are bugs in the store, because no driver throws them on purpose. */
function isDefect(error: unknown): boolean {
  return error instanceof TypeError || error instanceof ReferenceError || error instanceof SyntaxError
}

function describeCause(cause: unknown): string {
  if (!(cause instanceof Error)) return ''
  const code: unknown = Reflect.get(cause, 'code')
  return `; cause: ${cause.name}${typeof code === 'string' ? ` ${code}` : ''}`
}

/** Describes the error that a store wrapped, for its author: the stack of a defect, the messages of a driver. */
function describeOwn(cause: unknown): string | undefined {
  if (isDefect(cause)) return inspect(cause)
  const messages: string[] = []
  for (let each = cause; each instanceof Error && messages.length < maxCauses; each = each.cause) {
    messages.push(each.message.split('\n')[0] ?? '')
  }
  return messages.length === 0 ? undefined : `The cause says: ${messages.join('; caused by: ')}`
}

function judge(each: ConformanceCase, error: unknown, mask: (text: string) => string): Judgement {
  const failed = each.level === 'MUST' ? ('fail' as const) : ('warn' as const)
  // If the store did not wrap an error, its stack shows the author which line to fix.
  const noteOn = (text: string | undefined): Pick<CaseResult, 'note'> =>
    text === undefined ? {} : { note: mask(text) }
  if (error instanceof ConformanceFailure) {
    const { expected, seen, cause } = error
    return {
      verdict: failed,
      brokenRule: error.rule ?? each.rule,
      expected,
      seen,
      ...noteOn(cause === undefined ? undefined : inspect(cause)),
    }
  }
  if (isSessionError(error)) {
    const seen = `a call was answered ${error.code} (${error.reason}${describeCause(error.cause)})`
    const expected = everyCallResolves
    return { verdict: failed, brokenRule: each.rule, expected, seen, ...noteOn(describeOwn(error.cause)) }
  }
  if (error instanceof Inconclusive) return { verdict: 'inconclusive', note: error.message }
  if (error instanceof Unsupported) return { verdict: 'unsupported', note: error.message }
  return { verdict: 'harness-error', note: error instanceof HarnessError ? error.message : inspect(error) }
}

/** Adds a note to a failure of a case that no store can pass behind the bridge's protocol. The verdict stays. */
function withLimit(
  { protocolLimits: limits = [] }: StoreHarness,
  { id }: ConformanceCase,
  judgement: Judgement,
): Judgement {
  const limit = limits.find(({ cases }) => cases.includes(id))
  const isFailure = judgement.verdict === 'fail' || judgement.verdict === 'warn'
  if (!limit || !isFailure) return judgement
  const notes = [`The protocol behind the bridge limits this case: ${limit.reason}`, judgement.note]
  return { ...judgement, note: notes.filter((note) => note !== undefined).join('\n') }
}

/** Returns the reason not to run the case, or undefined. */
function reasonNotToRun(harness: StoreHarness, each: ConformanceCase): Judgement | undefined {
  if (!each.families.includes(harness.family)) {
    return { verdict: 'not-applicable', note: `for ${each.families.join()}-backed stores` }
  }
  if (each.sameProcess && harness.otherProcess === true) {
    return { verdict: 'not-applicable', note: 'for stores in the process of the kit' }
  }
  const missing = missingNeeds(harness, each)
  const absent = missing.filter((need) => optionalNeeds.includes(need))
  if (absent.length > 0) return { verdict: 'not-applicable', note: `the store does not declare ${absent.join(', ')}` }
  if (missing.length > 0) return { verdict: 'unsupported', note: `needs ${missing.join(', ')}` }
  return undefined
}

/**
 * Starts a run in a fresh namespace. Each case derives its random values from the seed. Throws a `TypeError` if the
 * harness has a field that does not exist.
 */
export function startRun(harness: StoreHarness, { seed = newSeed() }: RunOptions = {}): Run {
  checkHarnessFields(harness)
  const namespace = `c${createRandom(newSeed()).token(10)}`
  const running = new Set<OwnedContext>()
  const hangState: HangState = { hasHung: false }

  async function attempt(
    each: ConformanceCase,
    caseSeed: number,
  ): Promise<Judgement & { readonly trace: readonly string[] }> {
    const context = createContext({ harness, namespace, random: createRandom(caseSeed), hangState })
    running.add(context)
    const errors: unknown[] = []
    const settled = await settleWithin(each.run(context), caseLimitMs)
    if (settled.state === 'rejected') errors.push(settled.error)
    if (settled.state === 'pending') errors.push(new Error(`The case did not end within ${caseLimitMs / 1000} s.`))
    await context.dispose().catch((error: unknown) => errors.push(error))
    running.delete(context)
    const trace = context.trace.lines
    return errors.length === 0
      ? { verdict: 'pass', trace }
      : {
          ...withLimit(
            harness,
            each,
            judge(each, errors[0], (text) => context.mask(text)),
          ),
          trace,
        }
  }

  async function runCase(each: ConformanceCase): Promise<CaseResult> {
    const notRun = reasonNotToRun(harness, each)
    if (notRun) return { case: each, ...notRun, durationMs: 0, attempts: 0, trace: [] }
    const startedAtMs = performance.now()
    let attempts = 1
    let outcome = await attempt(each, seedOf(seed, each.id))
    while (outcome.verdict === 'inconclusive' && attempts < maxAttempts) {
      attempts += 1
      // Other values, so that leftovers of the previous attempt do not interfere.
      outcome = await attempt(each, seedOf(seed, `${each.id}, attempt ${attempts}`))
    }
    return { case: each, ...outcome, durationMs: performance.now() - startedAtMs, attempts }
  }

  async function close(): Promise<void> {
    await Promise.allSettled(Array.from(running, (context) => context.dispose()))
  }

  return { harness, seed, runCase, close }
}

export interface RunAllOptions {
  /** Called when a case has ended. */
  readonly onResult?: (result: CaseResult) => void
  /** Once it is aborted, no further case begins. */
  readonly signal?: AbortSignal
}

const concurrency = 8

/**
 * Runs cases, concurrently where allowed. If the first case of the kit is among them and fails, no other one runs.
 * Resolves to their results in the order of `cases`.
 */
export async function runAll(
  run: Pick<Run, 'runCase'>,
  cases: readonly ConformanceCase[],
  { onResult = () => undefined, signal }: RunAllOptions = {},
): Promise<readonly CaseResult[]> {
  const results = new Map<string, CaseResult>()
  function take(result: CaseResult): CaseResult {
    results.set(result.case.id, result)
    onResult(result)
    return result
  }
  const firstCase = cases.find(({ id }) => id === firstCaseId)
  const first = firstCase && take(await run.runCase(firstCase))
  const others = cases.filter((each) => each !== firstCase)
  async function work(queue: ConformanceCase[]): Promise<void> {
    for (let each = queue.shift(); each && signal?.aborted !== true; each = queue.shift()) {
      take(resultWithout(first, each) ?? (await run.runCase(each)))
    }
  }
  const together = others.filter(({ exclusive }) => !exclusive)
  await Promise.all(Array.from({ length: concurrency }, () => work(together)))
  await work(others.filter(({ exclusive }) => exclusive))
  return cases.flatMap(({ id }) => results.get(id) ?? [])
}
