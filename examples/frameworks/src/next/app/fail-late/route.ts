import { sessions } from '../../../sessions.js'

/** Returns an error page instead of throwing, because the changes of a handler that throws are not stored. */
export function POST(request: Request): Promise<Response> {
  return sessions.handleFetch(request, (session) => {
    session.rotate()
    return new Response('Something went wrong.', { status: 500 })
  })
}
