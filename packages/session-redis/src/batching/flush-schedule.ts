/** The place of a batch among those in flight. */
export interface FlushSlot {
  /** Resolves when the batch is sent. Calls may join the batch until then. */
  readonly ready: Promise<void>
  /** Ends the flight of the batch. Further calls have no effect. */
  release(): void
}

function endOfTick(): Promise<void> {
  return new Promise((resolve) => {
    process.nextTick(resolve)
  })
}

function endOfTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

/** Decides when batches are sent. */
export interface FlushSchedule {
  acquire(): FlushSlot
}

/**
 * Creates a schedule. With nothing in flight, a batch is sent at the end of the current tick. Otherwise, the calls of
 * one turn of the event loop are sent together. No batch waits for the reply to another.
 */
export function createFlushSchedule(): FlushSchedule {
  let inFlight = 0
  return {
    acquire() {
      const ready = inFlight === 0 ? endOfTick() : endOfTurn()
      let isReleased = false
      inFlight += 1
      return {
        ready,
        release() {
          if (!isReleased) inFlight -= 1
          isReleased = true
        },
      }
    },
  }
}
