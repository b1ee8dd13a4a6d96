import { notFound, toBackendError } from '@bext/session-core/store-helpers'
import type { ExpressCallback } from './protocol.js'

type Call<T> = (callback: ExpressCallback<T>) => unknown

function settle<T>(call: Call<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const returned = call((error, value) => {
      if (error) reject(error)
      else resolve(value)
    })
    Promise.resolve(returned).catch(reject)
  })
}

/**
 * Makes a call and resolves to what it is called back with. Rejects with `Backend` for an error that is called back or
 * thrown, and for a promise that rejects. A call that is never called back stays pending: the protocol has no deadline,
 * and the bridge lends it none.
 */
export async function callStore<T>(call: Call<T>): Promise<T | undefined> {
  try {
    return await settle(call)
  } catch (error) {
    throw toBackendError(error)
  }
}

/** `callStore` for a session that may be gone: `ENOENT` is then no failure, as express-session has it, but `NotFound`. */
export async function callStoreFor<T>(call: Call<T>): Promise<T | undefined> {
  try {
    return await settle(call)
  } catch (error) {
    const isMissing = typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT'
    throw isMissing ? notFound() : toBackendError(error)
  }
}
