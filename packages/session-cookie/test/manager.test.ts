import { cookieSessions } from '@bext/session-cookie'
import { asSessionId } from '@bext/session-core'
import { createRevocation, memoryRevocations } from '@bext/session-cookie/revocation'
import type { SessionManager } from '@bext/session-core/manager'
import { createSessionManager } from '@bext/session-core/manager'
import { describe, expect, it } from 'vitest'
import { hourMs, newSecret } from './helpers.js'

interface Visit {
  visits: number
}

const initialData = (): Visit => ({ visits: 0 })

function revocableManager(): SessionManager<Visit> {
  const revocation = createRevocation({ store: memoryRevocations(), maxTtlMs: hourMs })
  return createSessionManager({ store: cookieSessions({ secrets: [newSecret('k1')], revocation }), initialData })
}

/** Returns the `Cookie` header that a browser would send after these `Set-Cookie` headers. */
function cookieOf(setCookies: readonly string[]): string {
  return setCookies.map((setCookie) => setCookie.split(';')[0]).join('; ')
}

async function signIn(manager: SessionManager<Visit>, userId: string): Promise<string> {
  const session = await manager.open(null)
  session.signIn(userId)
  return cookieOf(await session.commit())
}

describe('the manager on sealed sessions with revocation', () => {
  it('supports signOutEverywhere but not listSessions', async () => {
    const manager = revocableManager()
    expect([manager.supportsUserIndex, manager.supportsSignOutEverywhere]).toEqual([false, true])
    const [laptop, phone] = [await signIn(manager, 'ada'), await signIn(manager, 'ada')]
    const grace = await signIn(manager, 'grace')
    const session = await manager.open(laptop)
    await expect(session.listSessions()).rejects.toThrow(TypeError)
    session.signOutEverywhere()
    expect(await session.commit()).toEqual([expect.stringMatching(/^__Host-session=; Max-Age=0;/)])
    for (const cookie of [laptop, phone]) expect((await manager.open(cookie)).userId).toBeUndefined()
    expect((await manager.open(grace)).userId).toBe('grace')
  })

  it.each(['keep', 'signIn', 'rotate'])(
    'keeps this session under a new id, with its data and its user: %s',
    async (how) => {
      const manager = revocableManager()
      const [laptop, phone] = [await signIn(manager, 'ada'), await signIn(manager, 'ada')]
      const session = await manager.open(laptop)
      const { absoluteExpiresAtMs } = session
      session.data.visits = 5
      session.signOutEverywhere({ except: 'this' })
      if (how === 'signIn') session.signIn('ada')
      if (how === 'rotate') session.rotate()
      const kept = await manager.open(cookieOf(await session.commit()))
      expect([kept.userId, kept.data]).toEqual(['ada', { visits: 5 }])
      // Only a sign-in restarts the absolute timeout.
      if (how !== 'signIn') expect(kept.absoluteExpiresAtMs).toBe(absoluteExpiresAtMs)
      for (const cookie of [laptop, phone]) expect((await manager.open(cookie)).userId).toBeUndefined()
    },
  )

  it.each(['keep', 'rotate'])('does not revive a session that was revoked meanwhile: %s', async (how) => {
    const manager = revocableManager()
    const [laptop, phone] = [await signIn(manager, 'ada'), await signIn(manager, 'ada')]
    const slow = await manager.open(phone)
    const session = await manager.open(laptop)
    session.signOutEverywhere()
    await session.commit()
    if (how === 'keep') slow.signOutEverywhere({ except: 'this' })
    else slow.rotate()
    await expect(slow.commit()).rejects.toMatchObject({ code: 'NotFound' })
  })
})

it('rejects a sealed session that is too large for a cookie, and the visitor keeps the earlier one (L1)', async () => {
  const store = cookieSessions({ secrets: [newSecret('k1')], maxIdBytes: 8000 })
  const manager = createSessionManager({ store, initialData: () => ({ note: '' }) })
  const session = await manager.open(null)
  session.data.note = 'x'.repeat(2800)
  const cookie = cookieOf(await session.commit())
  const larger = await manager.open(cookie)
  larger.data.note = 'x'.repeat(3100)
  await expect(larger.commit()).rejects.toMatchObject({ code: 'Invalid', reason: 'too_large' })
  expect((await manager.open(cookie)).data.note).toHaveLength(2800)
})

describe('a session whose data the manager rejects', () => {
  const store = cookieSessions({ secrets: [newSecret('k1')] })

  it.each(['an error in migrateData', 'JSON that is not an object'])(
    'is replaced by a new one, and a sign-out clears it: %s',
    async (how) => {
      const reasons: string[] = []
      let isBroken = false
      const manager = createSessionManager<Visit>({
        store,
        initialData,
        migrateData(data) {
          if (isBroken) throw new Error('visits')
          return data
        },
        onRejection: ({ reason }) => reasons.push(reason),
      })
      let cookie = await signIn(manager, 'ada')
      const id = asSessionId(cookie.slice(cookie.indexOf('=') + 1))
      if (how === 'an error in migrateData') isBroken = true
      else cookie = `__Host-session=${await store.update(id, '"text"')}`
      const session = await manager.open(cookie)
      expect([session.userId, session.data, reasons]).toEqual([undefined, { visits: 0 }, ['invalid_data']])
      session.signOut()
      expect(await session.commit()).toEqual([expect.stringMatching(/^__Host-session=; Max-Age=0;/)])
    },
  )

  it('can be signed out by two requests in parallel', async () => {
    const manager = createSessionManager<Visit>({ store, initialData })
    const cookie = await signIn(manager, 'ada')
    const [first, second] = [await manager.open(cookie), await manager.open(cookie)]
    for (const session of [first, second]) {
      session.signOut()
      expect(await session.commit()).toHaveLength(1)
    }
  })
})
