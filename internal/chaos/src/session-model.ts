import type { SessionId, SessionRecord } from '@bext/session-core'
import { createVersionedValue, type Anomaly, type Fate, type VersionedValue, type Span } from './versioned-value.js'

const createdTtlMs = 3_600_000
// Touches of one session differ in their ttl, because their exact time is known only to the server.
const touchStepMs = 60_000
// The server runs on this machine and truncates its clock to milliseconds.
const clockMarginMs = 5

const dayMs = 86_400_000

/** The allowed states of a session, given the writes that were acknowledged or reported as failed. Times are of `performance.now()`. */
export interface SessionModel {
  readonly id: SessionId
  readonly userId: string | undefined
  readonly data: VersionedValue
  /** True once a delete was called. The load then writes to the session no more. */
  ending: boolean
  dataJson(value: number): string
  beginTouch(startMs: number): { readonly value: number; readonly ttlMs: number }
  readonly life: VersionedValue
  endDelete(fate: Fate, span: Span): void
  /** Checks a record that was read. */
  present(record: SessionRecord, span: Span): readonly (Anomaly | RevivedAnomaly)[]
  /** Checks a call that found the session, whatever its data. */
  alive(span: Span): readonly RevivedAnomaly[]
  /** Checks a call that did not find the session. */
  absent(span: Span): readonly VanishedAnomaly[]
  /** Returns true if a delete was acknowledged. */
  isDeleted(): boolean
  /** Returns true if no delete was called. */
  isKept(): boolean
}

export interface RevivedAnomaly {
  readonly kind: 'revived'
  readonly sinceMs: number
}

export interface VanishedAnomaly {
  readonly kind: 'vanished' | 'late'
  readonly sinceMs: number
}

/** The ttl of new sessions. */
export const newTtlMs: number = createdTtlMs

/** Returns the `dataJson` that stands for a value of a session. */
export function dataOf(session: number, value: number): string {
  return JSON.stringify({ session, value, fill: 'x'.repeat((session * 31 + value * 17) % 1200) })
}

function ttlOf(value: number): number {
  return createdTtlMs + ((value * touchStepMs) % dayMs)
}

export function modelSession(session: number, id: SessionId, userId: string | undefined, created: Span): SessionModel {
  const [data, life] = [createVersionedValue(), createVersionedValue()]
  for (const versions of [data, life]) versions.end(versions.begin(created.startMs), 'acknowledged', created.endMs)
  const deletes: (Span & { readonly fate: Fate })[] = []
  let lastAlive: Span = created
  let firstAbsent: Span | undefined
  let ending = false

  function valueOf(dataJson: string): number {
    try {
      const { value } = JSON.parse(dataJson) as { value: number }
      return dataOf(session, value) === dataJson ? value : -1
    } catch {
      return -1
    }
  }

  // Finds the write of this expiry by its time and ttl, and checks it.
  function seeLife(expiresAtMs: number, span: Span): Anomaly | undefined {
    // Other processes may run between any two readings, so the time of the write is known only between two bounds.
    const beforeMs = performance.now()
    const wallMs = Date.now()
    const afterMs = performance.now()
    for (let value = life.size - 1; value >= 0; value--) {
      const write = life.spanOf(value)
      const agoMs = wallMs - (expiresAtMs - ttlOf(value))
      if (write === undefined || afterMs - agoMs < write.startMs - clockMarginMs) continue
      const setAtMs = beforeMs - agoMs
      if (setAtMs <= Math.min(write.endMs, span.endMs) + clockMarginMs) return life.see(value, span)
      if (setAtMs <= span.endMs + clockMarginMs) return { kind: 'late', sinceMs: write.endMs }
    }
    return { kind: 'foreign', sinceMs: span.startMs }
  }

  function alive(span: Span): RevivedAnomaly[] {
    if (span.startMs > lastAlive.startMs) lastAlive = span
    const gone = [...deletes.filter(({ fate }) => fate === 'acknowledged'), ...(firstAbsent ? [firstAbsent] : [])]
    const before = gone.find(({ endMs }) => endMs < span.startMs)
    return before === undefined ? [] : [{ kind: 'revived', sinceMs: before.startMs }]
  }

  return {
    id,
    userId,
    data,
    life,
    get ending() {
      return ending
    },
    set ending(value) {
      ending = value
    },
    dataJson: (value) => dataOf(session, value),
    beginTouch(startMs) {
      const value = life.begin(startMs)
      return { value, ttlMs: ttlOf(value) }
    },
    endDelete: (fate, span) => void deletes.push({ ...span, fate }),
    alive,
    present(record, span) {
      const found = [data.see(valueOf(record.dataJson), span), seeLife(record.expiresAtMs, span)]
      return [...alive(span), ...found.filter((anomaly) => anomaly !== undefined)]
    },
    absent(span) {
      firstAbsent ??= span
      // While a delete is in flight, either outcome is right.
      if (ending && deletes.length === 0) return []
      const last = deletes.at(-1)
      if (last === undefined) return [{ kind: 'vanished', sinceMs: lastAlive.startMs }]
      if (last.fate === 'failed' && lastAlive.startMs > last.endMs && lastAlive.endMs < span.startMs) {
        return [{ kind: 'late', sinceMs: lastAlive.startMs }]
      }
      return []
    },
    isDeleted: () => deletes.some(({ fate }) => fate === 'acknowledged'),
    isKept: () => !ending,
  }
}
