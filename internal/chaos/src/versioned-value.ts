/** When a call began and ended, in milliseconds of this process. */
export interface Span {
  readonly startMs: number
  readonly endMs: number
}

/** Whether a write was acknowledged, or was reported as failed, so that it may have happened, but not after its end. */
export type Fate = 'acknowledged' | 'failed'

interface Write extends Span {
  fate: Fate | 'pending'
  seen: boolean
}

interface Sight extends Span {
  readonly value: number
}

/** Why a value may not be there, and since when it is known not to be. */
export interface Anomaly {
  readonly kind: 'foreign' | 'lost' | 'late'
  readonly sinceMs: number
}

/** A value that is replaced as a whole, of which each write writes another value, numbered from 0. */
export interface Register {
  /** Begins a write of a new value. */
  begin(startMs: number): number
  end(value: number, fate: Fate, endMs: number): void
  /** Takes back a write that the store says did not happen. */
  withdraw(value: number): void
  /** What is wrong with this value having been read, if anything is. */
  see(value: number, span: Span): Anomaly | undefined
  /** When a write began and ended. `undefined` if there was no such write; without an end, it is under way. */
  spanOf(value: number): Span | undefined
  readonly size: number
}

/**
 * A write happens once, between its begin and its end, whatever was reported. So a value may not be read once another
 * one is known to have been there that came after it: one that was acknowledged, or read, in a call that began when
 * this value's write had ended, and that ended before this read began.
 */
export function createRegister(): Register {
  const writes: (Write | undefined)[] = []
  const sights: Sight[] = []

  return {
    begin(startMs) {
      return writes.push({ startMs, endMs: Number.POSITIVE_INFINITY, fate: 'pending', seen: false }) - 1
    },

    end(value, fate, endMs) {
      const write = writes[value]
      if (write === undefined) return
      writes[value] = { ...write, fate, endMs }
      if (fate === 'acknowledged') sights.push({ value, startMs: write.startMs, endMs })
    },

    withdraw(value) {
      writes[value] = undefined
    },

    see(value, span) {
      const write = writes[value]
      if (write === undefined) return { kind: 'foreign', sinceMs: span.startMs }
      const { fate, endMs, seen } = write
      write.seen = true
      const after = sights.find((sight) => sight.value !== value && sight.startMs > endMs && sight.endMs < span.startMs)
      sights.push({ value, ...span })
      if (after === undefined) return undefined
      // It was never there before it was reported as failed: it came afterwards.
      return { kind: fate === 'failed' && !seen ? 'late' : 'lost', sinceMs: after.startMs }
    },

    spanOf: (value) => writes[value],

    get size() {
      return writes.length
    },
  }
}
