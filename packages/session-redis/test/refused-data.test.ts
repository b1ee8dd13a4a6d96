import { cookieOf, testRejectedData } from '@bext-internal/test-services/test-helpers'
import { createSessionManager } from '@bext/session-core/manager'
import { redisSessions } from '@bext/session-redis'
import { afterAll, expect, it } from 'vitest'
import { openNamespace } from './helpers/namespace.js'

const namespace = openNamespace()
const store = redisSessions({ client: namespace.raw, prefix: namespace.prefix })

afterAll(() => namespace.clear())

testRejectedData(async () => store)

it('a key that another program wrote to gives a new session, and a sign-out deletes it', async () => {
  const reasons: string[] = []
  const manager = createSessionManager({
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
