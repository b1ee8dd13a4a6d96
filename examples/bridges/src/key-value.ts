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

/** The three calls that any key-value store has. Each rejects if the backend fails. */
export interface KeyValue {
  get(key: string): Promise<Stored | null | undefined>
  /** The store may drop the value after `ttlMs` milliseconds, and need not. */
  set(key: string, stored: Stored, ttlMs: number): Promise<unknown>
  delete(key: string): Promise<unknown>
}

/** Rules that no store can keep with these three calls alone: there is no write on condition. */
export const keyValueLimits: readonly { readonly rule: string; readonly reason: string }[] = [
  { rule: 'C2', reason: 'set() takes the place of what is there: there is no insert-if-absent.' },
  { rule: 'U4', reason: 'Between get() and set() the session may end; set() then creates it again.' },
  { rule: 'T2', reason: 'touch() has to set() the data that it got, over those of an update() meanwhile.' },
  { rule: 'T3', reason: 'Between get() and set() the session may end; set() then creates it again.' },
]

/** Sessions in a key-value store, as well as that goes (see `keyValueLimits`). */
export function keyValueSessions(name: string, store: KeyValue): SessionPlugin {
  async function load(id: SessionId): Promise<[key: string, stored: Stored]> {
    const key = hashSessionId(checkSessionId(id))
    const stored = await store.get(key)
    if (!stored) throw notFound()
    if (stored.expiresAtMs <= Date.now()) throw new SessionError('expired', 'The session has expired.')
    return [key, stored]
  }

  async function save(key: string, stored: Stored): Promise<void> {
    await store.set(key, stored, Math.max(1, stored.expiresAtMs - Date.now()))
  }

  return {
    name,

    create: (options: CreateOptions) =>
      withinDeadline(defaultTimeoutMs, async () => {
        const { userId, dataJson, ttlMs } = checkCreateOptions(options, { maxDataBytes: defaultMaxDataBytes })
        const id = mintSessionId()
        const createdAtMs = Date.now()
        await save(hashSessionId(id), { userId, dataJson, createdAtMs, expiresAtMs: createdAtMs + ttlMs })
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
        await save(key, { ...stored, dataJson: checked })
        return id
      }),

    touch: (id: SessionId, ttlMs: number) =>
      withinDeadline(defaultTimeoutMs, async () => {
        const checked = checkTtlMs(ttlMs)
        const [key, stored] = await load(id)
        await save(key, { ...stored, expiresAtMs: Date.now() + checked })
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
