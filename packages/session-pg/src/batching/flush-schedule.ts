interface WaitingBatch {
  readonly flush: () => void
  /** Flushes the batch after `maxWaitMs`, whatever is in flight. */
  readonly flushAfterMaxWait: () => void
}

/** Decides when batches are sent. */
export interface FlushSchedule {
  /**
   * Calls `flush` when a batch is to be sent. Calls may join the batch until then. Returns a function that ends the
   * flight of the batch, or its wait, and does nothing when it is called again.
   */
  schedule(flush: () => void): () => void
}

// Two batches in flight keep the server busy. More would only make the batches smaller.
const maxInFlight = 2

// A hanging connection must not use up the time of later calls.
const maxWaitMs = 50

/**
 * Creates a schedule (group commit). A batch is sent at the end of the tick, unless two are in flight. Then it collects
 * calls until one of the two has ended.
 */
export function createFlushSchedule(): FlushSchedule {
  const waiting = new Set<WaitingBatch>()
  let inFlight = 0

  function flushWaiting(): void {
    for (const batch of waiting) {
      if (inFlight < maxInFlight) batch.flush()
      else batch.flushAfterMaxWait()
    }
  }

  return {
    schedule(flush) {
      let state: 'waiting' | 'in-flight' | 'released' = 'waiting'
      let timer: ReturnType<typeof setTimeout> | undefined
      const batch: WaitingBatch = {
        flush() {
          state = 'in-flight'
          waiting.delete(batch)
          clearTimeout(timer)
          inFlight += 1
          flush()
        },
        flushAfterMaxWait() {
          timer ??= setTimeout(batch.flush, maxWaitMs)
        },
      }
      waiting.add(batch)
      process.nextTick(flushWaiting)
      return () => {
        if (state === 'released') return
        if (state === 'in-flight') inFlight -= 1
        state = 'released'
        waiting.delete(batch)
        clearTimeout(timer)
        // Callers that have just received results may make new calls in this tick, which then join the batch.
        if (waiting.size > 0) process.nextTick(flushWaiting)
      }
    },
  }
}
