import { count, signIn, signOut } from './actions'
import { openSession } from './sessions'

/** Server component: reads the session, which extends it, and does not commit. */
export default async function Page() {
  const { userId, data } = await openSession()
  return (
    <>
      <p>{`Visits: ${data.visits} of ${userId ?? 'a guest'}.`}</p>
      <form action={signIn}>
        <input name="name" />
        <button>Sign in</button>
      </form>
      <form action={count}>
        <button>Count</button>
      </form>
      <form action={signOut}>
        <button>Sign out</button>
      </form>
    </>
  )
}
