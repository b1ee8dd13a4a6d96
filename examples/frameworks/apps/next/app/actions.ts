'use server'

import { redirect } from 'next/navigation'
import { openSession } from './sessions'

export async function signIn(form: FormData): Promise<void> {
  const session = await openSession()
  session.signIn(String(form.get('name'))) // after you have checked the password
  await session.commit()
  redirect('/profile')
}

export async function count(): Promise<void> {
  const session = await openSession()
  session.data.visits += 1
  await session.commit()
}

export async function signOut(): Promise<void> {
  const session = await openSession()
  session.signOut()
  await session.commit()
  redirect('/')
}
