import type { SessionId } from '@bext/session-core'
import { isSessionError } from '@bext/session-core'
import {
  array,
  asyncProperty,
  check,
  constantFrom,
  jsonValue,
  nat,
  oneof,
  option,
  record as recordOf,
} from 'fast-check'
import type { ConformanceCase } from '../runner/case.js'
import { defineCase } from '../runner/case.js'
import type { CaseContext } from '../runner/case-context.js'
import { ConformanceFailure } from '../runner/failure.js'
import type { CheckedStore } from '../runner/checked-store.js'

const runs = 25
const maxSteps = 24

interface Step {
  readonly call: 'create' | 'read' | 'update' | 'touch' | 'delete' | 'wait'
  /** Index of a session among those created so far, modulo their number. */
  readonly pick: number
  readonly second: boolean
  readonly dataJson: string
  readonly userId: string | null
  readonly ttlMs: number
}

type Stores = readonly [CheckedStore, CheckedStore]

interface Expected {
  readonly id: SessionId
  /** The session's first id, which identifies it after updates. */
  readonly firstId: SessionId
  readonly alive: boolean
  readonly dataJson: string
  readonly userId: string | undefined
  readonly createdAtMs: number
  readonly expiresAtMs: number
}

const anyStep = recordOf({
  call: oneof(
    { weight: 2, arbitrary: constantFrom('create' as const) },
    { weight: 6, arbitrary: constantFrom('read' as const, 'update' as const, 'touch' as const) },
    { weight: 1, arbitrary: constantFrom('delete' as const) },
    // A timestamp that is wrongly reset shows only after the clock has advanced.
    { weight: 2, arbitrary: constantFrom('wait' as const) },
  ),
  // Few sessions, so that several calls use the same one.
  pick: nat(4),
  second: constantFrom(false, true),
  dataJson: jsonValue({ maxDepth: 2 }).map((value) => JSON.stringify(value)),
  userId: option(constantFrom('ann', 'bob', 'ann:bob', 'é')),
  ttlMs: constantFrom(60_000, 60_001, 3_600_000),
})

/** Fails unless the session is as expected through both instances: one may cache what the other has changed. */
async function compare(context: CaseContext, stores: Stores, expected: Expected): Promise<void> {
  for (const store of stores) {
    const seen = await store.read(expected.id)
    context.sameData(seen.dataJson, expected.dataJson)
    context.equal(seen.userId, expected.userId, 'userId')
    context.equal(seen.createdAtMs, expected.createdAtMs, 'createdAtMs')
    context.equal(seen.expiresAtMs, expected.expiresAtMs, 'expiresAtMs')
  }
}

async function takeCreate(context: CaseContext, stores: Stores, model: Expected[], step: Step): Promise<void> {
  const store = stores[step.second ? 1 : 0]
  const { dataJson, ttlMs } = step
  const user = step.userId === null ? {} : { userId: step.userId }
  const made = await context.create(store, { dataJson, ttlMs, ...user })
  if (model.some(({ id }) => id === made.id)) throw new ConformanceFailure('a new id', 'an old one was given', 'C1')
  const { createdAtMs } = await store.read(made.id)
  const expected = { id: made.id, firstId: made.id, alive: true, dataJson, userId: made.userId, createdAtMs }
  model.push({ ...expected, expiresAtMs: createdAtMs + ttlMs })
}

async function refuseGone(context: CaseContext, store: CheckedStore, id: SessionId, step: Step): Promise<void> {
  const { call, dataJson, ttlMs } = step
  await context.gone(store, id, 'a deleted session')
  if (call === 'update') await context.rejects(store.update(id, dataJson), 'NotFound', 'updating a deleted session')
  if (call === 'touch') await context.rejects(store.touch(id, ttlMs), 'NotFound', 'touching a deleted session')
}

async function touch(context: CaseContext, store: CheckedStore, expected: Expected, ttlMs: number): Promise<Expected> {
  const t0 = Date.now()
  const id = await store.touch(expected.id, ttlMs)
  const t1 = Date.now()
  const { expiresAtMs } = await store.read(id)
  const tolerance = context.skewMs + context.granularityMs
  const right = expiresAtMs >= t0 + ttlMs - tolerance && expiresAtMs <= t1 + ttlMs + tolerance
  context.ok(right, 'expiresAtMs to be now + ttlMs after touch()', `it is ${expiresAtMs - t0} ms after the call`)
  return { ...expected, id, expiresAtMs }
}

