/** A batch that will leave. */
export interface FlushSlot {
  /** Resolves when the batch leaves; whoever comes until then may still join it. */
  readonly ready: Promise<void>
  /** Says that the batch is over. */
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

/**
 * When batches leave. They wait for nobody: with nothing in flight a batch leaves at the end of the tick. While
 * something is, whoever comes in the same turn of the event loop leaves together.
 */
export function createFlushSchedule(): () => FlushSlot {
  let begun = 0
  return () => {
    const left = begun === 0 ? endOfTick() : endOfTurn()
    let over = false
    begun += 1
    return {
      ready: left,
      release() {
        if (!over) begun -= 1
        over = true
      },
    }
  }
}
