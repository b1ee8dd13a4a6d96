import { describeAmount, describeType, rejectUnknownOptions } from '../store-helpers/option-checks.js'
import { SessionError } from '../contract/errors.js'
import type { CommittedDraft } from './commit.js'
import { commitDraft, hasChange } from './commit.js'
import { toDataText } from './data.js'
import type { PendingChanges } from './pending-changes.js'
import type { SessionContext } from './options.js'
import { readOnly } from './read-only.js'
import { reportRejection } from './commit-error.js'
import type { SessionTimes } from './replace-session.js'
import type { RotateOptions, Session, SignInOptions, SignOutEverywhereOptions, UserSession } from './session.js'
import { handleOf } from './user-sessions.js'

/** A session, and what ends it with its request. */
export interface RequestSession<Data extends object> {
  readonly session: Session<Data>
  /** Resolves to the `Set-Cookie` values. */
  readonly commit: () => Promise<readonly string[]>
  /** Has any use throw from now on, if there was no commit. */
  readonly close: () => void
  /** Tells whether something changed that was neither committed nor given up. */
  readonly hasUncommittedChange: () => boolean
}

/** The user's id, if it is a string and not empty. Throws `Invalid` otherwise. */
export function checkUser(call: string, userId: unknown): string {
  if (typeof userId === 'string' && userId !== '') return userId
  const given = userId === '' ? 'empty' : describeType(userId)
  throw new SessionError('bad_argument', `${call} needs the user's id, a string, but it is ${given}.`)
}

function checkGrace(graceMs: unknown): number {
  if (typeof graceMs === 'number' && Number.isSafeInteger(graceMs) && graceMs >= 0) return graceMs
  const expected = 'a whole number of milliseconds, 0 or more'
  throw new SessionError('bad_argument', `graceMs must be ${expected}, but it is ${describeAmount(graceMs)}.`)
}

/** The session of a draft, which it changes. */
export function createRequestSession<Data extends object>(
  context: SessionContext<Data>,
  draft: PendingChanges<Data>,
): RequestSession<Data> {
  const { users, lifetimes, initialData, cookies } = context
  let isClosed = false
  let committed: CommittedDraft<Data> | undefined
  let storedData: Data | undefined

  function refuseClosed(): void {
    if (!isClosed) return
    throw new Error('The session is closed: its commit failed, or its request is over. Open one for each request.')
  }

  function openDraft(): PendingChanges<Data> {
    refuseClosed()
    if (!committed) return draft
    throw new Error('The session is committed: it can be read, but no longer changed. Change it before the commit.')
  }

  /** When the session began and when it ends: as stored, or as far as it is known before the commit. */
  function times(): SessionTimes {
    refuseClosed()
    if (committed) return committed.times ?? {}
    const { next, opened, isRemembered, beganAtMs = next === 'signIn' ? context.clock.estimateMs() : undefined } = draft
    return {
      ...(next === 'keep' &&
        opened && { createdAtMs: opened.record.createdAtMs || undefined, expiresAtMs: opened.record.expiresAtMs }),
      ...(beganAtMs !== undefined && {
        absoluteExpiresAtMs: lifetimes.absoluteExpiresAtMs({ beganAtMs, isRemembered }),
      }),
    }
  }

  function beginAnew(): void {
    draft.data = initialData()
    draft.savedText = toDataText(draft.data)
    draft.beganAtMs = undefined
  }

  const session: Session<Data> = {
    get data(): Data {
      refuseClosed()
      if (!committed) return draft.data
      storedData ??= readOnly(committed.readData())
      return storedData
    },
    set data(value: Data) {
      openDraft().data = value
    },
    get userId(): string | undefined {
      refuseClosed()
      return draft.userId
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
      openDraft()
      rejectUnknownOptions('signIn', options, ['remember'])
      const { remember = false } = options
      if (typeof remember !== 'boolean') {
        throw new TypeError(`signIn: option remember must be a boolean, but it is ${describeType(remember)}.`)
      }
      const checked = checkUser('signIn', userId)
      if (remember && !lifetimes.canRemember) {
        throw new TypeError('signIn: remember needs the option remember of createSessionManager.')
      }
      if (draft.userId !== undefined && draft.userId !== checked) beginAnew()
      draft.userId = checked
      draft.isRemembered = remember
      // A sign-in is an authentication event: both lifetimes begin again.
      draft.beganAtMs = undefined
      draft.next = 'signIn'
    },

    rotate(options: RotateOptions = {}): void {
      openDraft()
      rejectUnknownOptions('rotate', options, ['graceMs'])
      const { graceMs = 0 } = options
      const checked = checkGrace(graceMs)
      if (draft.next !== 'keep' || !draft.opened || draft.opened.envelope.isReplaced) return
      draft.graceMs = checked
      draft.next = 'rotate'
    },

    signOut(): void {
      openDraft()
      beginAnew()
      draft.userId = undefined
      draft.isRemembered = false
      if (draft.endAll) draft.endAll = { ...draft.endAll, sparesThis: false }
      draft.next = draft.opened || draft.refused.length > 0 || cookies.legacy ? 'end' : 'keep'
    },

    signOutEverywhere(options: SignOutEverywhereOptions = {}): void {
      const { userId } = openDraft()
      rejectUnknownOptions('signOutEverywhere', options, ['except'])
      const { except } = options
      if (except !== undefined && except !== 'this') {
        throw new TypeError(`signOutEverywhere: except must be 'this', but it is ${describeType(except)}.`)
      }
      if (!users.supportsSignOutEverywhere) {
        throw new TypeError('signOutEverywhere: this store cannot. Ask supportsSignOutEverywhere of the manager first.')
      }
      if (userId !== undefined) draft.endAll = { userId, sparesThis: except === 'this' }
      if (except === undefined) session.signOut()
    },

    async listSessions(): Promise<readonly UserSession[]> {
      refuseClosed()
      const { userId, opened } = draft
      if (userId === undefined) return []
      const id = committed ? committed.id : opened?.record.id
      const own = id && handleOf(id)
      return (await users.list(userId)).map((one) => ({ ...one, isCurrent: one.handle === own }))
    },

    async endSession(handle: string): Promise<boolean> {
      const { userId, opened } = openDraft()
      if (userId === undefined) return false
      if (!opened || handleOf(opened.record.id) !== handle) return users.endIfListed(userId, handle)
      session.signOut()
      return true
    },
  }

  return {
    session,
    async commit() {
      openDraft()
      isClosed = true
      try {
        committed = await commitDraft(context, draft)
        isClosed = false
        return committed.setCookies
      } catch (error) {
        reportRejection(context.onRejection, 'commit', error)
        throw error
      }
    },
    close() {
      isClosed ||= committed === undefined
    },
    hasUncommittedChange: () => !isClosed && !committed && hasChange(draft),
  }
}
