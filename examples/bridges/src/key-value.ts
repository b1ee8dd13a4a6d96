import type { CreateOptions, SessionId, SessionPlugin, SessionRecord } from '@bext/session-core'
import { SessionError } from '@bext/session-core'
import {
  checkCreateOptions,
  checkDataJson,
  checkSessionId,
  checkTtlMs,
  defaultMaxDataBytes,
  defaultTimeoutMs,
  hashSessionId,
  isServerBackedId,
  mintSessionId,
  withinDeadline,
  notFound,
} from '@bext/session-core/store-helpers'

/** The value stored under the hash of an id. */
export type Stored = Omit<SessionRecord, 'id'>

/** The three calls of any key-value store. Each rejects if the backend fails. */
export interface KeyValue {
  get(key: string): Promise<Stored | null | undefined>
  /** The store may delete the value after `ttlMs` milliseconds. */
  set(key: string, stored: Stored, ttlMs: number): Promise<unknown>
  delete(key: string): Promise<unknown>
}

/** Cases that no store can pass with these three calls alone: no write is conditional. */
export const keyValueLimits: readonly { readonly cases: readonly string[]; readonly reason: string }[] = [
  { cases: ['C2-collision'], reason: 'set() overwrites an existing value. There is no insert-if-absent.' },
  { cases: ['U4-delete-duel'], reason: 'The session may end between get() and set(). set() then creates it again.' },
  {
    cases: ['T2-update-duel'],
    reason: 'touch() has to set() the data that it read, and overwrites those of a concurrent update().',
  },
  { cases: ['T3-delete-duel'], reason: 'The session may end between get() and set(). set() then creates it again.' },
]

function expired(): SessionError {
  return new SessionError('expired', 'The session has expired.')
}

/** Stores sessions in a key-value store. Cannot pass the cases of `keyValueLimits`. */
export function keyValueSessions(name: string, store: KeyValue): SessionPlugin {
  async function load(id: SessionId): Promise<[key: string, stored: Stored]> {
    const key = hashSessionId(checkSessionId(id))
    const stored = await store.get(key)
    if (!stored) throw notFound()
    if (stored.expiresAtMs <= Date.now()) throw expired()
    return [key, stored]
  }

  return {
    name,

    create: (options: CreateOptions) =>
      withinDeadline(defaultTimeoutMs, async () => {
        const { userId, dataJson, ttlMs } = checkCreateOptions(options, { maxDataBytes: defaultMaxDataBytes })
        const id = mintSessionId()
        const createdAtMs = Date.now()
        await store.set(hashSessionId(id), { userId, dataJson, createdAtMs, expiresAtMs: createdAtMs + ttlMs }, ttlMs)
        return id
      }),

    read: (id: SessionId) =>
      withinDeadline(defaultTimeoutMs, async () => {
        const [, { userId, dataJson, createdAtMs, expiresAtMs }] = await load(id)
        return { id, userId, dataJson, createdAtMs, expiresAtMs }
      }),

    update: (id: SessionId, dataJson: string) =>
      withinDeadline(defaultTimeoutMs, async () => {
        const checked = checkDataJson(dataJson, defaultMaxDataBytes)
        const [key, stored] = await load(id)
        const leftMs = stored.expiresAtMs - Date.now()
        // A ttl of 0 means "no expiry" to some key-value stores.
        if (leftMs <= 0) throw expired()
        await store.set(key, { ...stored, dataJson: checked }, leftMs)
        return id
      }),

    touch: (id: SessionId, ttlMs: number) =>
      withinDeadline(defaultTimeoutMs, async () => {
        const checked = checkTtlMs(ttlMs)
        const [key, stored] = await load(id)
        await store.set(key, { ...stored, expiresAtMs: Date.now() + checked }, checked)
        return id
      }),

    delete: (id: SessionId) =>
      withinDeadline(defaultTimeoutMs, async () => {
        if (isServerBackedId(id)) await store.delete(hashSessionId(id))
      }),

    async isHealthy() {
      try {
        await withinDeadline(defaultTimeoutMs, () => store.get('health'))
        return true
      } catch {
        return false
      }
    },
  }
}
