/** A batch's way out. */
export interface FlushSlot {
  /** Resolves when the batch may leave. What comes until then may still join it. */
  readonly ready: Promise<void>
  /** Says that the batch has come back, or that it will not leave any more. */
  release(): void
}

interface Waiting {
  readonly leave: () => void
  /** Has it leave after a while, whatever is in flight. */
  readonly hurry: () => void
}

export interface FlushSchedule {
  acquire(): FlushSlot
}

// While one batch is on its way the server has work, while two are it does not wait for us. More would be smaller ones.
const maxInFlight = 2

// Connections that hang must not hold up those that come later until their own time is over.
const maxWaitMs = 50

/**
 * Group commit: a batch leaves at the end of the tick, but not while two are in flight. Who comes meanwhile leaves
 * together when one of them comes back.
 */
export function createFlushSchedule(): FlushSchedule {
  const waiting = new Set<Waiting>()
  let inFlight = 0

  function letGo(): void {
    for (const batch of waiting) {
      if (inFlight < maxInFlight) batch.leave()
      else batch.hurry()
    }
  }

  return {
    acquire() {
      let state: 'waiting' | 'left' | 'ended' = 'waiting'
      let timer: ReturnType<typeof setTimeout> | undefined
      let setReady: (() => void) | undefined
      const ready = new Promise<void>((resolve) => {
        setReady = resolve
      })
      const batch: Waiting = {
        leave() {
          state = 'left'
          waiting.delete(batch)
          clearTimeout(timer)
          inFlight += 1
          setReady?.()
        },
        hurry() {
          timer ??= setTimeout(batch.leave, maxWaitMs)
        },
      }
      waiting.add(batch)
      process.nextTick(letGo)
      return {
        ready,
        release() {
          if (state === 'left') inFlight -= 1
          state = 'ended'
          waiting.delete(batch)
          clearTimeout(timer)
          // Callers who have got their answers may call again in this tick, and come along.
          if (waiting.size > 0) process.nextTick(letGo)
        },
      }
    },
  }
}
