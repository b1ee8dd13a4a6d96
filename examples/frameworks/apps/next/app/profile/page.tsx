import { openSession } from '../sessions'

/** The proxy lets only signed-in visitors pass, and rotates their session if the URL asks for it. */
export default async function Page() {
  const { userId } = await openSession()
  return <p>{`Profile of ${userId}.`}</p>
}
