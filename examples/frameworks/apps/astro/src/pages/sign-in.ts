import type { APIRoute } from 'astro'
import { sessions } from '../sessions'

export const POST: APIRoute = async ({ cookies, redirect, request }) => {
  const form = await request.formData()
  const session = await sessions.openCookies(cookies)
  session.signIn(String(form.get('name'))) // after you have checked the password
  await session.commit()
  return redirect('/', 303)
}
