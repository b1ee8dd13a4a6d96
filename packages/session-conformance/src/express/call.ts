import { SessionError } from '@bext/session-core'
import { notFound, toBackendError } from '@bext/session-core/store-helpers'
import type { ExpressCallback } from './protocol.js'

type Call<T> = (callback: ExpressCallback<T>) => unknown

function calledBackTwice(): TypeError {
  return new TypeError(
    'The store called the callback of one call twice. express-session would answer the request twice.',
  )
}

/**
 * Settles as the callback says, one turn of the event loop later, so that a second call of the callback is noticed. A
 * call that is even later throws into the store.
 */
function settle<T>(call: Call<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    let times = 0
    let hasSettled = false
    const returned = call((error, value) => {
      times += 1
      if (hasSettled) throw calledBackTwice()
      if (times > 1) return
      setImmediate(() => {
        hasSettled = true
        if (times > 1) reject(calledBackTwice())
        else if (error) reject(error)
        else resolve(value)
      })
    })
    Promise.resolve(returned).catch(reject)
  })
}

/** Returns the error for a value that the store says is too large, by the status 413 of its error, or undefined. */
function toTooLarge(error: unknown): SessionError | undefined {
  const { status, statusCode, length, limit } = Object(error) as Readonly<Record<string, unknown>>
  if (status !== 413 && statusCode !== 413) return undefined
  const size = typeof length === 'number' ? `of ${length} bytes` : 'that was passed'
  const most = typeof limit === 'number' ? `at most ${limit} bytes` : 'less'
  return new SessionError('too_large', `The store rejects the session ${size}. It stores ${most}.`, { cause: error })
}

/**
 * Makes a call and resolves to the result that the store passes to the callback. Rejects with `Backend` if the store
 * passes an error, throws, returns a promise that rejects, or calls back twice; with `Invalid`, reason `too_large`, if
 * its error has the status 413. Stays pending if the store never calls back, because the protocol has no deadline and
 * the bridge adds none.
 */
export async function callStore<T>(call: Call<T>): Promise<T | undefined> {
  try {
    return await settle(call)
  } catch (error) {
    throw toTooLarge(error) ?? toBackendError(error)
  }
}

/** Calls like `callStore`. Converts `ENOENT`, which express-session uses for a missing session, to `NotFound`. */
export async function callStoreFor<T>(call: Call<T>): Promise<T | undefined> {
  try {
    return await settle(call)
  } catch (error) {
    const isMissing = typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT'
    throw isMissing ? notFound() : (toTooLarge(error) ?? toBackendError(error))
  }
}
