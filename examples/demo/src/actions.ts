import type { SessionPlugin } from '@bext/session-core'
import { supportsUserIndex } from '@bext/session-core'
import type { Session } from '@bext/session-core/manager'
import { RefusedRequest } from './requests.js'

export interface SessionData {
  visits: number
}

export type FormAction = (session: Session<SessionData>, form: URLSearchParams) => void | Promise<void>

const maxNameLength = 64

function signIn(session: Session<SessionData>, form: URLSearchParams): void {
  const name = (form.get('name') ?? '').trim()
  if (name === '' || name.length > maxNameLength) {
    throw new RefusedRequest(400, `Please give a name of 1 to ${maxNameLength} characters.`)
  }
  session.signIn(name)
}

function signOut(session: Session<SessionData>): void {
  session.signOut()
}

/** What the forms do, by their paths. Other sessions can be ended only where the store can find them. */
export function formActions(plugin: SessionPlugin): ReadonlyMap<string, FormAction> {
  const actions = new Map<string, FormAction>([
    ['/sign-in', signIn],
    ['/sign-out', signOut],
  ])
  if (supportsUserIndex(plugin)) {
    actions.set('/sign-out-everywhere', async (session) => {
      if (session.userId !== undefined) await plugin.endUserSessions(session.userId)
      session.signOut()
    })
    actions.set('/end-session', async ({ userId }, form) => {
      if (userId !== undefined) await plugin.endUserSession(userId, form.get('handle') ?? '')
    })
  }
  return actions
}
