/** A batch's place among the batches in flight. */
export interface FlushSlot {
  /** Resolves when the batch may be sent. Until then more calls may join it. */
  readonly ready: Promise<void>
  /** Gives the place back: the batch has returned, or will not be sent. */
  release(): void
}

interface WaitingBatch {
  readonly flush: () => void
  /** Flushes the batch after `maxWaitMs`, whatever is in flight. */
  readonly flushAfterMaxWait: () => void
}

/** Decides when batches are sent. */
export interface FlushSchedule {
  /** Returns the place of a new batch. */
  acquire(): FlushSlot
}

// Two batches in flight keep the server busy. More would only make the batches smaller.
const maxInFlight = 2

// A hanging connection must not use up the time of later calls.
const maxWaitMs = 50

/**
 * Schedules flushes (group commit). A batch is sent at the end of the tick, unless two are in flight. Then it collects
 * calls until one of the two returns.
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
    acquire() {
      let state: 'waiting' | 'in-flight' | 'released' = 'waiting'
      let timer: ReturnType<typeof setTimeout> | undefined
      let setReady: (() => void) | undefined
      const ready = new Promise<void>((resolve) => {
        setReady = resolve
      })
      const batch: WaitingBatch = {
        flush() {
          state = 'in-flight'
          waiting.delete(batch)
          clearTimeout(timer)
          inFlight += 1
          setReady?.()
        },
        flushAfterMaxWait() {
          timer ??= setTimeout(batch.flush, maxWaitMs)
        },
      }
      waiting.add(batch)
      process.nextTick(flushWaiting)
      return {
        ready,
        release() {
          if (state === 'in-flight') inFlight -= 1
          state = 'released'
          waiting.delete(batch)
          clearTimeout(timer)
          // Callers that have just received results may make new calls in this tick, which then join the batch.
          if (waiting.size > 0) process.nextTick(flushWaiting)
        },
      }
    },
  }
}
