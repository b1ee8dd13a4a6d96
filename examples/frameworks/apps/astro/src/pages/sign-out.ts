import type { APIRoute } from 'astro'
import { sessions } from '../sessions'

export const POST: APIRoute = async ({ cookies, redirect }) => {
  const session = await sessions.openCookies(cookies)
  session.signOut()
  await session.commit()
  return redirect('/', 303)
}
