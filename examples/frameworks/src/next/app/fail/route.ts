import { sessions } from '../../../sessions.js'

export function GET(request: Request): Promise<Response> {
  return sessions.handleFetch(request, (session) => {
    session.data.visits += 100
    throw new Error('This page is broken.')
  })
}
