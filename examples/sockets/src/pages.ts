import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Sessions } from './sessions.js'

/** Returns true if the request comes from a page of this server, or from a program that is no browser. */
export function isSameOrigin({ headers }: IncomingMessage): boolean {
  const { origin, host } = headers
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host)
}

/** Answers `POST /sign-in?user=…` and `POST /sign-out`, and anything else with 404. */
export async function answer(sessions: Sessions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
  const isKnown = request.method === 'POST' && (pathname === '/sign-in' || pathname === '/sign-out')
  if (!isKnown || !isSameOrigin(request)) return void response.writeHead(404).end()
  const session = await sessions.openNode(request, response)
  if (pathname === '/sign-in') session.signIn(searchParams.get('user') ?? 'ann')
  else session.signOut()
  await session.commit()
  response.end()
}
