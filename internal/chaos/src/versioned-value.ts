/** Start and end of a call, in milliseconds of this process. */
export interface Span {
  readonly startMs: number
  readonly endMs: number
}

/** Outcome of a write as reported. A failed write may have happened, but only before its end. */
export type Fate = 'acknowledged' | 'failed'

interface Write extends Span {
  fate: Fate | 'pending'
  seen: boolean
}

interface Sight extends Span {
  readonly value: number
}

/** Reason why a value must not be read, and the time since when. */
export interface Anomaly {
  readonly kind: 'foreign' | 'lost' | 'late'
  readonly sinceMs: number
}

/** A value that each write replaces with a new version. Versions are numbered from 0. */
export interface VersionedValue {
  /** Begins the write of a new version. Returns its number. */
  begin(startMs: number): number
  end(value: number, fate: Fate, endMs: number): void
  /** Removes a write that, according to the store, did not happen. */
  withdraw(value: number): void
  /** Checks a version that was read. Returns `undefined` if it is right. */
  see(value: number, span: Span): Anomaly | undefined
  /** Returns the span of a write; its end is infinite while it is in flight. `undefined` if it does not exist. */
  spanOf(value: number): Span | undefined
  readonly size: number
}

/**
 * Creates the record of a value. A write happens once, between its start and its end, whatever was reported. So a
 * version must not be read after a newer version is known to have replaced it. A newer version is one that was
 * acknowledged or read by a call that began after the write of this version ended, and that ended before this read
 * began.
 */
export function createVersionedValue(): VersionedValue {
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
      // Nobody had read it when it was reported as failed, so it took effect afterwards.
      return { kind: fate === 'failed' && !seen ? 'late' : 'lost', sinceMs: after.startMs }
    },

    spanOf: (value) => writes[value],

    get size() {
      return writes.length
    },
  }
}
