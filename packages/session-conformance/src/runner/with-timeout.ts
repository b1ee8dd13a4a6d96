export type Settled<T> =
  | { readonly state: 'resolved'; readonly value: T }
  | { readonly state: 'rejected'; readonly error: unknown }
  | { readonly state: 'pending' }

/** Usual interval of the timer with which `settleWithin` counts, in milliseconds. */
export const limitTickMs = 250

/**
 * Resolves to how `pending` settles, or to state `pending` after `limitMs`. Never rejects. The limit is counted in
 * timer intervals, and a late one counts like a punctual one: time in which this process could not run does not count.
 * On a busy machine each interval is a little late, so that few long ones are closer to the clock than many short ones.
 */
export async function settleWithin<T>(
  pending: PromiseLike<T>,
  limitMs: number,
  tickMs: number = limitTickMs,
): Promise<Settled<T>> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const limit = new Promise<Settled<T>>((resolve) => {
    function wait(leftMs: number): void {
      const waitMs = Math.min(leftMs, tickMs)
      timer = setTimeout(() => (leftMs > waitMs ? wait(leftMs - waitMs) : resolve({ state: 'pending' })), waitMs)
    }
    wait(limitMs)
  })
  const settled = Promise.resolve(pending).then(
    (value): Settled<T> => ({ state: 'resolved', value }),
    (error: unknown): Settled<T> => ({ state: 'rejected', error }),
  )
  const first = await Promise.race([settled, limit])
  clearTimeout(timer)
  return first
}

/** Resolves when the clock shows `atMs`. A bare timer may fire slightly early. */
export async function sleepUntil(atMs: number, now: () => number = Date.now): Promise<void> {
  for (let leftMs = atMs - now(); leftMs > 0; leftMs = atMs - now()) {
    const waitMs = Math.min(leftMs, 1000)
    await new Promise((resolve) => setTimeout(resolve, waitMs))
  }
}
