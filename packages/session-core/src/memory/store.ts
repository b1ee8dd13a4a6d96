import type {
  CompareCapability,
  CompareResult,
  CreateWithIdResult,
  EndUserSessionsOptions,
  GivenIdCapability,
  SessionSummary,
  SweepCapability,
  SweepOptions,
  SweepResult,
  UpdateUserRecordResult,
  UserIndexCapability,
  UserRecord,
  UserRecordsCapability,
} from '../contract/capabilities.js'
import {
  checkCreateOptions,
  checkDataJson,
  checkEndOptions,
  checkExpectedDataJson,
  checkSweepOptions,
  checkTtlMs,
  checkUserId,
  defaultMaxDataBytes,
} from '../store-helpers/argument-checks.js'
import { checkPositiveInteger, rejectUnknownOptions } from '../store-helpers/option-checks.js'
import { notFound, SessionError } from '../contract/errors.js'
import { createExpiryQueue } from './expiry-queue.js'
import { checkSessionId, hashSessionId, isServerBackedId, mintSessionId } from '../store-helpers/ids.js'
import type { CreateOptions, SessionId, SessionPlugin, SessionRecord } from '../contract/plugin.js'

export interface MemorySessionsOptions {
  /**
   * Maximum number of live sessions. At the limit, `create` rejects with `Backend`, reason `full`. Default: no limit.
   */
  readonly maxSessions?: number | undefined
  /** Maximum size of `dataJson`, in bytes of UTF-8 (contract L1). Default: 1 MiB. */
  readonly maxDataBytes?: number | undefined
}

export type MemorySessions = SessionPlugin &
  UserIndexCapability &
  SweepCapability &
  CompareCapability &
  UserRecordsCapability &
  GivenIdCapability

type Session = Omit<SessionRecord, 'id'>

interface Stored extends Session {
  /** Time of the record's entry in the queue, never later than its expiry. */
  readonly queuedMs: number
}

// Each create can remove more records than it adds, so that expired records do not pile up and no create is slow.
const visitsPerCreate = 2

// Entries of removed records stay in the queue until their time, or until the queue is too long.
const minQueueSize = 1000

/**
 * Creates a store in the memory of this process: the reference store, for tests, demos and single-process servers. Its
 * sessions are lost when the process ends. Throws a `TypeError` for a wrong option.
 */
