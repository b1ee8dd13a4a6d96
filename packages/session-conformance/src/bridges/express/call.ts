import { SessionError } from '@bext/session-core'
import { toBackendError } from '@bext/session-core/store'
import type { ExpressCallback } from './protocol.js'

/**
 * Makes a call and resolves to what it is called back with. Rejects with `Backend` for an error that is called back or
 * thrown, and for a promise that rejects; `ENOENT` is no such session, as express-session has it. A call that is never
 * called back stays pending: the protocol has no deadline, and the bridge lends it none.
 */
export async function callStore<T>(call: (callback: ExpressCallback<T>) => unknown): Promise<T | undefined> {
  try {
    return await new Promise<T | undefined>((resolve, reject) => {
      const returned = call((error, value) => {
        if (error) reject(error)
        else resolve(value)
      })
      Promise.resolve(returned).catch(reject)
    })
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT') {
      throw new SessionError('unknown', 'There is no such session.')
    }
    throw toBackendError(error)
  }
}
