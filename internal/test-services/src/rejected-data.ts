import { asSessionId, type SessionId, type SessionPlugin } from '@bext/session-core'
import { createSessionManager, type SessionManager } from '@bext/session-core/manager'
import { describe, expect, it } from 'vitest'

interface Visit {
  visits: number
}

/** Returns the `Cookie` header for these `Set-Cookie` headers. */
export function cookieOf(setCookies: readonly string[]): string {
  return setCookies.map((setCookie) => setCookie.split(';')[0]).join('; ')
}

function idOf(cookie: string): SessionId {
  return asSessionId(cookie.slice(cookie.indexOf('=') + 1))
}

/** Signs ada in. Resolves to her `Cookie` header. */
async function signIn(manager: SessionManager<Visit>): Promise<string> {
  const session = await manager.open(null)
  session.signIn('ada')
  return cookieOf(await session.commit())
}

/** Declares tests of a manager that rejects the stored data of a session, over the store that `openStore` resolves to. */
export function testRejectedData(openStore: () => Promise<SessionPlugin>): void {
  describe('a session whose data the manager rejects', () => {
    it.each(['a throw', 'JSON that is no object'])(
      'is replaced by a new session, and a sign-out deletes it: %s',
      async (how) => {
        const store = await openStore()
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
        if (how === 'a throw') isBroken = true
        else cookie = `__Host-session=${await store.update(idOf(cookie), '"text"')}`
        const session = await manager.open(cookie)
        expect([session.userId, session.data, reasons]).toEqual([undefined, { visits: 0 }, ['invalid_data']])
        session.signOut()
        expect(await session.commit()).toEqual([expect.stringMatching(/^__Host-session=; Max-Age=0;/)])
        await expect(store.read(idOf(cookie))).rejects.toMatchObject({ code: 'NotFound' })
      },
    )

    it('can be signed out if a concurrent request has already deleted it', async () => {
      const store = await openStore()
      const manager = createSessionManager<Visit>({ store, initialData: () => ({ visits: 0 }) })
      const cookie = await signIn(manager)
      const [first, second] = [await manager.open(cookie), await manager.open(cookie)]
      for (const session of [first, second]) {
        session.signOut()
        expect(await session.commit()).toHaveLength(1)
      }
    })
  })
}
