import { inspect } from 'node:util'
import type {
  CloseCapability,
  CompareCapability,
  GivenIdCapability,
  SessionId,
  SessionPlugin,
  SweepCapability,
  UserIndexCapability,
  UserRecordsCapability,
} from '@bext/session-core'
import { isSessionError } from '@bext/session-core'
import type { Canaries } from './canaries.js'
import { ConformanceFailure, HarnessError } from './failure.js'
import { settleWithin } from './with-timeout.js'
import { checkResult } from './check-result.js'
import type { StoreMethod } from './store-methods.js'
import { storeMethods } from './store-methods.js'
import type { Trace } from './trace.js'

/** A store that traces each call and checks the rules for all calls: E1, E3, E5, H1 and the result types. */
export type CheckedStore = SessionPlugin &
  UserIndexCapability &
  SweepCapability &
  CompareCapability &
  UserRecordsCapability &
  GivenIdCapability &
  CloseCapability

export interface HangState {
  hasHung: boolean
}

const hungLimitMs = 1000

export interface Watch {
  readonly trace: Trace
  readonly canaries: Canaries
  /** The store's name in the trace: `A`, `B` … */
  readonly label: string
  /** The time after which a call counts as hung (E5). */
  readonly callLimitMs: number
  /** State of the whole run. After one call has hung, later calls get a shorter limit. */
  readonly hangState: HangState
}

const idMethods: readonly StoreMethod[] = ['read', 'update', 'touch', 'delete', 'updateIfUnchanged', 'createWithId']

const outcomeMethods: readonly StoreMethod[] = ['updateIfUnchanged', 'updateUserRecord', 'createWithId']

function describeArgument(trace: Trace, method: StoreMethod, position: number, value: unknown): string {
  if (typeof value === 'string') {
    return position === 0 && idMethods.includes(method) ? trace.nameOf(value) : `<${value.length} characters>`
  }
  if (typeof value !== 'object' || value === null) return String(value)
  const fields = Object.entries(value).map(([key, field]) => {
    if (key === 'except' && typeof field === 'string') return `except: ${trace.nameOf(field)}`
    return `${key}: ${typeof field === 'string' ? `<${field.length} characters>` : String(field)}`
  })
  return `{ ${fields.join(', ')} }`
}

function describeValue(trace: Trace, method: StoreMethod, value: unknown): string {
  if (method === 'create' || method === 'update' || method === 'touch') return trace.nameOf(String(value))
  if (method === 'read') return 'a record'
  if ((method === 'listUserSessions' || method === 'listUserRecords') && Array.isArray(value))
    return `${value.length} sessions`
  if (outcomeMethods.includes(method) && typeof value === 'object' && value !== null) {
    return String(Reflect.get(value, 'outcome'))
  }
  return inspect(value, { depth: 1, breakLength: Number.POSITIVE_INFINITY })
}

function checkError(watch: Watch, method: StoreMethod, error: unknown): string {
  if (error instanceof HarnessError) throw error
  if (method === 'isHealthy') {
    throw new ConformanceFailure('isHealthy() to resolve to a boolean', 'it rejected', 'H1')
  }
  if (!isSessionError(error)) {
    const kind = error instanceof Error ? `an error of class ${error.name}` : `a ${typeof error}`
    throw new ConformanceFailure(`${method}() to reject with a SessionError`, `it rejected with ${kind}`, 'E1', error)
  }
  if (!['NotFound', 'Invalid', 'Backend'].includes(error.code)) {
    throw new ConformanceFailure('code NotFound, Invalid or Backend', `code was ${error.code}`, 'E1')
  }
  const ownFields = Reflect.ownKeys(error).map((key): unknown =>
    key === 'cause' ? undefined : Reflect.get(error, key),
  )
  const shown = [error.message, error.stack, inspect(ownFields, { showHidden: true, depth: 4 })].join('\n')
  const leak = watch.canaries.find(shown)
  if (leak !== undefined) {
    throw new ConformanceFailure(
      'an error without id, user id or data',
      `the error of ${method}() contains ${leak}`,
      'E3',
    )
  }
  return `${error.code} (${error.reason})`
}

async function callChecked(
  store: SessionPlugin,
  watch: Watch,
  method: StoreMethod,
  args: readonly unknown[],
): Promise<unknown> {
  const { trace } = watch
  const shownArgs = args.map((arg, position) => describeArgument(trace, method, position, arg)).join(', ')
  const call = `${watch.label}.${method}(${shownArgs})`
  const bound: unknown = Reflect.get(store, method)
  if (typeof bound !== 'function') throw new ConformanceFailure(`a method ${method}()`, 'the store has none')
  let pending: unknown
  try {
    pending = Reflect.apply(bound, store, args)
  } catch (error) {
    trace.add(`${call} threw synchronously`)
    throw new ConformanceFailure(`${method}() to return a promise`, 'it threw synchronously', 'E1', error)
  }
  if (typeof pending !== 'object' || pending === null || !('then' in pending)) {
    throw new ConformanceFailure(`${method}() to return a promise`, `it returned ${typeof pending}`)
  }
  const limitMs = watch.hangState.hasHung ? Math.min(hungLimitMs, watch.callLimitMs) : watch.callLimitMs
  const settled = await settleWithin(pending as PromiseLike<unknown>, limitMs)
  if (settled.state === 'pending') {
    const again = watch.hangState.hasHung ? ', and another call had hung before' : ''
    watch.hangState.hasHung = true
    trace.add(`${call} has not settled`)
    throw new ConformanceFailure(`${method}() to settle`, `it had not after ${limitMs} ms${again}`, 'E5')
  }
  if (settled.state === 'rejected') {
    try {
      trace.add(`${call} rejected: ${checkError(watch, method, settled.error)}`)
    } catch (failure) {
      trace.add(`${call} rejected`)
      throw failure
    }
    throw settled.error
  }
  trace.add(`${call} -> ${describeValue(trace, method, settled.value)}`)
  checkResult(method, settled.value)
  if ((method === 'create' || method === 'update' || method === 'touch') && typeof settled.value === 'string') {
    watch.canaries.add(settled.value)
  }
  if (method === 'createWithId' && typeof args[0] === 'string') watch.canaries.add(args[0])
  return settled.value
}

/** Wraps a store so that each call is checked. Methods that the store lacks fail when called. */
export function checkStore(store: SessionPlugin, watch: Watch): CheckedStore {
  const watched = Object.fromEntries(
    storeMethods.map((method) => [method, (...args: unknown[]) => callChecked(store, watch, method, args)]),
  )
  return { ...watched, name: store.name } as unknown as CheckedStore
}

/** Casts any value to an id, like a host that passes the value of a client's cookie. */
export function foreignId(text: unknown): SessionId {
  return text as SessionId
}
