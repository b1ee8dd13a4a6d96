import type { SessionRejection } from '@bext/session-core/manager'
import { describe, expect, it, onTestFinished } from 'vitest'
import { backendError, begin, managerOf, watched } from './helpers.js'

it('calls onRejection with the phase and the reason of every rejection, and nothing else', async () => {
  const { plugin, failures } = watched()
  const told: SessionRejection[] = []
  const manager = managerOf(plugin, { onConflict: 'reject', onRejection: (rejection) => told.push(rejection) })
  const cookie = await begin(manager, { visits: 1 }, 'ada')
  await (await manager.open(null)).commit()
  expect(told).toEqual([])

  await manager.open(`__Host-session=x; __Host-session=${'B'.repeat(42)}A; ${cookie}`)
  const [first, second, third] = [await manager.open(cookie), await manager.open(cookie), await manager.open(cookie)]
  first.data.visits = 2
  second.data.visits = 3
  await first.commit()
  await expect(second.commit()).rejects.toMatchObject({ reason: 'conflict' })
  failures.delete = backendError()
  third.signOut()
  await expect(third.commit()).rejects.toBe(failures.delete)
  failures.read = backendError()
  await expect(manager.open(cookie)).rejects.toBe(failures.read)
  expect(told).toEqual([
    { phase: 'open', reason: 'malformed' },
    { phase: 'open', reason: 'unknown' },
    { phase: 'commit', reason: 'conflict' },
    { phase: 'commit', reason: 'unavailable' },
    { phase: 'open', reason: 'unavailable' },
  ])
})

describe('an onRejection hook that fails', () => {
  const hooks: Record<string, () => unknown> = {
    'it throws': () => {
      throw new Error('the log is full')
    },
    'its promise rejects': async () => {
      throw new Error('the log is full')
    },
  }

  it.each(Object.entries(hooks))('does not make the request fail: %s', async (_, onRejection) => {
    const unhandled: unknown[] = []
    const note = (error: unknown): void => void unhandled.push(error)
    process.on('unhandledRejection', note)
    onTestFinished(() => void process.off('unhandledRejection', note))
    const { plugin, failures } = watched()
    const manager = managerOf(plugin, { onRejection })
    const session = await manager.open('__Host-session=x')
    expect(session.userId).toBeUndefined()
    session.data.visits = 1
    failures.create = backendError()
    await expect(session.commit()).rejects.toBe(failures.create)
    await new Promise((resolve) => setImmediate(resolve))
    expect(unhandled).toEqual([])
  })
})

it('passes the cause as a second argument, so that the first is safe to log', async () => {
  const causes: unknown[] = []
  const { plugin, failures } = watched()
  const manager = managerOf(plugin, { onRejection: (_, cause) => causes.push(cause) })
  const session = await manager.open(null)
  session.signIn('ada')
  failures.create = backendError()
  await expect(session.commit()).rejects.toBe(failures.create)
  expect(causes).toEqual([failures.create])
})