export function memorySessions(options: MemorySessionsOptions = {}): MemorySessions {
  rejectUnknownOptions('memorySessions', options, ['maxSessions', 'maxDataBytes'])
  const { maxSessions = Number.POSITIVE_INFINITY, maxDataBytes = defaultMaxDataBytes } = options
  if (maxSessions !== Number.POSITIVE_INFINITY) checkPositiveInteger('memorySessions', 'maxSessions', maxSessions)
  checkPositiveInteger('memorySessions', 'maxDataBytes', maxDataBytes)

  const records = new Map<string, Stored>()
  const hashesByUser = new Map<string, Set<string>>()
  const queue = createExpiryQueue()

  function remove(hash: string, { userId }: Stored): void {
    records.delete(hash)
    if (userId === undefined) return
    const hashes = hashesByUser.get(userId)
    hashes?.delete(hash)
    if (hashes?.size === 0) hashesByUser.delete(userId)
  }

  function store(hash: string, session: Session, queuedMs = Number.POSITIVE_INFINITY): void {
    const { expiresAtMs } = session
    if (expiresAtMs < queuedMs) queue.add(hash, expiresAtMs)
    records.set(hash, { ...session, queuedMs: Math.min(expiresAtMs, queuedMs) })
  }

  function add(hash: string, { userId, dataJson, ttlMs }: Required<CreateOptions>): void {
    const createdAtMs = Date.now()
    store(hash, { userId, dataJson, createdAtMs, expiresAtMs: createdAtMs + ttlMs })
    if (userId === undefined) return
    const hashes = hashesByUser.get(userId)
    if (hashes) hashes.add(hash)
    else hashesByUser.set(userId, new Set([hash]))
  }

  /** Visits the first record that may have expired. Returns whether one was removed; undefined if none is due. */
  function visitDue(nowMs: number): boolean | undefined {
    const due = queue.takeDue(nowMs)
    if (due === undefined) return undefined
    const stored = records.get(due.key)
    // The record was removed, or has an earlier entry.
    if (stored?.queuedMs !== due.atMs) return false
    if (stored.expiresAtMs > nowMs) {
      store(due.key, stored)
      return false
    }
    remove(due.key, stored)
    return true
  }

  function removeExpired(maxRecords: number): SweepResult {
    const nowMs = Date.now()
    let removed = 0
    while (removed < maxRecords) {
      const isRemoved = visitDue(nowMs)
      if (isRemoved === undefined) return { removed, more: false }
      if (isRemoved) removed += 1
    }
    return { removed, more: true }
  }

  function makeRoom(): void {
    const nowMs = Date.now()
    for (let visits = 0; visits < visitsPerCreate; visits += 1) visitDue(nowMs)
    if (records.size >= maxSessions) removeExpired(1)
    if (records.size >= maxSessions) {
      throw new SessionError('full', `The store holds ${maxSessions} live sessions, which is its option maxSessions.`)
    }
    if (queue.size < Math.max(minQueueSize, 2 * records.size)) return
    queue.clear()
    for (const [hash, stored] of records) store(hash, stored)
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
    if (stored === undefined) throw notFound()
    if (stored.expiresAtMs <= Date.now()) throw new SessionError('expired', 'The session has expired.')
    return [hash, stored]
  }

  function findByUser(userId: string): [hash: string, stored: Stored][] {
    const hashes = hashesByUser.get(checkUserId(userId)) ?? []
    return Array.from(hashes, (hash) => [hash, records.get(hash) as Stored])
  }

  function listLive(userId: string): UserRecord[] {
    const nowMs = Date.now()
    return findByUser(userId)
      .filter(([, { expiresAtMs }]) => expiresAtMs > nowMs)
      .map(([handle, { createdAtMs, expiresAtMs, dataJson }]) => ({ handle, createdAtMs, expiresAtMs, dataJson }))
      .toSorted((a, b) => a.createdAtMs - b.createdAtMs)
  }

  return {
    name: 'memory',

    async create(createOptions: CreateOptions): Promise<SessionId> {
      const checked = checkCreateOptions(createOptions, { maxDataBytes })
      makeRoom()
      const [id, hash] = mintFreeId()
      add(hash, checked)
      return id
    },

    async createWithId(id: SessionId, createOptions: CreateOptions): Promise<CreateWithIdResult> {
      const hash = hashSessionId(checkSessionId(id))
      const checked = checkCreateOptions(createOptions, { maxDataBytes })
      const stored = records.get(hash)
      if (stored !== undefined) {
        if (stored.expiresAtMs > Date.now()) return { outcome: 'taken' }
        remove(hash, stored)
      }
      makeRoom()
      add(hash, checked)
      return { outcome: 'created' }
    },

    async read(id: SessionId): Promise<SessionRecord> {
      const { userId, dataJson, createdAtMs, expiresAtMs } = find(id)[1]
      return { id, userId, dataJson, createdAtMs, expiresAtMs }
    },

    async update(id: SessionId, dataJson: string): Promise<SessionId> {
      const checked = checkDataJson(dataJson, maxDataBytes)
      const [hash, stored] = find(id)
      records.set(hash, { ...stored, dataJson: checked })
      return id
    },

    async updateIfUnchanged(id: SessionId, expectedDataJson: string, dataJson: string): Promise<CompareResult> {
      const checked = checkDataJson(dataJson, maxDataBytes)
      const expected = checkExpectedDataJson(expectedDataJson)
      const [hash, stored] = find(id)
      if (stored.dataJson !== expected) return { outcome: 'changed' }
      records.set(hash, { ...stored, dataJson: checked })
      return { outcome: 'updated', id }
    },

    async touch(id: SessionId, ttlMs: number): Promise<SessionId> {
      const checked = checkTtlMs(ttlMs)
      const [hash, stored] = find(id)
      store(hash, { ...stored, expiresAtMs: Date.now() + checked }, stored.queuedMs)
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
      return listLive(userId).map(({ handle, createdAtMs, expiresAtMs }) => ({ handle, createdAtMs, expiresAtMs }))
    },

    async listUserRecords(userId: string): Promise<readonly UserRecord[]> {
      return listLive(userId)
    },

    async updateUserRecord(
      userId: string,
      handle: string,
      expectedDataJson: string,
      dataJson: string,
    ): Promise<UpdateUserRecordResult> {
      const user = checkUserId(userId)
      const checked = checkDataJson(dataJson, maxDataBytes)
      const expected = checkExpectedDataJson(expectedDataJson)
      const stored = records.get(handle)
      if (stored?.userId !== user || stored.expiresAtMs <= Date.now()) return { outcome: 'gone' }
      if (stored.dataJson !== expected) return { outcome: 'changed' }
      records.set(handle, { ...stored, dataJson: checked })
      return { outcome: 'updated' }
    },

    async endUserSession(userId: string, handle: string): Promise<void> {
      const found = findByUser(userId).find(([hash]) => hash === handle)
      if (found) remove(...found)
    },

    async endUserSessions(userId: string, endOptions?: EndUserSessionsOptions): Promise<void> {
      const except = checkEndOptions(endOptions)
      const kept = isServerBackedId(except) ? hashSessionId(except) : undefined
      for (const [hash, stored] of findByUser(userId)) if (hash !== kept) remove(hash, stored)
    },

    async sweep(sweepOptions?: SweepOptions): Promise<SweepResult> {
      return removeExpired(checkSweepOptions(sweepOptions))
    },
  }
}
