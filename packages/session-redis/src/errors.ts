import { types } from 'node:util'
import { SessionError } from '@bext/session-core'
import { toBackendError } from '@bext/session-core/store-helpers'

type ServerError = readonly [reason: 'full' | 'unavailable', message: string]

// Error codes of a server that is temporarily unable to run a command. Redis 6 puts other words before the code.
const serverErrors: ReadonlyMap<string, ServerError> = new Map([
  ['OOM', ['full', 'Redis has used up its maxmemory. Raise maxmemory, or remove other keys.']],
  ['MISCONF', ['unavailable', 'Redis rejects writes because it cannot write to its disk. Check its log.']],
  ['NOREPLICAS', ['unavailable', 'Redis rejects writes because it lacks replicas: see min-replicas-to-write.']],
  ['READONLY', ['unavailable', 'The Redis server is a replica, which rejects writes. Connect to the master.']],
  ['LOADING', ['unavailable', 'Redis is still loading its data. Try again later.']],
  ['MASTERDOWN', ['unavailable', 'The Redis server is a replica that has lost its master. Check the master.']],
  ['CLUSTERDOWN', ['unavailable', 'The Redis Cluster does not serve all slots. Check CLUSTER NODES for failed nodes.']],
  ['TRYAGAIN', ['unavailable', 'The Redis Cluster is moving the slot of this key. Try again.']],
  ['BUSY', ['unavailable', 'Redis is busy with a script. Find out which script runs for so long.']],
])
const errorCode = new RegExp(`(?:^|[ -])(${[...serverErrors.keys()].join('|')}) `)

/** Returns whether the value is an error, also if it is from another realm, as in some test environments. */
export function isError(value: unknown): value is Error {
  return types.isNativeError(value)
}

/** Returns whether the server itself replied with this error, so that the command has ended. */
export function isServerReply(error: unknown): error is Error {
  return isError(error) && error.name === 'ReplyError'
}

const unsentMessages: readonly unknown[] = [
  "Stream isn't writeable and enableOfflineQueue options is false",
  "Cluster isn't ready and enableOfflineQueue options is false",
]

/** Returns whether ioredis never sent the command. After any other error it may still be in flight. */
export function wasNeverSent(error: unknown): boolean {
  return isError(error) && unsentMessages.includes(error.message)
}

/** Returns whether the command exceeded the client's `commandTimeout`. */
export function isCommandTimeout(error: unknown): boolean {
  return isError(error) && error.message === 'Command timed out'
}

/** Returns whether the server has become a replica, so that another server is the master now. */
export function isFailedOver(error: Error): boolean {
  return error.message.includes('READONLY ')
}

/** Converts an error of ioredis to the store's `Backend` error, with the original as its `cause` (contract E1, E3). */
export function toSessionError(error: unknown): SessionError {
  if (isServerReply(error)) {
    const known = serverErrors.get(errorCode.exec(error.message)?.[1] ?? '')
    if (known === undefined) return toBackendError(error, 'failed')
    const [reason, message] = known
    return new SessionError(reason, `${message} See the cause.`, { cause: error })
  }
  return toBackendError(error, isCommandTimeout(error) ? 'timeout' : 'unavailable')
}
