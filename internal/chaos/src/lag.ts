const stepMs = 10

/** How late this process' event loop runs, so that a call is not blamed for it. */
export interface LagMonitor {
  /** The most by which a timer came late that was due between those times of `performance.now()`. */
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
      // A loop that is late now has not told yet.
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
