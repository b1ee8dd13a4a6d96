import { cookieSessions } from '@bext/session-cookie'
import { createRevocation, memoryRevocations } from '@bext/session-cookie/revocation'
import type { SessionManager } from '@bext/session-core/manager'
import { createSessionManager } from '@bext/session-core/manager'
import { describe, expect, it } from 'vitest'
import { hourMs, newSecret } from './support.js'

interface Visit {
  visits: number
}

const initialData = (): Visit => ({ visits: 0 })

function revocableManager(): SessionManager<Visit> {
  const revocation = createRevocation({ store: memoryRevocations(), maxTtlMs: hourMs })
  return createSessionManager({ store: cookieSessions({ secrets: [newSecret('k1')], revocation }), initialData })
}

/** The `Cookie` header of the session that was set last. */
function cookieOf(setCookies: readonly string[]): string {
  return setCookies.map((setCookie) => setCookie.split(';')[0]).join('; ')
}

async function signIn(manager: SessionManager<Visit>, userId: string): Promise<string> {
  const session = await manager.open(null)
  session.signIn(userId)
  return cookieOf(await session.commit())
}

describe('the manager on sealed sessions with revocation', () => {
  it('signs out everywhere, but lists no sessions', async () => {
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

  it.each(['keep', 'signIn', 'rotate'])('spares this session by a fresh one, with all that it had: %s', async (how) => {
    const manager = revocableManager()
    const [laptop, phone] = [await signIn(manager, 'ada'), await signIn(manager, 'ada')]
    const session = await manager.open(laptop)
    const { absoluteExpiresAtMs } = session
    session.data.visits = 5
    session.signOutEverywhere({ except: 'this' })
    if (how === 'signIn') session.signIn('ada')
    if (how === 'rotate') session.rotate()
    const spared = await manager.open(cookieOf(await session.commit()))
    expect([spared.userId, spared.data]).toEqual(['ada', { visits: 5 }])
    // Only a sign-in begins the absolute lifetime again.
    if (how !== 'signIn') expect(spared.absoluteExpiresAtMs).toBe(absoluteExpiresAtMs)
    for (const cookie of [laptop, phone]) expect((await manager.open(cookie)).userId).toBeUndefined()
  })

  it.each(['spare', 'rotate'])('does not bring back who was signed out everywhere meanwhile: %s', async (how) => {
    const manager = revocableManager()
    const [laptop, phone] = [await signIn(manager, 'ada'), await signIn(manager, 'ada')]
    const slow = await manager.open(phone)
    const session = await manager.open(laptop)
    session.signOutEverywhere()
    await session.commit()
    if (how === 'spare') slow.signOutEverywhere({ except: 'this' })
    else slow.rotate()
    await expect(slow.commit()).rejects.toMatchObject({ code: 'NotFound' })
  })
})

it('refuses a sealed session that is too large for a cookie, and the visitor keeps the one before (L1)', async () => {
  const plugin = cookieSessions({ secrets: [newSecret('k1')], maxIdBytes: 8000 })
  const manager = createSessionManager({ store: plugin, initialData: () => ({ note: '' }) })
  const session = await manager.open(null)
  session.data.note = 'x'.repeat(2800)
  const cookie = cookieOf(await session.commit())
  const larger = await manager.open(cookie)
  larger.data.note = 'x'.repeat(3100)
  await expect(larger.commit()).rejects.toMatchObject({ code: 'Invalid', reason: 'too_large' })
  expect((await manager.open(cookie)).data.note).toHaveLength(2800)
})
