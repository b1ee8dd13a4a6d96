import type { LoaderFunctionArgs } from 'react-router'
import { useLoaderData } from 'react-router'
import { sessionContext } from '../sessions'

export function loader({ context }: LoaderFunctionArgs) {
  const { userId, data } = context.get(sessionContext)
  return { user: userId ?? 'a guest', visits: data.visits }
}

export default function Home() {
  const { user, visits } = useLoaderData<typeof loader>()
  return (
    <>
      <p>{`Visits: ${visits} of ${user}.`}</p>
      <form method="post" action="/sign-in">
        <input name="name" />
        <button>Sign in</button>
      </form>
      <form method="post" action="/sign-out">
        <button>Sign out</button>
      </form>
    </>
  )
}
