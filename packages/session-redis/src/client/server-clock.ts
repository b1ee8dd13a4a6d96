/** An estimate of the servers' time, made from their replies. Local times are those of `performance.now()`. */
export interface ServerClock {
  /** Records a time that a server read after `sentAtMs`. */
  observe(serverNowMs: number, sentAtMs: number): void
  /**
   * Resolves when a recent time is known or could not be read. Returns `undefined` if a recent time is known already.
   */
  prepare(): Promise<void> | undefined
  /** Returns whether the clock of every server is certainly before that time. */
  isBefore(atMs: number): boolean
}

interface Sample {
  /** Server time minus local time. Never less than the true difference. */
  readonly offsetMs: number
  readonly takenAtMs: number
}

const maxSampleAgeMs = 10_000

/**
 * Finds sessions that certainly have not expired, so that only the others need to be compared with the server's clock.
 * `marginMs` covers the difference between the clocks of two servers, and the drift of a clock in ten seconds.
 */
export function createServerClock(askServerNowMs: () => Promise<number>, marginMs: number): ServerClock {
  let sample: Sample | undefined
  let asking: Promise<void> | undefined

  function recent(): Sample | undefined {
    return sample !== undefined && performance.now() - sample.takenAtMs <= maxSampleAgeMs ? sample : undefined
  }

  function observe(serverNowMs: number, sentAtMs: number): void {
    const nowMs = performance.now()
    // The server read its clock after we read ours, so this overestimates the offset by the outbound trip.
    const offsetMs = serverNowMs + 1 - sentAtMs
    const known = recent()
    const hasStepped = known !== undefined && serverNowMs - nowMs > known.offsetMs
    if (known === undefined || hasStepped || offsetMs <= known.offsetMs) sample = { offsetMs, takenAtMs: nowMs }
  }

  async function askServer(): Promise<void> {
    const sentAtMs = performance.now()
    try {
      observe(await askServerNowMs(), sentAtMs)
    } catch {
      // The read that needs the time is in flight as well, and reports the failure.
    } finally {
      asking = undefined
    }
  }

  return {
    observe,
    prepare() {
      if (recent() !== undefined) return undefined
      asking ??= askServer()
      return asking
    },
    isBefore(atMs) {
      const known = recent()
      return known !== undefined && performance.now() + known.offsetMs + marginMs < atMs
    },
  }
}
