import type { SessionManager } from '@bext/session-core/manager'
import { fastifySessions, type SessionData } from '@bext/session-fastify'
import type { SessionData as OldData } from 'express-session'
import { fastify, type FastifyInstance } from 'fastify'
import type { Visits } from './app.js'
import { migrateOldSessions } from './migrate-fastify.js'
import type { MigratedSession, OldSessionsOptions } from './old-sessions.js'

declare module '@bext/session-fastify' {
  interface SessionData extends Visits {}
}

function fromOld({ visits = 0, userId }: Partial<OldData>): MigratedSession<SessionData> {
  return { data: { visits }, userId }
}

/** Creates the new app with Fastify. Its handlers do not know of the migration. */
export async function createFastifyApp(
  sessions: SessionManager<SessionData>,
  old: OldSessionsOptions,
): Promise<FastifyInstance> {
  const app = fastify()
  await app.register(fastifySessions, { sessions })
  migrateOldSessions(app, { ...old, fromOld })

  app.get('/', async ({ session }) => {
    session.data.visits += 1
    return `Visit ${session.data.visits} of ${session.userId ?? 'a guest'}`
  })

  app.post('/sign-out', async ({ session }) => {
    session.signOut()
    return 'Goodbye'
  })

  return app
}