/** Marks all ids of the session as deleted. Fails if one of them can still be read. */
async function endSession(
  context: CaseContext,
  stores: Stores,
  model: Expected[],
  { firstId }: Expected,
): Promise<void> {
  for (const [index, each] of model.entries()) {
    if (each.firstId !== firstId) continue
    model[index] = { ...each, alive: false }
    for (const store of stores) await context.gone(store, each.id, 'an id of a deleted session')
  }
}

async function takeStep(context: CaseContext, stores: Stores, model: Expected[], step: Step): Promise<void> {
  if (step.call === 'wait') {
    await new Promise((resolve) => setTimeout(resolve, 2 * context.granularityMs))
    return
  }
  if (step.call === 'create' || model.length === 0) {
    await takeCreate(context, stores, model, step)
    return
  }
  const store = stores[step.second ? 1 : 0]
  const index = step.pick % model.length
  let expected = model[index] as Expected
  const { id } = expected
  if (!expected.alive) {
    await refuseGone(context, store, id, step)
    return
  }
  if (step.call === 'delete') {
    await store.delete(id)
    const endsAll = context.harness.family === 'server' || context.harness.declarations?.revocation === true
    if (endsAll) await endSession(context, stores, model, expected)
    return
  }
  if (step.call === 'update') {
    expected = { ...expected, id: await store.update(id, step.dataJson), dataJson: step.dataJson }
  }
  if (step.call === 'touch') expected = await touch(context, store, expected, step.ttlMs)
  if (expected.id === id) model[index] = expected
  else model.push(expected)
  await compare(context, stores, expected)
}

function describeStep({ call, pick, second, dataJson, userId, ttlMs }: Step): string {
  const store = second ? 'B' : 'A'
  if (call === 'create')
    return `${store}.create(${userId === null ? 'no user' : 'a user'}, <${dataJson.length} characters>, ${ttlMs})`
  if (call === 'update') return `${store}.update(#${pick}, <${dataJson.length} characters>)`
  if (call === 'wait') return 'wait'
  return call === 'touch' ? `${store}.touch(#${pick}, ${ttlMs})` : `${store}.${call}(#${pick})`
}

/** Runs random sequences of calls through two instances and compares with a model. Reports the shortest failure. */
async function runModel(context: CaseContext): Promise<void> {
  const stores = await context.openTwo()
  let hangs = false
  async function takeAll(steps: readonly Step[]): Promise<void> {
    // Shrinking would wait for a hanging call each time.
    if (hangs) return
    context.trace.clear()
    const model: Expected[] = []
    try {
      for (const each of steps) await takeStep(context, stores, model, each)
    } catch (error) {
      hangs = error instanceof ConformanceFailure && error.rule === 'E5'
      throw error
    }
  }
  const property = asyncProperty(array(anyStep, { minLength: 1, maxLength: maxSteps }), takeAll)
  const outcome = await check(property, { seed: context.random.seed | 0, numRuns: runs })
  if (!outcome.failed) return
  const shortest = outcome.counterexample?.[0] ?? []
  const steps = `${hangs ? 'sequence' : 'shortest sequence'}: ${shortest.map(describeStep).join('; ')}`
  const error = outcome.errorInstance
  // Run the shortest sequence again, so that the trace shows its calls. A race may not fail again.
  await takeAll(shortest).catch(() => undefined)
  if (error instanceof ConformanceFailure) {
    throw new ConformanceFailure(error.expected, `${error.seen} (${steps})`, error.rule)
  }
  if (isSessionError(error)) {
    throw new ConformanceFailure('no rejection', `a call was answered ${error.code} (${steps})`)
  }
  throw error
}

export const modelCases: readonly ConformanceCase[] = [
  defineCase('R6-model', 'random sequences of calls have the results of a model of the contract', async (context) => {
    await runModel(context)
  }),
]
