const stepMs = 10

/** A measure of how late the event loop of this process runs, so that a late loop is not counted against a call. */
export interface LagMonitor {
  /** Returns the worst delay of a timer that was due in that span of `performance.now()`, in milliseconds. */
  worst(fromMs: number, toMs: number): number
  stop(): void
}

export function monitorLag(): LagMonitor {
  const lags: { readonly fromMs: number; readonly toMs: number }[] = []
  let dueMs = performance.now() + stepMs
  let timer = setTimeout(tick, stepMs)

  function tick(): void {
    const nowMs = performance.now()
    if (nowMs > dueMs + 1) lags.push({ fromMs: dueMs, toMs: nowMs })
    dueMs = nowMs + stepMs
    timer = setTimeout(tick, stepMs)
  }

  return {
    worst(fromMs, toMs) {
      // A delay that is still going on has not been recorded yet.
      let worst = Math.max(0, performance.now() - dueMs)
      for (let n = lags.length - 1; n >= 0; n--) {
        const lag = lags[n]
        if (lag === undefined || lag.toMs < fromMs) break
        if (lag.fromMs <= toMs) worst = Math.max(worst, lag.toMs - lag.fromMs)
      }
      return worst
    },
    stop: () => clearTimeout(timer),
  }
}
