/** What time it is on the servers, as far as their answers tell. Local times are of `performance.now()`. */
export interface ServerClock {
  /** Takes note of a time that a server has read after `sentAtMs`. */
  observe(serverNowMs: number, sentAtMs: number): void
  /** Resolves once the time is known well enough, or cannot be had. `undefined`: it is known. */
  prepare(): Promise<void> | undefined
  /** Whether each server's clock is surely before that time. */
  isBefore(atMs: number): boolean
}

interface Sample {
  /** Server time less local time, never less than the true difference. */
  readonly offsetMs: number
  readonly takenAtMs: number
}

const maxSampleAgeMs = 10_000

/**
 * Tells which sessions cannot have expired yet, so that only the others have to be compared with the server's own clock.
 * `marginMs` is how far the clocks of servers may be apart, and what a clock may drift in ten seconds.
 */
export function createServerClock(askServerNowMs: () => Promise<number>, marginMs: number): ServerClock {
  let sample: Sample | undefined
  let asking: Promise<void> | undefined

  function recent(): Sample | undefined {
    return sample !== undefined && performance.now() - sample.takenAtMs <= maxSampleAgeMs ? sample : undefined
  }

  function observe(serverNowMs: number, sentAtMs: number): void {
    const nowMs = performance.now()
    // The server has read its clock after the question was sent: the difference is too large by the way there.
    const offsetMs = serverNowMs + 1 - sentAtMs
    const known = recent()
    const hasStepped = known !== undefined && serverNowMs - nowMs > known.offsetMs
    if (known === undefined || hasStepped || offsetMs <= known.offsetMs) sample = { offsetMs, takenAtMs: nowMs }
  }

  async function ask(): Promise<void> {
    const sentAtMs = performance.now()
    try {
      observe(await askServerNowMs(), sentAtMs)
    } catch {
      // The read that goes with the question fails by itself.
    } finally {
      asking = undefined
    }
  }

  return {
    observe,
    prepare() {
      if (recent() !== undefined) return undefined
      asking ??= ask()
      return asking
    },
    isBefore(atMs) {
      const known = recent()
      return known !== undefined && performance.now() + known.offsetMs + marginMs < atMs
    },
  }
}
