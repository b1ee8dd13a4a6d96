import { afterAll, afterEach, describe, expect, it } from 'vitest'
import type { SessionId } from '@bext/session-core'
import { redisSessions } from '@bext/session-redis'
import { expectIndexed, readIndexes } from './helpers/expect-indexed.js'
import { openNamespace } from './helpers/namespace.js'

const namespace = openNamespace()
const { prefix, raw } = namespace
const store = redisSessions({ client: raw, prefix })
const dayMs = 86_400_000

afterEach(async () => {
  const keys = (await namespace.entries()).map(([key]) => key)
  if (keys.length > 0) await raw.del(keys)
})

afterAll(() => namespace.clear())

function create(userId: string): Promise<SessionId> {
  return store.create({ userId, dataJson: '{}', ttlMs: 60_000 })
}

describe("a user's sessions", () => {
  it('O1 I3 a handle ends a session only for its user', async () => {
    const id = await create('alice')
    const [summary] = await store.listUserSessions('alice')
    for (const userId of ['bob', 'alic', 'alice ', '', '"alice"']) {
      await store.endUserSession(userId, summary?.handle ?? '')
    }
    await store.endUserSession('alice', 'no handle')
    expect(await store.read(id)).toMatchObject({ userId: 'alice' })
    await store.endUserSession('alice', summary?.handle ?? '')
    expect(await namespace.entries()).toEqual([])
  })

  it('I3 ignores index entries of sessions of another user', async () => {
    await create('alice')
    const id = await create('bob')
    const [hash] = (await store.listUserSessions('bob')).map(({ handle }) => handle)
    for (const { key } of await readIndexes(namespace)) await raw.zadd(key, Date.now() + dayMs, hash ?? '')
    expect(await store.listUserSessions('alice')).toHaveLength(1)
    await store.endUserSessions('alice')
    expect(await store.read(id)).toMatchObject({ userId: 'bob' })
  })

  it('O1 lists and ends more sessions than a batch holds, except the given one', async () => {
    const ids = await Promise.all(Array.from({ length: 600 }, () => create('many')))
    const summaries = await store.listUserSessions('many')
    expect(summaries).toHaveLength(600)
    expect(summaries).toEqual(summaries.toSorted((a, b) => a.createdAtMs - b.createdAtMs))
    await store.endUserSessions('many', { except: ids[300] })
    expect(await namespace.entries()).toHaveLength(2)
    expect(await store.read(ids[300] as SessionId)).toMatchObject({ userId: 'many' })
  })

  it('O1 ending all sessions misses none that was created before, while others are created', async () => {
    const created: SessionId[] = []
    let going = true
    const creators = [1, 2, 3, 4].map(async () => {
      while (going) created.push(await create('busy'))
    })
    for (let round = 0; round < 10; round += 1) {
      await expect.poll(() => created.length).toBeGreaterThan(20 * (round + 1))
      const before = [...created]
      await store.endUserSessions('busy')
      const left = await Promise.all(
        before.map((id) =>
          store.read(id).then(
            () => id,
            () => undefined,
          ),
        ),
      )
      expect(left.filter((id) => id !== undefined)).toEqual([])
    }
    going = false
    await Promise.all(creators)
    await expectIndexed(namespace)
  })
})
