import { createFileRoute } from '@tanstack/react-router'
import { openSession } from '../sessions'

export const Route = createFileRoute('/visits')({
  server: {
    handlers: {
      async POST() {
        const session = await openSession()
        session.data.visits += 1
        await session.commit()
        return new Response(null, { status: 303, headers: { Location: '/' } })
      },
    },
  },
})
