import { redirect } from '@tanstack/react-router'
import { createServerFn } from '@tanstack/react-start'
import { openSession } from './sessions'

export const readSession = createServerFn().handler(async () => {
  const { userId, data } = await openSession()
  return { user: userId ?? 'a guest', visits: data.visits }
})

export const signIn = createServerFn({ method: 'POST' })
  .validator((form: FormData) => String(form.get('name')))
  .handler(async ({ data: name }) => {
    const session = await openSession()
    session.signIn(name) // after you have checked the password
    await session.commit()
    throw redirect({ to: '/', statusCode: 303 })
  })

export const signOut = createServerFn({ method: 'POST' }).handler(async () => {
  const session = await openSession()
  session.signOut()
  await session.commit()
  throw redirect({ to: '/', statusCode: 303 })
})
