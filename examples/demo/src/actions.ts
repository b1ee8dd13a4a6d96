import type { Session, SessionManager } from '@bext/session-core/manager'
import { RejectedRequest } from './requests.js'

export interface SessionData {
  visits: number
}

export type FormAction = (session: Session<SessionData>, form: URLSearchParams) => void | Promise<void>

const maxNameLength = 64

function signIn(session: Session<SessionData>, form: URLSearchParams): void {
  const name = (form.get('name') ?? '').trim()
  if (name === '' || name.length > maxNameLength) {
    throw new RejectedRequest(400, `Please enter a name of 1 to ${maxNameLength} characters.`)
  }
  session.signIn(name)
}

const onEveryStore: readonly (readonly [string, FormAction])[] = [
  ['/sign-in', signIn],
  ['/sign-out', (session) => session.signOut()],
]

const whereSessionsAreFound: readonly (readonly [string, FormAction])[] = [
  ['/end-session', async (session, form) => void (await session.endSession(form.get('handle') ?? ''))],
  ['/sign-out-others', (session) => session.signOutEverywhere({ except: 'this' })],
  ['/sign-out-everywhere', (session) => session.signOutEverywhere()],
]

/** Returns the actions of the forms by path. Only a store that can list a user's sessions can end other sessions. */
export function formActions({ supportsUserIndex }: SessionManager<SessionData>): ReadonlyMap<string, FormAction> {
  return new Map([...onEveryStore, ...(supportsUserIndex ? whereSessionsAreFound : [])])
}
