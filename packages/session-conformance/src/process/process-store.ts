import type { SessionErrorReason, SessionPlugin } from '@bext/session-core'
import { SessionError } from '@bext/session-core'
import type { StoreCapability } from '../runner/harness.js'
import { HarnessError } from '../runner/failure.js'
import type { StoreMethod } from '../runner/store-methods.js'
import type { ErrorAnswer, ProcessChannel } from './process-channel.js'

const reasons: Readonly<Record<string, readonly SessionErrorReason[]>> = {
  NotFound: ['unknown', 'expired'],
  Invalid: ['bad_argument', 'malformed', 'too_large', 'tampered', 'unknown_key', 'unsupported_version'],
  Backend: ['failed', 'timeout', 'unavailable', 'full', 'closed', 'corrupt'],
}

/** Converts an error of the process. A reason that is absent or unknown becomes the first one of its code. */
function toSessionError(method: string, { code, reason, message, cause }: ErrorAnswer): Error {
  const known = reasons[code]
  if (known?.[0] === undefined) {
    return new HarnessError(
      `The process answered ${method} with the code ${JSON.stringify(code)}, which does not exist.`,
    )
  }
  const chosen = known.find((each) => each === reason) ?? known[0]
  const shown = typeof message === 'string' ? message : 'The process gave no message.'
  return typeof cause === 'string'
    ? new SessionError(chosen, shown, { cause: new Error(cause) })
    : new SessionError(chosen, shown)
}

function invalid(what: string): SessionError {
  return new SessionError('bad_argument', `${what} has a type that the protocol does not carry.`)
}

function isCarriedText(value: unknown): value is string {
  return typeof value === 'string' && value.isWellFormed()
}

type Params = Readonly<Record<string, unknown>>

/** Returns the param, if JSON in UTF-8 carries it. Throws `Invalid` otherwise: in a typed language it cannot be passed. */
function text(name: string, value: unknown): Params {
  if (isCarriedText(value)) return { [name]: value }
  throw invalid(name)
}

function number(name: string, value: unknown): Params {
  if (typeof value === 'number' && Number.isFinite(value)) return { [name]: value }
  throw invalid(name)
}

function optional(name: string, value: unknown, check: (name: string, value: unknown) => Params): Params {
  return value === undefined ? {} : check(name, value)
}

function fieldsOf(options: unknown): Params {
  if (typeof options === 'object' && options !== null) return options as Params
  throw invalid('The object of options')
}

function createParams(options: unknown): Params {
  const { userId, dataJson, ttlMs } = fieldsOf(options)
  return { ...optional('userId', userId, text), ...text('dataJson', dataJson), ...number('ttlMs', ttlMs) }
}

/** The params of each method, by the arguments of its call. */
const paramsOf: Readonly<Record<StoreMethod, (...args: readonly unknown[]) => Params>> = {
  create: createParams,
  read: (sessionId) => text('sessionId', sessionId),
  update: (sessionId, dataJson) => ({ ...text('sessionId', sessionId), ...text('dataJson', dataJson) }),
  touch: (sessionId, ttlMs) => ({ ...text('sessionId', sessionId), ...number('ttlMs', ttlMs) }),
  delete: (sessionId) => text('sessionId', sessionId),
  isHealthy: () => ({}),
  close: () => ({}),
  listUserSessions: (userId) => text('userId', userId),
  endUserSession: (userId, handle) => ({ ...text('userId', userId), ...text('handle', handle) }),
  endUserSessions: (userId, options = {}) => ({
    ...text('userId', userId),
    ...optional('except', fieldsOf(options)['except'], text),
  }),
  listUserRecords: (userId) => text('userId', userId),
  updateUserRecord: (userId, handle, expectedDataJson, dataJson) => ({
    ...text('userId', userId),
    ...text('handle', handle),
    ...text('expectedDataJson', expectedDataJson),
    ...text('dataJson', dataJson),
  }),
  sweep: (options = {}) => optional('maxRecords', fieldsOf(options)['maxRecords'], number),
  updateIfUnchanged: (sessionId, expectedDataJson, dataJson) => ({
    ...text('sessionId', sessionId),
    ...text('expectedDataJson', expectedDataJson),
    ...text('dataJson', dataJson),
  }),
  createWithId: (sessionId, options) => ({ ...text('sessionId', sessionId), ...createParams(options) }),
}

const mainMethods: readonly StoreMethod[] = ['create', 'read', 'update', 'touch', 'delete', 'isHealthy']

const methodsOf: Readonly<Record<StoreCapability, readonly StoreMethod[]>> = {
  'user-index': ['listUserSessions', 'endUserSession', 'endUserSessions'],
  sweep: ['sweep'],
  close: ['close'],
  compare: ['updateIfUnchanged'],
  'user-records': ['listUserRecords', 'updateUserRecord'],
  'given-id': ['createWithId'],
}

/** Returns the result with the field that JSON has no value for: an absent user may be `null`. */
function toResult(method: StoreMethod, args: readonly unknown[], result: unknown): unknown {
  if (method === 'read' && typeof result === 'object' && result !== null) {
    return { id: args[0], ...result, userId: Reflect.get(result, 'userId') ?? undefined }
  }
  return method === 'updateIfUnchanged' && Object(result)['outcome'] === 'updated'
    ? { id: args[0], ...Object(result) }
    : result
}

/** A store whose calls a process answers. `store` is its number. It has the methods of the capabilities. */
export function processStore(
  channel: ProcessChannel,
  name: string,
  store: number,
  capabilities: readonly StoreCapability[],
): SessionPlugin {
  const methods = [...mainMethods, ...capabilities.flatMap((capability) => methodsOf[capability])]
  const calls = methods.map((method) => {
    async function call(...args: readonly unknown[]): Promise<unknown> {
      // No session has an id that the protocol does not carry, so nothing is to be deleted (D1).
      if (method === 'delete' && !isCarriedText(args[0])) return undefined
      const answer = await channel.ask(method, { store, ...paramsOf[method](...args) })
      if ('error' in answer) throw toSessionError(method, answer.error)
      return toResult(method, args, answer.result)
    }
    return [method, call]
  })
  return { name, ...Object.fromEntries(calls) } as SessionPlugin
}
