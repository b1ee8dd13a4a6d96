import { describeType, rejectUnknownOptions } from '../store-helpers/option-checks.js'
import type { SessionId } from '../contract/plugin.js'
import { checkGraceMs, checkUserIdOfCall, checkWithinMs } from './check-arguments.js'
import type { CommittedSession } from './commit.js'
import { commitSession, hasChange } from './commit.js'
import { assertProven } from './device-commit.js'
import type { SessionDevice } from './device.js'
import { endIfListed } from './end-session.js'
import { toDataText } from './data.js'
import type { PendingSession } from './pending-changes.js'
import type { SessionContext } from './host.js'
import { readOnly } from './read-only.js'
import { reportRejection } from './commit-error.js'
import type { Committed, SessionTimes } from './replace-session.js'
import { checkDescribe, listSessions } from './list-sessions.js'
import type {
  ListSessionsOptions,
  RotateOptions,
  Session,
  SignInOptions,
  SignOutEverywhereOptions,
  UserSession,
} from './session.js'
import { handleOf, keptFamilyId } from './session-names.js'
import { authenticatedAtMsOf } from './stored-session.js'

/** A session and the functions of its request. */
export interface RequestSession<Data extends object> {
  readonly session: Session<Data>
  /** Stores the changes, then calls `deliver`. If that rejects, the commit rejects with its error and closes the session. */
  readonly commit: (deliver?: (committed: Committed) => Promise<void>) => Promise<Committed>
  /** Invalidates the session unless it is committed: any later use throws. */
  readonly close: () => void
  /** Returns true if there is a change that was neither committed nor discarded by `close`. */
  readonly hasUncommittedChange: () => boolean
}

