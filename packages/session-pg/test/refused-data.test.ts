import { asSessionId } from '@bext/session-core'
import type { SessionManager } from '@bext/session-core/manager'
import { createSessionManager } from '@bext/session-core/manager'
import type { PgSessions } from '@bext/session-pg'
import { pgSessions } from '@bext/session-pg'
import { beforeEach, describe, expect, it } from 'vitest'
import { newTable, openClient } from './helpers.js'

let store: PgSessions

beforeEach(async () => {
  const sql = openClient()
  store = pgSessions({ client: sql, table: await newTable(sql) })
})

interface Visit {
  visits: number
}

/** Returns the `Cookie` header for these `Set-Cookie` headers. */
function cookieOf(setCookies: readonly string[]): string {
  return setCookies.map((setCookie) => setCookie.split(';')[0]).join('; ')
}

/** Signs ada in. Resolves to her `Cookie` header. */
async function signIn(manager: SessionManager<Visit>): Promise<string> {
  const session = await manager.open(null)
  session.signIn('ada')
  return cookieOf(await session.commit())
}

describe('a session whose data the manager rejects', () => {
  it.each(['a throw', 'JSON that is no object'])(
    'is replaced by a new session, and a sign-out deletes it: %s',
    async (how) => {
      const reasons: string[] = []
      let isBroken = false
      const manager = createSessionManager<Visit>({
        store,
        initialData: () => ({ visits: 0 }),
        migrateData(data) {
          if (isBroken) throw new Error('visits')
          return data
        },
        onRejection: ({ reason }) => reasons.push(reason),
      })
      let cookie = await signIn(manager)
      const id = asSessionId(cookie.slice(cookie.indexOf('=') + 1))
      if (how === 'a throw') isBroken = true
      else cookie = `__Host-session=${await store.update(id, '"text"')}`
      const session = await manager.open(cookie)
      expect([session.userId, session.data, reasons]).toEqual([undefined, { visits: 0 }, ['invalid_data']])
      session.signOut()
      expect(await session.commit()).toEqual([expect.stringMatching(/^__Host-session=; Max-Age=0;/)])
      isBroken = false
      await expect(store.read(asSessionId(cookie.slice(cookie.indexOf('=') + 1)))).rejects.toMatchObject({
        code: 'NotFound',
      })
    },
  )

  it('is signed out when a concurrent request has already deleted it', async () => {
    const manager = createSessionManager<Visit>({ store, initialData: () => ({ visits: 0 }) })
    const cookie = await signIn(manager)
    const [first, second] = [await manager.open(cookie), await manager.open(cookie)]
    for (const session of [first, second]) {
      session.signOut()
      expect(await session.commit()).toHaveLength(1)
    }
  })
})
