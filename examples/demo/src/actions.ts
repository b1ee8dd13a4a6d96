import type { IncomingMessage } from 'node:http'
import type { NodeSession } from '@bext/session-core/manager'
import { RejectedRequest } from './requests.js'
import type { SessionData } from './session-data.js'
import type { Users } from './users.js'

/** A request with its session. */
export interface Visit {
  readonly session: NodeSession<SessionData>
  readonly form: URLSearchParams
  readonly request: IncomingMessage
}

const maxNameLength = 64
const maxUserAgentLength = 256

export function signIn({ session, form, request }: Visit, users: Users): void {
  const name = (form.get('name') ?? '').trim()
  if (name === '' || name.length > maxNameLength) {
    throw new RejectedRequest(400, `Please enter a name of 1 to ${maxNameLength} characters.`)
  }
  session.signIn(name)
  session.data.role = users.signIn(name)
  session.data.signedInFrom = {
    userAgent: (request.headers['user-agent'] ?? '').slice(0, maxUserAgentLength),
    address: request.socket.remoteAddress ?? '',
  }
}

export async function endSession({ session, form }: Visit): Promise<void> {
  await session.endSession(form.get('handle') ?? '')
}
