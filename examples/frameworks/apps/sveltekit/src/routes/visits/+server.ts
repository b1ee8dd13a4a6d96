import { sessions } from '../../sessions.server'
import type { RequestHandler } from './$types'

export const POST: RequestHandler = async ({ cookies }) => {
  const session = await sessions.openCookies(cookies)
  session.data.visits += 1
  const headers = { Location: '/', ...((await session.commit()) && { 'Cache-Control': 'no-store' }) }
  return new Response(null, { status: 303, headers })
}
