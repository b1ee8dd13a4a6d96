import type {
  CompareCapability,
  CompareResult,
  EndUserSessionsOptions,
  SessionSummary,
  SweepCapability,
  SweepOptions,
  SweepResult,
  UserIndexCapability,
} from './capabilities.js'
import {
  checkCreateOptions,
  checkDataJson,
  checkMaxRecords,
  checkTtlMs,
  checkUserId,
  defaultMaxDataBytes,
} from './check-input.js'
import { checkPositiveInteger, rejectUnknownOptions } from './check-option.js'
import { SessionError } from './error.js'
import { checkSessionId, hashSessionId, isServerBackedId, mintSessionId } from './id.js'
import type { CreateOptions, SessionId, SessionPlugin, SessionRecord } from './plugin.js'

export interface MemorySessionsOptions {
  /** The most live sessions; `create` rejects with `Backend`, reason `full`, at the next. Default: no limit. */
  readonly maxSessions?: number | undefined
  /** The largest `dataJson`, in bytes of UTF-8 (contract L1). Default: 1 MiB. */
  readonly maxDataBytes?: number | undefined
}

export type MemorySessions = SessionPlugin & UserIndexCapability & SweepCapability & CompareCapability

type Stored = Omit<SessionRecord, 'id'>

// Expired records are removed once they may outnumber the live ones, which keeps the cost of a create constant.
const minRecordsBeforeSweep = 1000

/**
 * Sessions in this process' memory: the reference store, for tests, demos and single-process servers. They end with
 * the process. Throws a `TypeError` for a wrong option.
 */
export function memorySessions(options: MemorySessionsOptions = {}): MemorySessions {
  rejectUnknownOptions('memorySessions', options, ['maxSessions', 'maxDataBytes'])
  const { maxSessions = Number.POSITIVE_INFINITY, maxDataBytes = defaultMaxDataBytes } = options
  if (maxSessions !== Number.POSITIVE_INFINITY) checkPositiveInteger('memorySessions', 'maxSessions', maxSessions)
  checkPositiveInteger('memorySessions', 'maxDataBytes', maxDataBytes)

  const records = new Map<string, Stored>()
  const hashesByUser = new Map<string, Set<string>>()
  let sweepAtSize = minRecordsBeforeSweep

  function remove(hash: string, { userId }: Stored): void {
    records.delete(hash)
    if (userId === undefined) return
    const hashes = hashesByUser.get(userId)
    hashes?.delete(hash)
    if (hashes?.size === 0) hashesByUser.delete(userId)
  }

  function removeExpired(maxRecords: number): SweepResult {
    const nowMs = Date.now()
    let removed = 0
    for (const [hash, stored] of records) {
      if (stored.expiresAtMs > nowMs) continue
      if (removed === maxRecords) return { removed, more: true }
      remove(hash, stored)
      removed += 1
    }
    return { removed, more: false }
  }

  function makeRoom(): void {
    if (records.size < Math.min(sweepAtSize, maxSessions)) return
    removeExpired(Number.POSITIVE_INFINITY)
    sweepAtSize = Math.max(minRecordsBeforeSweep, 2 * records.size)
    if (records.size >= maxSessions) {
      throw new SessionError('full', `The store holds ${maxSessions} live sessions, which is its option maxSessions.`)
    }
  }

  function mintFreeId(): [id: SessionId, hash: string] {
    for (;;) {
      const id = mintSessionId()
      const hash = hashSessionId(id)
      if (!records.has(hash)) return [id, hash]
    }
  }

  function find(id: SessionId): [hash: string, stored: Stored] {
    const hash = hashSessionId(checkSessionId(id))
    const stored = records.get(hash)
    if (stored === undefined) throw new SessionError('unknown', 'There is no such session.')
    if (stored.expiresAtMs <= Date.now()) throw new SessionError('expired', 'The session has expired.')
    return [hash, stored]
  }

  function findByUser(userId: string): [hash: string, stored: Stored][] {
    const hashes = hashesByUser.get(checkUserId(userId)) ?? []
    return Array.from(hashes, (hash) => [hash, records.get(hash) as Stored])
  }

  return {
    name: 'memory',

    async create(createOptions: CreateOptions): Promise<SessionId> {
      const { userId, dataJson, ttlMs } = checkCreateOptions(createOptions, { maxDataBytes })
      makeRoom()
      const [id, hash] = mintFreeId()
      const createdAtMs = Date.now()
      records.set(hash, { userId, dataJson, createdAtMs, expiresAtMs: createdAtMs + ttlMs })
      if (userId !== undefined) {
        const hashes = hashesByUser.get(userId)
        if (hashes) hashes.add(hash)
        else hashesByUser.set(userId, new Set([hash]))
      }
      return id
    },

    async read(id: SessionId): Promise<SessionRecord> {
      return { id, ...find(id)[1] }
    },

    async update(id: SessionId, dataJson: string): Promise<SessionId> {
      const checked = checkDataJson(dataJson, maxDataBytes)
      const [hash, stored] = find(id)
      records.set(hash, { ...stored, dataJson: checked })
      return id
    },

    async updateIfUnchanged(id: SessionId, expectedDataJson: string, dataJson: string): Promise<CompareResult> {
      const checked = checkDataJson(dataJson, maxDataBytes)
      const [hash, stored] = find(id)
      if (stored.dataJson !== expectedDataJson) return { outcome: 'changed' }
      records.set(hash, { ...stored, dataJson: checked })
      return { outcome: 'updated', id }
    },

    async touch(id: SessionId, ttlMs: number): Promise<SessionId> {
      const checked = checkTtlMs(ttlMs)
      const [hash, stored] = find(id)
      records.set(hash, { ...stored, expiresAtMs: Date.now() + checked })
      return id
    },

    async delete(id: SessionId): Promise<void> {
      if (!isServerBackedId(id)) return
      const hash = hashSessionId(id)
      const stored = records.get(hash)
      if (stored) remove(hash, stored)
    },

    async isHealthy(): Promise<boolean> {
      return true
    },

    async listUserSessions(userId: string): Promise<readonly SessionSummary[]> {
      const nowMs = Date.now()
      return findByUser(userId)
        .filter(([, { expiresAtMs }]) => expiresAtMs > nowMs)
        .map(([handle, { createdAtMs, expiresAtMs }]) => ({ handle, createdAtMs, expiresAtMs }))
        .toSorted((a, b) => a.createdAtMs - b.createdAtMs)
    },

    async endUserSession(userId: string, handle: string): Promise<void> {
      const found = findByUser(userId).find(([hash]) => hash === handle)
      if (found) remove(...found)
    },

    async endUserSessions(userId: string, { except }: EndUserSessionsOptions = {}): Promise<void> {
      const kept = isServerBackedId(except) ? hashSessionId(except) : undefined
      for (const [hash, stored] of findByUser(userId)) if (hash !== kept) remove(hash, stored)
    },

    async sweep({ maxRecords }: SweepOptions = {}): Promise<SweepResult> {
      return removeExpired(checkMaxRecords(maxRecords))
    },
  }
}
