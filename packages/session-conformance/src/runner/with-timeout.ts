export type Settled<T> =
  | { readonly state: 'resolved'; readonly value: T }
  | { readonly state: 'rejected'; readonly error: unknown }
  | { readonly state: 'pending' }

/** How `pending` ends within `limitMs`; `pending` itself if it has not. Never rejects. */
export async function settleWithin<T>(pending: PromiseLike<T>, limitMs: number): Promise<Settled<T>> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const limit = new Promise<Settled<T>>((resolve) => {
    timer = setTimeout(() => resolve({ state: 'pending' }), limitMs)
  })
  const settled = Promise.resolve(pending).then(
    (value): Settled<T> => ({ state: 'resolved', value }),
    (error: unknown): Settled<T> => ({ state: 'rejected', error }),
  )
  const first = await Promise.race([settled, limit])
  clearTimeout(timer)
  return first
}

/** Resolves once `ms` milliseconds have passed by the wall clock, not a little before it as a bare timer may. */
export async function sleepUntil(atMs: number, now: () => number = Date.now): Promise<void> {
  for (let leftMs = atMs - now(); leftMs > 0; leftMs = atMs - now()) {
    const waitMs = Math.min(leftMs, 1000)
    await new Promise((resolve) => setTimeout(resolve, waitMs))
  }
}
