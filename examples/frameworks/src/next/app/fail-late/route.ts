import { sessions } from '../../../sessions.js'

/** Answers itself what fails after a change of the session that must not be lost: what is thrown loses it. */
export function POST(request: Request): Promise<Response> {
  return sessions.handleFetch(request, (session) => {
    session.rotate()
    return new Response('Something went wrong.', { status: 500 })
  })
}
