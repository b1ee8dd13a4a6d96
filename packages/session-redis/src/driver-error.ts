import { types } from 'node:util'
import { SessionError } from '@bext/session-core'
import { toBackendError } from '@bext/session-core/store'

// What a server answers while it starts, fails over or is too busy: it will pass. Redis 6 puts more words before it.
const passing = /(^|[ -])(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|NOREPLICAS|BUSY) /
const outOfMemory = /(^|[ -])OOM /

/** Whether it is an error, also one of another realm: test environments have an `Error` of their own. */
export function isError(value: unknown): value is Error {
  return types.isNativeError(value)
}

/** Whether the server itself answered with this error, so that the command is over and done with. */
export function isServerReply(error: unknown): error is Error {
  return isError(error) && error.name === 'ReplyError'
}

const unsentMessages: readonly unknown[] = [
  "Stream isn't writeable and enableOfflineQueue options is false",
  "Cluster isn't ready and enableOfflineQueue options is false",
]

/** Returns whether ioredis gave the command to no connection, so that it is over. Any other error leaves it open. */
export function wasNeverSent(error: unknown): boolean {
  return isError(error) && unsentMessages.includes(error.message)
}

/** Returns whether the command took longer than the client's own `commandTimeout`. */
export function isTimeOut(error: unknown): boolean {
  return isError(error) && error.message === 'Command timed out'
}

/** Whether the server has become a replica, so that another one has taken its place. */
export function isFailedOver(error: Error): boolean {
  return error.message.includes('READONLY ')
}

/** What ioredis rejected with, as the store's `Backend` error (contract E1, E3). */
export function fromDriver(error: unknown): SessionError {
  if (isServerReply(error)) {
    if (outOfMemory.test(error.message)) {
      return new SessionError('full', 'Redis has used up its maxmemory: give it more. See the cause.', { cause: error })
    }
    return toBackendError(error, passing.test(error.message) ? 'unavailable' : 'failed')
  }
  return toBackendError(error, isTimeOut(error) ? 'timeout' : 'unavailable')
}
