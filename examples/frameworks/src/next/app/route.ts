import { sessions } from '../../sessions.js'

export function GET(request: Request): Promise<Response> {
  return sessions.handleFetch(request, (session) => {
    session.data.visits += 1
    return new Response(`Visit ${session.data.visits} of ${session.userId ?? 'a guest'}`)
  })
}
