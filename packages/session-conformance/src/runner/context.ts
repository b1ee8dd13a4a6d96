import type { SessionErrorCode } from '@bext/session-core'
import { isSessionError } from '@bext/session-core'
import { createCanaries } from './canaries.js'
import type { CaseContext } from './case-context.js'
import { ConformanceFailure } from './failure.js'
import type { OpenedStore, OpenOptions, StoreHarness } from './harness.js'
import { isSameJsonValue } from './json-value.js'
import type { Random } from './random.js'
import { settleWithin } from './with-timeout.js'
import { createTrace } from './trace.js'
import type { CheckedStore, HangState } from './checked-store.js'
import { checkStore } from './checked-store.js'

export interface ContextOptions {
  readonly harness: StoreHarness
  readonly namespace: string
  readonly random: Random
  readonly hangState: HangState
}

export interface OwnedContext extends CaseContext {
  /** The text without the ids, user ids and data of the case (E3). */
  mask(text: string): string
  dispose(): Promise<void>
}

const maxSkewMs = 1000
const maxGranularityMs = 20
const slackMs = 5000

// Long, so that a busy machine does not fail a correct store in a case without a deadline.
const patientTimeoutMs = 8000
const disposeLimitMs = 5000

// Short lower-case words, such as an outcome, are words of the kit or the contract. Anything else may be a secret.
const plainWord = /^[a-z]{1,12}$/

function show(value: unknown): string {
  if (typeof value === 'string') return plainWord.test(value) ? `"${value}"` : `a text of ${value.length} characters`
  return value === null || typeof value !== 'object' ? String(value) : JSON.stringify(value)
}

/** Names a character by its code unit, so that a report shows which one it is, and a terminal is not changed by it. */
function nameOf(text: string, position: number): string {
  const unit = text.charCodeAt(position)
  return Number.isNaN(unit) ? 'the end' : `U+${unit.toString(16).toUpperCase().padStart(4, '0')}`
}

function describeDifference(seen: string, written: string): string {
  let position = 0
  while (position < seen.length && seen[position] === written[position]) position += 1
  return `the first difference is at character ${position + 1}: ${nameOf(seen, position)} instead of ${nameOf(written, position)}`
}

async function unlessAnswered<T>(call: Promise<T>, code: SessionErrorCode): Promise<T | undefined> {
  try {
    return await call
  } catch (error) {
    if (isSessionError(error) && error.code === code) return undefined
    throw error
  }
}

