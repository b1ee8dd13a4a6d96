import type { SessionSummary, UserIndexCapability, UserRecordsCapability } from '../contract/capabilities.js'
import { supportsRevokeUser, supportsUserIndex, supportsUserRecords } from '../contract/capabilities.js'
import type { SessionId, SessionPlugin } from '../contract/plugin.js'

/** Access to the sessions of a user, as far as the store supports it. */
export interface UserSessions {
  readonly supportsUserIndex: boolean
  readonly supportsSignOutEverywhere: boolean
  /** The store, if it lists a user's sessions with their data. */
  readonly records: UserRecordsCapability | undefined
  /** True if `endAll` can keep one session. */
  readonly canKeepOne: boolean
  /** Resolves to the live sessions, oldest first. Sessions of the same age have the same order for all callers. */
  list(userId: string): Promise<readonly SessionSummary[]>
  endOne(userId: string, handle: string): Promise<void>
  /** Ends a session. Resolves to true if the user had a session with the handle. */
  endIfListed(userId: string, handle: string): Promise<boolean>
  endAll(userId: string, kept?: SessionId): Promise<void>
}

/** Compares by age. Sessions of the same age have the same order for all callers. */
export function byAge(a: SessionSummary, b: SessionSummary): number {
  return a.createdAtMs - b.createdAtMs || (a.handle < b.handle ? -1 : 1)
}

export function createUserSessions(plugin: SessionPlugin): UserSessions {
  const index = supportsUserIndex(plugin) ? plugin : undefined
  const revoker = supportsRevokeUser(plugin) ? plugin : undefined

  function needIndex(): UserIndexCapability {
    if (index) return index
    const advice = 'Check supportsUserIndex or supportsSignOutEverywhere first.'
    throw new TypeError(`The store ${plugin.name} cannot list the sessions of a user. ${advice}`)
  }

  return {
    supportsUserIndex: index !== undefined,
    records: index && supportsUserRecords(plugin) ? plugin : undefined,
    supportsSignOutEverywhere: index !== undefined || revoker !== undefined,
    canKeepOne: index !== undefined,
    async list(userId) {
      return (await needIndex().listUserSessions(userId)).toSorted(byAge)
    },
    async endOne(userId, handle) {
      await needIndex().endUserSession(userId, handle)
    },
    async endIfListed(userId, handle) {
      const store = needIndex()
      // List first: if the driver sends the command twice, the second reply would say that no session existed (E6).
      const isListed = (await store.listUserSessions(userId)).some((one) => one.handle === handle)
      if (isListed) await store.endUserSession(userId, handle)
      return isListed
    },
    async endAll(userId, kept) {
      if (!index && revoker) return revoker.revokeUser(userId)
      return needIndex().endUserSessions(userId, { except: kept })
    },
  }
}
