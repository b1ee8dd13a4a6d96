import { SessionError } from '@bext/session-core'
import { SessionCommitError, sessionErrorStatus } from '@bext/session-core/manager'
import { describe, expect, it } from 'vitest'
import { begin, managerOf, unsealedSessions, watched } from './helpers.js'

it.each([
  ['unknown', 401],
  ['expired', 401],
  ['too_large', 413],
  ['bad_argument', undefined],
  ['unavailable', 503],
  ['timeout', 503],
  ['full', 503],
] as const)('maps a session error of the reason %s to %s', (reason, status) => {
  expect(sessionErrorStatus(new SessionError(reason, 'It failed.'))).toBe(status)
})

it.each(['conflict', 'too_many_sessions'] as const)('maps a rejected commit with the reason %s to 409', (reason) => {
  expect(sessionErrorStatus(new SessionCommitError(reason, 'It was refused.'))).toBe(409)
})

it.each([new Error('a mistake'), undefined, null, 'text', { code: 'Backend' }])('returns no status for %o', (error) => {
  expect(sessionErrorStatus(error)).toBeUndefined()
})

describe('a session that ended during the request', () => {
  it('is a 401 for a request that changes or rotates it', async () => {
    const manager = managerOf(watched().plugin)
    const cookie = await begin(manager, { visits: 1 }, 'ada')
    const [changing, rotating, ending] = [
      await manager.open(cookie),
      await manager.open(cookie),
      await manager.open(cookie),
    ]
    ending.signOut()
    await ending.commit()
    changing.data.visits = 2
    rotating.rotate()
    const errors: unknown[] = []
    for (const session of [changing, rotating]) await session.commit().catch((error: unknown) => errors.push(error))
    expect(errors.map(sessionErrorStatus)).toEqual([401, 401])
  })

  it.each([
    ['server-backed', watched().plugin],
    ['client-backed', unsealedSessions()],
  ])('can still be signed out, on a %s store', async (_, plugin) => {
    const manager = managerOf(plugin)
    const cookie = await begin(manager, { visits: 1 }, 'ada')
    const [first, second, noting] = [await manager.open(cookie), await manager.open(cookie), await manager.open(cookie)]
    first.signOut()
    second.signOut()
    noting.signOut()
    noting.data.note = 'Good bye'
    await first.commit()
    const cleared = [expect.stringMatching(/^__Host-session=; Max-Age=0;/)]
    expect(await second.commit()).toEqual(cleared)
    expect(await noting.commit()).toEqual([...cleared, expect.stringMatching(/^__Host-session-guest=[^;]/)])
  })

  it('can still be signed out everywhere', async () => {
    const manager = managerOf(watched().plugin)
    const cookie = await begin(manager, { visits: 1 }, 'ada')
    const [first, second] = [await manager.open(cookie), await manager.open(cookie)]
    first.signOut()
    await first.commit()
    second.signOutEverywhere()
    expect(await second.commit()).toHaveLength(1)
  })
})
