/** The last argument of a store's methods. Hosts may leave it out. */
export type Callback<T> = ((error?: unknown, value?: T) => void) | undefined

/**
 * Runs `work` and calls back once, with its error or its result. An exception that the callback throws is uncaught, as
 * with any callback, and does not become a rejection.
 */
export function callBack<T>(work: () => Promise<T>, callback: Callback<T>): void {
  work().then(
    (value) => process.nextTick(() => callback?.(null, value)),
    (error: unknown) => process.nextTick(() => callback?.(error)),
  )
}
