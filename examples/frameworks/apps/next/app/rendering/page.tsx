import { openSession } from '../sessions'

/** Server component that tries to sign in while it renders, which must fail. */
export default async function Page() {
  const session = await openSession()
  session.signIn('mallory')
  await session.commit()
  return <p>Signed in.</p>
}
