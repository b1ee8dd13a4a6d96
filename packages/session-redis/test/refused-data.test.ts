import { asSessionId } from '@bext/session-core'
import { createSessionManager, type SessionManager } from '@bext/session-core/manager'
import { redisSessions } from '@bext/session-redis'
import { afterAll, describe, expect, it } from 'vitest'
import { openNamespace } from './helpers/namespace.js'

const namespace = openNamespace()
const store = redisSessions({ client: namespace.raw, prefix: namespace.prefix })

afterAll(() => namespace.clear())

interface Visit {
  visits: number
}

/** Returns the `Cookie` header for these `Set-Cookie` headers. */
function cookieOf(setCookies: readonly string[]): string {
  return setCookies.map((setCookie) => setCookie.split(';')[0]).join('; ')
}

/** Signs ada in, and resolves to her `Cookie` header. */
async function signIn(manager: SessionManager<Visit>): Promise<string> {
  const session = await manager.open(null)
  session.signIn('ada')
  return cookieOf(await session.commit())
}

describe('a session whose data the manager rejects', () => {
  it.each(['a throw', 'JSON that is not an object'])(
    'is replaced by a new one, and a sign-out deletes it: %s',
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

  it('can be signed out although a concurrent request has ended it', async () => {
    const manager = createSessionManager<Visit>({ store, initialData: () => ({ visits: 0 }) })
    const cookie = await signIn(manager)
    const [first, second] = [await manager.open(cookie), await manager.open(cookie)]
    for (const session of [first, second]) {
      session.signOut()
      expect(await session.commit()).toHaveLength(1)
    }
  })
})

it('a key that another program wrote to gives a new session, and a sign-out deletes it', async () => {
  const reasons: string[] = []
  const manager = createSessionManager<Visit>({
    store,
    initialData: () => ({ visits: 0 }),
    onRejection: ({ reason }) => reasons.push(reason),
  })
  const before = new Set((await namespace.entries()).map(([key]) => key))
  const beginning = await manager.open(null)
  beginning.data.visits = 1
  const cookie = cookieOf(await beginning.commit())
  const [key = ''] = (await namespace.entries()).map(([name]) => name).filter((name) => !before.has(name))
  await namespace.raw.set(key, 'not a session')
  const session = await manager.open(cookie)
  expect([session.data, reasons]).toEqual([{ visits: 0 }, ['corrupt']])
  session.signOut()
  expect(await session.commit()).toHaveLength(1)
  expect(await namespace.raw.exists(key)).toBe(0)
})
