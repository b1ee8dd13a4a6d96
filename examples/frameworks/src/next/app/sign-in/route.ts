import { sessions } from '../../../sessions.js'

export function POST(request: Request): Promise<Response> {
  return sessions.handleFetch(request, (session) => {
    session.signIn(new URL(request.url).searchParams.get('name') ?? '')
    return new Response('Welcome', { headers: { 'Set-Cookie': 'theme=dark' } })
  })
}
