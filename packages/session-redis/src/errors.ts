import { SessionError } from '@bext/session-core'
import { toBackendError } from '@bext/session-core/store-helpers'
import { isCommandTimeout, isServerReply } from './client/fates.js'

export { isError, isServerReply } from './client/fates.js'

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

/** Converts an error of the driver to the store's `Backend` error, with the original as its `cause` (contract E1, E3). */
export function toSessionError(error: unknown): SessionError {
  if (isServerReply(error)) {
    const known = serverErrors.get(errorCode.exec(error.message)?.[1] ?? '')
    if (known === undefined) return toBackendError(error, 'failed')
    const [reason, message] = known
    return new SessionError(reason, `${message} See the cause.`, { cause: error })
  }
  return toBackendError(error, isCommandTimeout(error) ? 'timeout' : 'unavailable')
}
