const stepMs = 10

/** A measure of how late the event loop of this process runs, so that a late loop is not counted against a call. */
export interface LagMonitor {
  /** Returns the worst delay of a timer that was due in that span of `performance.now()`, in milliseconds. */
  worst(fromMs: number, toMs: number): number
  /** Returns the time of that span in which a timer was due and had not run, in milliseconds. */
  total(fromMs: number, toMs: number): number
  stop(): void
}

/** From when a timer was due until it ran, in milliseconds of `performance.now()`. */
interface Lag {
  readonly fromMs: number
  readonly toMs: number
}

/** Starts to measure with a timer that is due every 10 ms. */
export function monitorLag(): LagMonitor {
  const lags: Lag[] = []
  let dueMs = performance.now() + stepMs
  let timer = setTimeout(tick, stepMs)

  function tick(): void {
    const nowMs = performance.now()
    if (nowMs > dueMs + 1) lags.push({ fromMs: dueMs, toMs: nowMs })
    dueMs = nowMs + stepMs
    timer = setTimeout(tick, stepMs)
  }

  // A delay that is still going on has not been recorded yet.
  const present = (): Lag => ({ fromMs: dueMs, toMs: Math.max(dueMs, performance.now()) })

  /** Returns the delays that overlap the span, the latest first. */
  function within(fromMs: number, toMs: number): Lag[] {
    const found = [present()]
    for (let n = lags.length - 1; n >= 0; n--) {
      const lag = lags[n]
      if (lag === undefined || lag.toMs < fromMs) break
      found.push(lag)
    }
    return found.filter((lag) => lag.fromMs <= toMs && lag.toMs >= fromMs)
  }

  return {
    worst: (fromMs, toMs) => Math.max(0, ...within(fromMs, toMs).map((lag) => lag.toMs - lag.fromMs)),
    total: (fromMs, toMs) =>
      within(fromMs, toMs).reduce((sum, lag) => sum + Math.min(lag.toMs, toMs) - Math.max(lag.fromMs, fromMs), 0),
    stop: () => clearTimeout(timer),
  }
}
