function drop(): void {}

/**
 * Calls a hook that a user gave for logs or metrics. Drops what the hook throws or rejects with, so that it fails no
 * request and is never an unhandled rejection.
 */
export function callHook<Args extends readonly unknown[]>(hook: (...args: Args) => unknown, ...args: Args): void {
  try {
    Promise.resolve(hook(...args)).catch(drop)
  } catch {
    drop()
  }
}
