import type { APIRoute } from 'astro'
import { sessions } from '../sessions'

export const POST: APIRoute = async ({ cookies, redirect }) => {
  const session = await sessions.openCookies(cookies)
  session.data.visits += 1
  await session.commit()
  return redirect('/', 303)
}
