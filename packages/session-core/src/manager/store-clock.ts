import { isServerBackedId } from '../store-helpers/ids.js'
import type { SessionPlugin, SessionRecord } from '../contract/plugin.js'

/** Time on the clock of a store's records (contract C5). */
export interface StoreClock {
  /** Returns the estimated time on the store's clock, in milliseconds since 1970. */
  estimateMs(): number
  /**
   * Returns the time on the store's clock. Asks the store, at most once in ten minutes, and then returns a promise. If the
   * store failed, asks again after ten seconds.
   */
  exactMs(): number | Promise<number>
  /**
   * Resolves to the time on the store's clock, in milliseconds since 1970. Uses an estimate until a record contradicts it:
   * `record` was live when it was read, and was not created or touched before `sinceMs`. With `isExact`, asks the store, at
   * most once in ten minutes.
   */
  nowMs(record: SessionRecord, sinceMs: number, isExact: boolean): Promise<number>
}

const measurementMaxAgeMs = 600_000
// Also after the store failed.
const contradictedMaxAgeMs = 10_000
const probeTtlMs = 60_000

// Clocks synchronised by NTP differ by less. A smaller difference does not matter.
const toleratedMs = 1000

export function createStoreClock(store: SessionPlugin): StoreClock {
  let offsetMs = 0
  let measuredAtMs = Number.NEGATIVE_INFINITY
  let validMs = measurementMaxAgeMs
  let measuring: Promise<void> | undefined

  /** Measures the offset by a probe session: its creation time is the only time that every store reports. */
  async function measure(): Promise<void> {
    const sentAtMs = Date.now()
    measuredAtMs = sentAtMs
    validMs = contradictedMaxAgeMs
    const id = await store.create({ dataJson: '{}', ttlMs: probeTtlMs })
    const tookMs = Date.now() - sentAtMs
    const { createdAtMs } = await store.read(id)
    offsetMs = Math.round(createdAtMs - sentAtMs - tookMs / 2)
    validMs = measurementMaxAgeMs
    await store.delete(id)
  }

  function isMeasured(maxAgeMs: number): boolean {
    return !measuring && Math.abs(Date.now() - measuredAtMs) < Math.min(maxAgeMs, validMs)
  }

  async function measureIfOlder(maxAgeMs: number): Promise<void> {
    if (isMeasured(maxAgeMs)) return
    // If the store fails, the estimate stays. The next call of the request reports the failure.
    measuring ??= measure()
      .catch(() => undefined)
      .finally(() => {
        measuring = undefined
      })
    await measuring
  }

  return {
    estimateMs: () => Date.now() + offsetMs,

    exactMs() {
      if (isMeasured(measurementMaxAgeMs)) return Date.now() + offsetMs
      return measureIfOlder(measurementMaxAgeMs).then(() => Date.now() + offsetMs)
    },

    async nowMs({ id, createdAtMs, expiresAtMs }, sinceMs, isExact) {
      // Sealed sessions are on the clock of the process that opens them.
      if (!isServerBackedId(id)) return Date.now()
      if (isExact) await measureIfOlder(measurementMaxAgeMs)
      const estimateMs = Date.now() + offsetMs
      const isContradicted = estimateMs < sinceMs - toleratedMs || estimateMs >= expiresAtMs + toleratedMs
      if (isContradicted) await measureIfOlder(contradictedMaxAgeMs)
      return Math.min(Math.max(Date.now() + offsetMs, createdAtMs), expiresAtMs - 1)
    },
  }
}
