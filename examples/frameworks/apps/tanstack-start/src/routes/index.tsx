import { createFileRoute } from '@tanstack/react-router'
import { readSession, signIn, signOut } from '../functions'

export const Route = createFileRoute('/')({ loader: () => readSession(), component: Home })

function Home() {
  const { user, visits } = Route.useLoaderData()
  return (
    <>
      <p>{`Visits: ${visits} of ${user}.`}</p>
      <form method="post" action={signIn.url} encType="multipart/form-data">
        <input name="name" />
        <button>Sign in</button>
      </form>
      <form method="post" action={signOut.url}>
        <button>Sign out</button>
      </form>
    </>
  )
}
