import type { SessionId, SessionRecord } from '@bext/session-core'
import { createRegister, type Anomaly, type Fate, type Register, type Span } from './versioned-value.js'

const createdTtlMs = 3_600_000
// Touches of one session are told apart by their ttl, though their exact time is the server's.
const touchStepMs = 60_000
// The server's clock is this machine's, cut to a millisecond.
const clockMarginMs = 5

const dayMs = 86_400_000

/** What a session may look like, from what was acknowledged and reported as failed. Spans are of `performance.now()`. */
export interface SessionModel {
  readonly id: SessionId
  readonly userId: string | undefined
  readonly data: Register
  /** Whether a delete has been asked for, so that no more is done with it on purpose. */
  ending: boolean
  dataJson(value: number): string
  beginTouch(startMs: number): { readonly value: number; readonly ttlMs: number }
  readonly life: Register
  endDelete(fate: Fate, span: Span): void
  /** What is wrong with this record having been read. */
  present(record: SessionRecord, span: Span): readonly (Anomaly | RevivedAnomaly)[]
  /** What is wrong with the session having been there, whatever it held. */
  alive(span: Span): readonly RevivedAnomaly[]
  /** What is wrong with the session not having been there. */
  absent(span: Span): readonly VanishedAnomaly[]
  /** Whether a delete was acknowledged. */
  isDeleted(): boolean
  /** Whether no delete was asked for. */
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

/** The `dataJson` of a session that a write of that value writes. */
export function dataOf(session: number, value: number): string {
  return JSON.stringify({ session, value, fill: 'x'.repeat((session * 31 + value * 17) % 1200) })
}

function ttlOf(value: number): number {
  return createdTtlMs + ((value * touchStepMs) % dayMs)
}

export function modelSession(session: number, id: SessionId, userId: string | undefined, created: Span): SessionModel {
  const [data, life] = [createRegister(), createRegister()]
  for (const register of [data, life]) register.end(register.begin(created.startMs), 'acknowledged', created.endMs)
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

  // The write of this expiry: the one whose time and ttl lead there.
  function seeLife(expiresAtMs: number, span: Span): Anomaly | undefined {
    const originMs = Date.now() - performance.now()
    for (let value = life.size - 1; value >= 0; value--) {
      const write = life.spanOf(value)
      const setAtMs = expiresAtMs - ttlOf(value) - originMs
      if (write === undefined || setAtMs < write.startMs - clockMarginMs) continue
      if (setAtMs <= write.endMs + clockMarginMs && setAtMs <= span.endMs + clockMarginMs) return life.see(value, span)
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
      // While a delete is under way nothing is known.
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
