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
 * Makes a call and resolves to the result that the store passes to the callback. Rejects with `Backend` if the store
 * passes an error, throws, or returns a promise that rejects. Stays pending if the store never calls back, because the
 * protocol has no deadline and the bridge adds none.
 */
export async function callStore<T>(call: Call<T>): Promise<T | undefined> {
  try {
    return await settle(call)
  } catch (error) {
    throw toBackendError(error)
  }
}

/** Calls like `callStore`. Converts `ENOENT`, which express-session uses for a missing session, to `NotFound`. */
export async function callStoreFor<T>(call: Call<T>): Promise<T | undefined> {
  try {
    return await settle(call)
  } catch (error) {
    const isMissing = typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT'
    throw isMissing ? notFound() : toBackendError(error)
  }
}
