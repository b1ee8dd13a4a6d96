import { sessions } from '../../../sessions.js'
import { ticks } from '../../../ticks.js'

export function GET(request: Request): Promise<Response> {
  return sessions.handleFetch(request, (session) => {
    session.data.visits += 1
    return new Response(ReadableStream.from(ticks(`Visit ${session.data.visits}`)))
  })
}