/** Creates the session of a request. Its methods change `pending`. */
export function createRequestSession<Data extends object>(
  context: SessionContext<Data>,
  pending: PendingSession<Data>,
): RequestSession<Data> {
  const { users, lifetimes, initialData, cookies } = context
  let isClosed = false
  let committed: CommittedSession<Data> | undefined
  let storedData: Data | undefined

  function assertOpen(): void {
    if (!isClosed) return
    throw new Error('The session is closed: its commit failed, or its request is over. Open one for each request.')
  }

  function toChange(): PendingSession<Data> {
    assertOpen()
    if (!committed) return pending
    throw new Error('The session is committed, so it can only be read. Change it before the commit.')
  }

  /** Returns the times as stored, or before the commit those that are already known. */
  function times(): SessionTimes {
    assertOpen()
    if (committed) return committed.times ?? {}
    const { action, stored, isRemembered } = pending
    const beganAtMs = pending.beganAtMs ?? (action === 'signIn' ? context.clock.estimateMs() : undefined)
    return {
      ...(action === 'keep' &&
        stored && { createdAtMs: stored.record.createdAtMs || undefined, expiresAtMs: stored.record.expiresAtMs }),
      ...(beganAtMs !== undefined && {
        absoluteExpiresAtMs: lifetimes.absoluteExpiresAtMs({ beganAtMs, isRemembered }),
      }),
    }
  }

  function resetData(): void {
    pending.data = initialData()
    pending.unchangedText = toDataText(pending.data)
    pending.beganAtMs = undefined
  }

  function idNow(): SessionId | undefined {
    assertOpen()
    if (committed) return committed.id
    return pending.action === 'keep' ? pending.stored?.record.id : undefined
  }

  const session: Session<Data> = {
    get data(): Data {
      assertOpen()
      if (!committed) return pending.data
      storedData ??= readOnly(committed.readData())
      return storedData
    },
    set data(value: Data) {
      toChange().data = value
    },
    get userId(): string | undefined {
      assertOpen()
      return pending.userId
    },
    get handle(): string | undefined {
      const id = idNow()
      return id && handleOf(id)
    },
    get familyId(): string | undefined {
      assertOpen()
      return committed?.familyId ?? keptFamilyId(pending)
    },
    get authenticatedAtMs(): number | undefined {
      assertOpen()
      const { userId, action, stored } = pending
      if (userId === undefined) return undefined
      if (action === 'signIn') return committed ? committed.times?.createdAtMs : context.clock.estimateMs()
      return stored && authenticatedAtMsOf(stored)
    },
    isAuthenticatedWithin(withinMs: number): boolean {
      const checkedMs = checkWithinMs(withinMs)
      const { authenticatedAtMs } = session
      return authenticatedAtMs !== undefined && context.clock.estimateMs() - authenticatedAtMs < checkedMs
    },
    get device(): SessionDevice | undefined {
      assertOpen()
      const { action, check } = pending
      // The check is of the session before. A new one is not bound yet.
      const own = action === 'signIn' || action === 'end' ? undefined : check
      return context.device && (own?.device ?? 'unbound')
    },
    get responseHeaders() {
      return committed?.headers ?? []
    },
    get createdAtMs(): number | undefined {
      return times().createdAtMs
    },
    get expiresAtMs(): number | undefined {
      return times().expiresAtMs
    },
    get absoluteExpiresAtMs(): number | undefined {
      return times().absoluteExpiresAtMs
    },

    signIn(userId: string, options: SignInOptions = {}): void {
      toChange()
      rejectUnknownOptions('signIn', options, ['remember'])
      const { remember = false } = options
      if (typeof remember !== 'boolean') {
        throw new TypeError(`signIn: option remember must be a boolean, but it is ${describeType(remember)}.`)
      }
      const checkedId = checkUserIdOfCall('signIn', userId)
      if (remember && !lifetimes.canRemember) {
        throw new TypeError(
          'signIn: option remember needs the option remember of createSessionManager. Set its timeouts.',
        )
      }
      if (pending.userId !== undefined && pending.userId !== checkedId) resetData()
      pending.userId = checkedId
      pending.isRemembered = remember
      // A sign-in is an authentication event, so both timeouts restart.
      pending.beganAtMs = undefined
      pending.action = 'signIn'
    },

    rotate(options: RotateOptions = {}): void {
      toChange()
      rejectUnknownOptions('rotate', options, ['graceMs'])
      const { graceMs = 0 } = options
      const checkedGraceMs = checkGraceMs(graceMs)
      if (pending.action !== 'keep' || !pending.stored || pending.stored.envelope.isReplaced) return
      pending.graceMs = checkedGraceMs
      pending.action = 'rotate'
    },

    signOut(): void {
      toChange()
      resetData()
      pending.userId = undefined
      pending.isRemembered = false
      if (pending.revokeAll) pending.revokeAll = { ...pending.revokeAll, keepsCurrent: false }
      pending.action = pending.stored || pending.unreadable.length > 0 || cookies.legacy ? 'end' : 'keep'
    },

    signOutEverywhere(options: SignOutEverywhereOptions = {}): void {
      const { userId } = toChange()
      rejectUnknownOptions('signOutEverywhere', options, ['except'])
      const { except } = options
      if (except !== undefined && except !== 'this') {
        throw new TypeError(`signOutEverywhere: except must be 'this', but it is ${describeType(except)}.`)
      }
      if (!users.supportsSignOutEverywhere) {
        throw new TypeError('signOutEverywhere: check supportsSignOutEverywhere first. This store cannot.')
      }
      if (userId !== undefined) pending.revokeAll = { userId, keepsCurrent: except === 'this' }
      if (except === undefined) session.signOut()
    },

    async listSessions<Description>(
      options: ListSessionsOptions<Data, Description> = {},
    ): Promise<readonly UserSession<Description>[]> {
      assertOpen()
      const { userId, stored } = pending
      const describe = checkDescribe('listSessions', options)
      if (userId === undefined) return []
      const id = committed ? committed.id : stored?.record.id
      const own = id && handleOf(id)
      const listed = await listSessions(context, userId, describe)
      return listed.map((one) => ({ ...one, isCurrent: one.handle === own }))
    },

    async endSession(handle: string): Promise<boolean> {
      const { userId, stored } = toChange()
      if (userId === undefined) return false
      if (!stored || handleOf(stored.record.id) !== handle) {
        assertProven(pending, true)
        return endIfListed(context, userId, handle)
      }
      session.signOut()
      return true
    },
  }

  return {
    session,
    async commit(deliver) {
      toChange()
      isClosed = true
      try {
        const stored = await commitSession(context, pending)
        await deliver?.(stored)
        committed = stored
        isClosed = false
        return committed
      } catch (error) {
        reportRejection(context.onRejection, 'commit', error)
        throw error
      }
    },
    close() {
      isClosed ||= committed === undefined
    },
    hasUncommittedChange: () => !isClosed && !committed && hasChange(pending),
  }
}
