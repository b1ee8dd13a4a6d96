import { types } from 'node:util'
import { SessionError } from '@bext/session-core'
import { toBackendError } from '@bext/session-core/store-helpers'

type Refusal = readonly [reason: 'full' | 'unavailable', message: string]

// What a server answers while it cannot do a command. Redis 6 puts more words before it.
const refusals: ReadonlyMap<string, Refusal> = new Map([
  ['OOM', ['full', 'Redis has used up its maxmemory: give it more.']],
  ['MISCONF', ['unavailable', 'Redis refuses writes because it cannot write to its disk: look at its log.']],
  ['NOREPLICAS', ['unavailable', 'Redis refuses writes because it has fewer replicas than min-replicas-to-write.']],
  ['READONLY', ['unavailable', 'The Redis server is a replica, which refuses writes: connect to the master.']],
  ['LOADING', ['unavailable', 'Redis is loading its data, and serves no call before.']],
  ['MASTERDOWN', ['unavailable', 'The Redis server is a replica that has lost its master.']],
  ['CLUSTERDOWN', ['unavailable', 'The Redis Cluster does not serve all slots: look at what has failed.']],
  ['TRYAGAIN', ['unavailable', 'The Redis Cluster is moving the slot of this key: try again.']],
  ['BUSY', ['unavailable', 'Redis is busy with a script: look at what runs there.']],
])
const refusalWord = new RegExp(`(?:^|[ -])(${[...refusals.keys()].join('|')}) `)

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
export function toSessionError(error: unknown): SessionError {
  if (isServerReply(error)) {
    const refusal = refusals.get(refusalWord.exec(error.message)?.[1] ?? '')
    if (refusal === undefined) return toBackendError(error, 'failed')
    const [reason, message] = refusal
    return new SessionError(reason, `${message} See the cause.`, { cause: error })
  }
  return toBackendError(error, isTimeOut(error) ? 'timeout' : 'unavailable')
}
