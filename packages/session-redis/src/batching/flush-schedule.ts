/** Decides when batches are sent. */
export interface FlushSchedule {
  /**
   * Calls `flush` when a batch is to be sent. Calls may join the batch until then. Returns a function that ends the
   * flight of the batch, and does nothing when it is called again.
   */
  schedule(flush: () => void): () => void
}

/**
 * Creates a schedule. With nothing in flight, a batch is sent at the end of the current tick. Otherwise, the calls of
 * one turn of the event loop are sent together. No batch waits for the reply to another.
 */
export function createFlushSchedule(): FlushSchedule {
  let inFlight = 0
  return {
    schedule(flush) {
      if (inFlight === 0) process.nextTick(flush)
      else setImmediate(flush)
      inFlight += 1
      let isReleased = false
      return () => {
        if (!isReleased) inFlight -= 1
        isReleased = true
      }
    },
  }
}
