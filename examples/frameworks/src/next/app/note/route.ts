import { sessions } from '../../../sessions.js'

export function POST(request: Request): Promise<Response> {
  return sessions.handleFetch(request, (session) => {
    const { searchParams, origin } = new URL(request.url)
    session.data.note = searchParams.get('text') ?? ''
    return Response.redirect(`${origin}/`, 303)
  })
}
