import type { SessionSummary, UserIndexCapability } from '../contract/capabilities.js'
import { supportsUserIndex } from '../contract/capabilities.js'
import { hashSessionId } from '../store-helpers/ids.js'
import type { SessionId, SessionPlugin } from '../contract/plugin.js'

/** What a store without a list of sessions may offer all the same: sealed sessions with revocation do. */
interface RevokesUsers {
  /** Ends all sessions of the user that were created before the call. */
  revokeUser(userId: string): Promise<void>
}

/** The sessions of a user, as far as the store knows them. */
export interface UserSessions {
  readonly supportsUserIndex: boolean
  readonly supportsSignOutEverywhere: boolean
  /** Whether `endAll` can spare a session. */
  readonly canKeepOne: boolean
  /** Resolves to the live sessions, oldest first; where two are equally old, all callers see the same order. */
  list(userId: string): Promise<readonly SessionSummary[]>
  endOne(userId: string, handle: string): Promise<void>
  /** As `endOne`. Resolves to whether the user had such a session. */
  endIfListed(userId: string, handle: string): Promise<boolean>
  endAll(userId: string, spared?: SessionId): Promise<void>
}

function canRevoke(plugin: SessionPlugin): plugin is SessionPlugin & RevokesUsers {
  return typeof Reflect.get(plugin, 'revokeUser') === 'function'
}

function byAge(a: SessionSummary, b: SessionSummary): number {
  return a.createdAtMs - b.createdAtMs || (a.handle < b.handle ? -1 : 1)
}

/** The handle that our stores list the session under. */
export function handleOf(id: SessionId): string {
  return hashSessionId(id)
}

export function createUserSessions(plugin: SessionPlugin): UserSessions {
  const index = supportsUserIndex(plugin) ? plugin : undefined
  const revoker = canRevoke(plugin) ? plugin : undefined

  function needIndex(): UserIndexCapability {
    if (index) return index
    const advice = 'Ask supportsUserIndex or supportsSignOutEverywhere of the manager first.'
    throw new TypeError(`The store ${plugin.name} cannot find the sessions of a user. ${advice}`)
  }

  return {
    supportsUserIndex: index !== undefined,
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
      // A list, because a command that the driver sends twice would say that there was none (contract E6).
      const isListed = (await store.listUserSessions(userId)).some((one) => one.handle === handle)
      if (isListed) await store.endUserSession(userId, handle)
      return isListed
    },
    async endAll(userId, spared) {
      if (!index && revoker) return revoker.revokeUser(userId)
      return needIndex().endUserSessions(userId, { except: spared })
    },
  }
}
