import { createFileRoute, redirect } from '@tanstack/react-router'
import { readSession } from '../functions'

export const Route = createFileRoute('/profile')({
  async loader() {
    const { user } = await readSession()
    if (user === 'a guest') throw redirect({ to: '/', statusCode: 303 })
    return { user }
  },
  component: Profile,
})

function Profile() {
  return <p>{`Profile of ${Route.useLoaderData().user}.`}</p>
}
