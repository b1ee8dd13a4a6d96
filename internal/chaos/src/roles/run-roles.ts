import { isSessionError, type SessionPlugin } from '@bext/session-core'
import {
  createSessionManager,
  isSessionCommitError,
  type Session,
  type SessionManager,
} from '@bext/session-core/manager'
import type { Random } from '../random.js'

interface Data {
  /** Version of the user's role that the session has. */
  role: number
  /** Number of acknowledged changes of the visitor. */
  count: number
}

export interface RolesReport {
  /** Numbers of what was done: changes of visitors, rotations, sign-ins, sign-outs, changes of the role, reads. */
  readonly done: Readonly<Record<string, number>>
  /** Numbers that `updateUserSessions` resolved to. */
  readonly updated: {
    readonly changed: number
    readonly unchanged: number
    readonly missed: number
    readonly gone: number
  }
  /** Broken promises. Each line says what was lost, or what returned. */
  readonly violations: readonly string[]
}

interface Visitor {
  cookie: string
  count: number
  /** Version of the latest change of the role that had begun when the visitor's sign-in ended. */
  beganBefore: number
}

const visitorCount = 6

function cookieOf(setCookies: readonly string[], before: string): string {
  const set = setCookies.find((line) => line.startsWith('__Host-session=') && !line.startsWith('__Host-session=;'))
  return set?.split(';')[0] ?? before
}

/** A request may lose against another one. It then has no effect. */
function isLost(error: unknown): boolean {
  return isSessionCommitError(error) || (isSessionError(error) && error.code === 'NotFound')
}

/**
 * Changes the role in all sessions of a user, again and again, while the user's own requests change, rotate and end the
 * sessions. Checks that no change is lost and no ended session comes back.
 */
export async function runRoles(
  store: SessionPlugin,
  { seconds, random, userId }: { readonly seconds: number; readonly random: Random; readonly userId: string },
): Promise<RolesReport> {
  const sessions: SessionManager<Data> = createSessionManager<Data>({
    store,
    initialData: () => ({ role: 0, count: 0 }),
    onConflict: 'reject',
  })
  const done: Record<string, number> = {}
  const updated = { changed: 0, unchanged: 0, missed: 0, gone: 0 }
  const violations: string[] = []
  const ended: string[] = []
  /** The role in the app's own table, and the one that every session has. */
  const role = { inTable: 1, everywhere: 1 }
  const untilMs = performance.now() + seconds * 1000
  const count = (what: string): void => void (done[what] = (done[what] ?? 0) + 1)

  async function signIn(visitor: Visitor): Promise<void> {
    const session = await sessions.open(null)
    session.data = { role: role.inTable, count: 0 }
    session.signIn(userId)
    const cookie = cookieOf(await session.commit(), '')
    Object.assign(visitor, { cookie, count: 0, beganBefore: role.inTable })
    count('sign-ins')
  }

  /** A sign-in may have read the table before a change of the role that had begun, and have stored it afterwards. */
  function promisedTo({ beganBefore }: Visitor): number {
    return role.everywhere > beganBefore ? role.everywhere : 0
  }

  function check(session: Pick<Session<Data>, 'userId' | 'data'>, visitor: Visitor, atLeast: number): void {
    count('reads')
    if (session.userId === undefined) violations.push('a session vanished')
    else if (session.data.role < atLeast) violations.push('a change of the role was lost')
    if (session.data.count !== visitor.count) violations.push("a visitor's change was lost, or came back")
  }

  /** One request. Without `change`, a conflict makes it fail, and the visitor repeats nothing. */
  async function request(visitor: Visitor): Promise<void> {
    const kind = random.below(10)
    const atLeast = promisedTo(visitor)
    if (kind < 4) {
      const { setCookies } = await sessions.change(visitor.cookie, (session) => {
        check(session, visitor, atLeast)
        session.data.count += 1
      })
      visitor.cookie = cookieOf(setCookies, visitor.cookie)
      visitor.count += 1
      return count('changes')
    }
    if (kind < 9) {
      const session = await sessions.open(visitor.cookie)
      check(session, visitor, atLeast)
      session.data.count += 1
      if (kind === 7) session.rotate()
      if (kind === 8) session.signIn(userId)
      const before = visitor.cookie
      const setCookies = await session.commit()
      visitor.count += 1
      visitor.cookie = cookieOf(setCookies, before)
      if (visitor.cookie !== before) ended.push(before)
      return count(kind < 7 ? 'changes' : 'rotations')
    }
    const session = await sessions.open(visitor.cookie)
    session.signOut()
    await session.commit()
    ended.push(visitor.cookie)
    count('sign-outs')
    await signIn(visitor)
  }

  async function visit(): Promise<void> {
    const visitor: Visitor = { cookie: '', count: 0, beganBefore: 0 }
    await signIn(visitor)
    while (performance.now() < untilMs) {
      await request(visitor).catch((error: unknown) => {
        if (!isLost(error)) throw error
        count('conflicts')
      })
      await new Promise((resolve) => setTimeout(resolve, random.below(4)))
    }
    const last = await sessions.read(visitor.cookie)
    if (!last) violations.push('a session vanished')
    else check(last, visitor, promisedTo(visitor))
  }

  /**
   * Resolves to true if a session has an older role for long. A sign-in that conflicts with the change has created its
   * session already, and takes it back without having sent its cookie.
   */
  async function isMissing(families: ReadonlySet<string | undefined>, version: number): Promise<boolean> {
    for (let attempt = 0; attempt < 100; attempt += 1) {
      const listed = await sessions.listUserSessions(userId, { describe: (data) => data.role })
      const older = listed.filter((one) => families.has(one.familyId) && (one.description ?? 0) < version)
      if (older.length === 0) return false
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    return true
  }

  async function administer(): Promise<void> {
    while (performance.now() < untilMs) {
      const before = new Set((await sessions.listUserSessions(userId)).map(({ familyId }) => familyId))
      role.inTable += 1
      const version = role.inTable
      const result = await sessions.updateUserSessions(
        userId,
        (data) => void (data.role = Math.max(data.role, version)),
      )
      for (const key of Object.keys(updated) as (keyof typeof updated)[]) updated[key] += result[key]
      if (result.missed > 0) violations.push('a session was missed')
      role.everywhere = version
      if (await isMissing(before, version)) violations.push('a change of the role missed a session')
      count('changes of the role')
      for (const cookie of ended.splice(0)) {
        if (await sessions.read(cookie)) violations.push('an ended session came back')
      }
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  }

  await Promise.all([...Array.from({ length: visitorCount }, visit), administer()])
  await sessions.endUserSessions(userId)
  return { done, updated, violations }
}
