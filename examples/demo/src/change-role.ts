import type { UpdatedUserSessions } from '@bext/session-core/manager'
import type { Visit } from './actions.js'
import { RejectedRequest } from './requests.js'
import type { Sessions } from './sessions.js'
import type { Role, User, Users } from './users.js'

/** A changed role, and the numbers of the user's sessions that got it. */
export interface RoleChange extends User {
  readonly sessions: UpdatedUserSessions
}

function roleOf(text: string | null): Role {
  if (text === 'reader' || text === 'editor') return text
  throw new RejectedRequest(400, 'The role must be reader or editor.')
}

/** Changes a user's role: in the table, for later sign-ins, and then in the sessions that the user has. */
export async function changeRole({ session, form }: Visit, sessions: Sessions, users: Users): Promise<RoleChange> {
  if (session.userId === undefined) throw new RejectedRequest(403, 'Please sign in first.')
  const name = form.get('user') ?? ''
  const role = roleOf(form.get('role'))
  if (!users.setRole(name, role)) throw new RejectedRequest(404, 'No such user has signed in.')
  const updated = await sessions.updateUserSessions(name, (data) => {
    data.role = role
  })
  return { name, role, sessions: updated }
}
