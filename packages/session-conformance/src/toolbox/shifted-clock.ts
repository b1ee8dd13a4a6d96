/** Runs `work` while this process's wall clock is `shiftMs` ahead. Nothing else may run meanwhile. */
export function withShiftedClock<T>(shiftMs: number, work: () => Promise<T>): Promise<T> {
  return withClock((nowMs) => nowMs + shiftMs, work)
}

/**
 * Runs `work` while each reading of this process's wall clock is a millisecond later than the one before, so that the
 * order of two readings shows in their values. Nothing else may run meanwhile.
 */
export function withTickingClock<T>(work: () => Promise<T>): Promise<T> {
  let lastMs = 0
  return withClock((nowMs) => (lastMs = Math.max(nowMs, lastMs + 1)), work)
}

async function withClock<T>(change: (nowMs: number) => number, work: () => Promise<T>): Promise<T> {
  const RealDate = globalThis.Date
  const shiftedNow = (): number => change(RealDate.now())
  class ShiftedDate extends RealDate {
    constructor(...args: readonly unknown[]) {
      if (args.length === 0) super(shiftedNow())
      else super(...(args as [number]))
    }
    static override now(): number {
      return shiftedNow()
    }
  }
  globalThis.Date = ShiftedDate as DateConstructor
  try {
    return await work()
  } finally {
    globalThis.Date = RealDate
  }
}
