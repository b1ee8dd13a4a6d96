import { isServerBackedId } from '../store-helpers/ids.js'
import type { SessionPlugin, SessionRecord } from '../contract/plugin.js'

/** Tells the time on the clock that a store's records follow (contract C5). */
export interface StoreClock {
  /** The time by what is known of the store's clock. */
  estimateMs(): number
  /**
   * Resolves to the time by the store's clock. This process' clock serves as an estimate until a record contradicts it:
   * `record` was alive when it was read, and not made or touched before `sinceMs`. With `isExact` the store is asked, at
   * most once in ten minutes.
   */
  nowMs(record: SessionRecord, sinceMs: number, isExact: boolean): Promise<number>
}

const measurementLivesMs = 600_000
const contradictedLivesMs = 10_000
const probeTtlMs = 60_000

// Clocks that are kept by NTP differ by less, and what differs by less can wait.
const toleratedMs = 1000

export function createStoreClock(plugin: SessionPlugin): StoreClock {
  let offsetMs = 0
  let measuredAtMs = Number.NEGATIVE_INFINITY
  let measuring: Promise<void> | undefined

  /** Asks the only question about time that every store answers: when a session was created. */
  async function measure(): Promise<void> {
    const sentAtMs = Date.now()
    measuredAtMs = sentAtMs
    const id = await plugin.create({ dataJson: '{}', ttlMs: probeTtlMs })
    const tookMs = Date.now() - sentAtMs
    const { createdAtMs } = await plugin.read(id)
    offsetMs = Math.round(createdAtMs - sentAtMs - tookMs / 2)
    await plugin.delete(id)
  }

  async function measureIfOlder(livesMs: number): Promise<void> {
    if (!measuring && Math.abs(Date.now() - measuredAtMs) < livesMs) return
    // A store that cannot answer now leaves the estimate as it is. The call that follows tells that it fails.
    measuring ??= measure()
      .catch(() => undefined)
      .finally(() => {
        measuring = undefined
      })
    await measuring
  }

  return {
    estimateMs: () => Date.now() + offsetMs,

    async nowMs({ id, createdAtMs, expiresAtMs }, sinceMs, isExact) {
      // A sealed id has no clock other than that of the process which opens it.
      if (!isServerBackedId(id)) return Date.now()
      if (isExact) await measureIfOlder(measurementLivesMs)
      const estimateMs = Date.now() + offsetMs
      const isContradicted = estimateMs < sinceMs - toleratedMs || estimateMs >= expiresAtMs + toleratedMs
      if (isContradicted) await measureIfOlder(contradictedLivesMs)
      return Math.min(Math.max(Date.now() + offsetMs, createdAtMs), expiresAtMs - 1)
    },
  }
}
