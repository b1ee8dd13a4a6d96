import { sessions } from '../../../sessions.js'

export function POST(request: Request): Promise<Response> {
  return sessions.handleFetch(request, (session) => {
    session.signOut()
    return new Response('Goodbye')
  })
}