export function createContext({ harness, namespace, random, hangState }: ContextOptions): OwnedContext {
  const trace = createTrace()
  const canaries = createCanaries()
  const disposals: (() => Promise<void>)[] = []
  const optionsOf = new WeakMap<CheckedStore, Partial<OpenOptions>>()
  let opened = 0
  let namespaces = 0

  async function openRaw(options: Partial<OpenOptions> = {}): Promise<OpenedStore> {
    const store = await harness.open({ namespace, timeoutMs: patientTimeoutMs, ...options })
    if (store.close) disposals.push(store.close)
    return store
  }

  const context: OwnedContext = {
    harness,
    trace,
    random,
    skewMs: Math.min(harness.declarations?.clockSkewMs ?? 0, maxSkewMs),
    granularityMs: Math.min(harness.declarations?.granularityMs ?? 1, maxGranularityMs),
    slackMs,
    openRaw,
    mask: (text) => canaries.mask(text),

    async open(options = {}) {
      const label = String.fromCharCode(65 + opened)
      opened += 1
      const { store } = await openRaw(options)
      const checked = checkStore(store, {
        trace,
        canaries,
        label,
        hangState,
        callLimitMs: (options.timeoutMs ?? patientTimeoutMs) + slackMs,
      })
      optionsOf.set(checked, options)
      return checked
    },

    openAlike: (store) => context.open(optionsOf.get(store)),

    async openTwo() {
      const first = await context.open()
      const shared = harness.declarations?.sharedBackend ?? true
      return [first, shared ? await context.open() : first]
    },

    freshNamespace() {
      namespaces += 1
      return `${namespace}${random.token(6)}n${namespaces}`
    },

    async openProxy() {
      if (!harness.endpoint)
        throw new Error('The case asked for a proxy, and did not declare that it needs an endpoint.')
      const { startFaultProxy } = await import('./fault-proxy.js')
      const proxy = await startFaultProxy(harness.endpoint)
      disposals.push(() => proxy.close())
      return proxy
    },

    async bring(what, begin) {
      const endCondition = await begin(harness.conditions ?? {})
      if (endCondition === undefined) throw new Error(`The case did not declare that it needs a way to ${what}.`)
      if (typeof endCondition !== 'function') {
        throw new TypeError(`The harness' condition "${what}" must resolve to a function that ends it.`)
      }
      trace.add(`the condition "${what}" begins`)
      let ended: Promise<void> | undefined
      const end = (): Promise<void> => (ended ??= Promise.resolve(endCondition()))
      disposals.push(end)
      return async () => {
        await end()
        trace.add(`the condition "${what}" has ended`)
      }
    },

    userId() {
      const userId = `user-${random.token(16)}`
      canaries.add(userId)
      return userId
    },

    json() {
      const token = random.token(16)
      canaries.add(token)
      return JSON.stringify({ canary: token, visits: 1, nested: { list: [1, 2, 3] } })
    },

    async create(store, { userId, dataJson = context.json(), ttlMs = 60_000 } = {}) {
      const t0 = Date.now()
      const id = await store.create(userId === undefined ? { dataJson, ttlMs } : { userId, dataJson, ttlMs })
      return { id, userId, dataJson, ttlMs, t0, t1: Date.now() }
    },

    async rejects(call, codes, what) {
      const expected = typeof codes === 'string' ? [codes] : codes
      try {
        await call
      } catch (error) {
        if (!isSessionError(error)) throw error
        if (expected.includes(error.code)) return
        throw new ConformanceFailure(`${what} to be answered with ${expected.join(' or ')}`, `it was ${error.code}`)
      }
      throw new ConformanceFailure(`${what} to be answered with ${expected.join(' or ')}`, 'it resolved')
    },

    orInvalid: (call) => unlessAnswered(call, 'Invalid'),
    orNotFound: (call) => unlessAnswered(call, 'NotFound'),

    async gone(store, id, what) {
      await context.rejects(store.read(id), 'NotFound', `reading ${what}`)
    },

    equal(seen, expected, what) {
      if (Object.is(seen, expected)) return
      throw new ConformanceFailure(`${what} to be ${show(expected)}`, `it is ${show(seen)}`)
    },

    ok(condition, expected, seen, rule) {
      if (!condition) throw new ConformanceFailure(expected, seen, rule)
    },

    isSameData(seen, written) {
      if (seen === written) return true
      const asValue = harness.declarations?.fidelity === 'value'
      return asValue && isSameJsonValue(seen, written)
    },

    sameData(seen, written) {
      if (context.isSameData(seen, written)) return
      const exactly = harness.declarations?.fidelity === 'value' ? 'the same JSON value' : 'the same bytes'
      throw new ConformanceFailure(
        `${exactly} of dataJson, ${written.length} characters`,
        `${seen.length} characters came back; ${describeDifference(seen, written)}`,
      )
    },

    fields({ userId, dataJson, createdAtMs, expiresAtMs }) {
      return { userId, dataJson, createdAtMs, expiresAtMs }
    },

    async dispose() {
      const errors: unknown[] = []
      for (const close of disposals.splice(0).toReversed()) {
        const settled = await settleWithin(close(), disposeLimitMs)
        if (settled.state === 'rejected') errors.push(settled.error)
        if (settled.state === 'pending') {
          errors.push(new Error(`The harness did not close a store or end a condition within ${disposeLimitMs} ms.`))
        }
      }
      if (errors.length > 0) throw errors[0]
    },
  }
  return context
}
