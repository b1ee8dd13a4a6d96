import type { SessionRejection } from '@bext/session-core/manager'
import { expect, it } from 'vitest'
import { backendError, begin, managerOf, watched } from './helpers.js'

it('is told of every rejection with its reason, and of nothing else', async () => {
  const { plugin, failures } = watched()
  const told: SessionRejection[] = []
  const manager = managerOf(plugin, { onConflict: 'reject', onRejected: (rejection) => told.push(rejection) })
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
    { during: 'open', reason: 'malformed' },
    { during: 'open', reason: 'unknown' },
    { during: 'commit', reason: 'conflict' },
    { during: 'commit', reason: 'unavailable' },
    { during: 'open', reason: 'unavailable' },
  ])
})

it('has the request fail with what it throws', async () => {
  const broken = new Error('the log is full')
  const onRejected = (): never => {
    throw broken
  }
  await expect(managerOf(watched().plugin, { onRejected }).open('__Host-session=x')).rejects.toBe(broken)
})
