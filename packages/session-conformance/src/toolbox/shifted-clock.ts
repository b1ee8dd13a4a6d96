/** Runs `work` while this process's wall clock is `shiftMs` ahead. Nothing else may run meanwhile. */
export async function withShiftedClock<T>(shiftMs: number, work: () => Promise<T>): Promise<T> {
  const RealDate = globalThis.Date
  const shiftedNow = (): number => RealDate.now() + shiftMs
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
