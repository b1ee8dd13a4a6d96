import { redirect } from '@sveltejs/kit'
import { sessions } from '../sessions.server'
import type { Actions, PageServerLoad } from './$types'

export const load: PageServerLoad = async ({ cookies, setHeaders }) => {
  const { userId, data } = await sessions.openCookies(cookies)
  setHeaders({ 'Cache-Control': 'no-store' })
  return { user: userId ?? 'a guest', visits: data.visits }
}

export const actions: Actions = {
  async signIn({ cookies, request }) {
    const form = await request.formData()
    const session = await sessions.openCookies(cookies)
    session.signIn(String(form.get('name'))) // after you have checked the password
    await session.commit()
    redirect(303, '/')
  },

  async signOut({ cookies }) {
    const session = await sessions.openCookies(cookies)
    session.signOut()
    await session.commit()
    redirect(303, '/')
  },
}
