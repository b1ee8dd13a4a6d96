import { Await, createFileRoute } from '@tanstack/react-router'
import { Suspense } from 'react'
import { readSession } from '../functions'

/** Reads the session in a part of the page that is streamed, where no cookie can be set. */
export const Route = createFileRoute('/late')({
  loader: () => ({ session: readSession() }),
  component: Late,
})

function Late() {
  const { session } = Route.useLoaderData()
  return (
    <Suspense fallback={<p>Wait.</p>}>
      <Await promise={session}>{({ user }) => <p>{`Streamed to ${user}.`}</p>}</Await>
    </Suspense>
  )
}
