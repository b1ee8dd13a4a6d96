function drop(): void {}

/**
 * Calls a hook that a user gave for logs or metrics. What it throws, or what its promise rejects with, is dropped:
 * it fails no request, and it is never an unhandled rejection.
 */
export function callHook<Args extends readonly unknown[]>(hook: (...args: Args) => unknown, ...args: Args): void {
  try {
    Promise.resolve(hook(...args)).catch(drop)
  } catch {
    drop()
  }
}
