import { memorySessions } from '@bext/session-core/memory'
import type { SessionManagerOptions, SessionRejection } from '@bext/session-core/manager'
import { createSessionManager } from '@bext/session-core/manager'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { cookieAfter, watched } from './helpers.js'

interface Cart {
  items: string[]
}

const schema = z.object({ items: z.array(z.string()) })
const initialData = (): Cart => ({ items: [] })
const idleTimeoutMs = 60_000

/** Stores a session with `data`. Resolves to its `Cookie` header and a manager that can open it. */
async function stored(data: unknown, options: Partial<SessionManagerOptions<Cart>> = {}) {
  const { plugin, calls } = watched()
  const id = await plugin.create({ userId: 'ada', dataJson: JSON.stringify(data), ttlMs: idleTimeoutMs })
  calls.length = 0
  const rejections: SessionRejection[] = []
  const onRejection = (rejection: SessionRejection): void => void rejections.push(rejection)
  const manager = createSessionManager<Cart>({
    store: plugin,
    initialData,
    idleTimeoutMs,
    schema,
    onRejection,
    ...options,
  })
  return { manager, calls, rejections, cookie: `__Host-session=${id}` }
}

function migrateData(data: unknown): unknown {
  return typeof data === 'object' && data !== null && 'list' in data ? { items: data.list } : data
}

describe('a schema', () => {
  it('accepts valid stored data, and a request without a change needs one read', async () => {
    const { manager, cookie, calls, rejections } = await stored({ items: ['tea'] })
    const session = await manager.open(cookie)
    expect(session.data).toEqual({ items: ['tea'] })
    expect(await session.commit()).toEqual([])
    expect(calls).toEqual(['read'])
    expect(rejections).toEqual([])
  })

  it('replaces a session with invalid data by a new one, and does not clear the cookie', async () => {
    const { manager, cookie, calls, rejections } = await stored({ items: 'tea' })
    const session = await manager.open(cookie)
    expect(session.userId).toBeUndefined()
    expect(session.data).toEqual({ items: [] })
    expect(await session.commit()).toEqual([])
    expect(calls).toEqual(['read'])
    expect(rejections).toEqual([{ phase: 'open', reason: 'invalid_data' }])
  })

  it.each(['keep', 'signIn', 'rotate'])(
    'rejects a commit of data that it would reject at the next read: %s',
    async (how) => {
      const { manager, cookie, calls, rejections } = await stored({ items: [] })
      const session = await manager.open(cookie)
      if (how === 'signIn') session.signIn('ada')
      if (how === 'rotate') session.rotate()
      Reflect.set(session.data, 'items', ['secret', 5])
      const error: unknown = await session.commit().catch((reason: unknown) => reason)
      expect(error).toMatchObject({ code: 'Invalid', reason: 'bad_argument' })
      expect(String(error)).not.toContain('secret')
      expect(calls).toEqual(['read'])
      expect(rejections).toEqual([{ phase: 'commit', reason: 'bad_argument' }])
    },
  )

  it('may be asynchronous, and may convert values, such as a string to a Date', async () => {
    const dates = z.object({ at: z.coerce.date() }).refine(async () => true)
    const manager = createSessionManager({
      store: memorySessions(),
      initialData: () => ({ at: new Date(0) }),
      schema: dates,
    })
    const session = await manager.open(null)
    session.data.at = new Date(5)
    const cookie = cookieAfter(await session.commit())
    const again = await manager.open(cookie)
    expect(again.data.at).toEqual(new Date(5))
    expect(await again.commit()).toEqual([])
  })

  it('may remove unknown properties, without an additional write', async () => {
    const { manager, cookie, calls } = await stored({ items: [], old: true })
    const session = await manager.open(cookie)
    expect(session.data).toEqual({ items: [] })
    expect(await session.commit()).toEqual([])
    expect(calls).toEqual(['read'])
  })
})

describe('migrateData', () => {
  it('converts data of an older shape, which is stored with the next change', async () => {
    const { manager, cookie, calls } = await stored({ list: ['tea'] }, { migrateData })
    const session = await manager.open(cookie)
    expect(session.userId).toBe('ada')
    expect(session.data).toEqual({ items: ['tea'] })
    expect(await session.commit()).toEqual([])
    expect(calls).toEqual(['read'])
    const changing = await manager.open(cookie)
    changing.data.items.push('milk')
    await changing.commit()
    expect((await manager.open(cookie)).data).toEqual({ items: ['tea', 'milk'] })
  })

  it('runs before the schema, which validates the result', async () => {
    const { manager, cookie, rejections } = await stored({ list: 'tea' }, { migrateData })
    expect((await manager.open(cookie)).userId).toBeUndefined()
    expect(rejections).toEqual([{ phase: 'open', reason: 'invalid_data' }])
  })

  it('works without a schema, and must return an object', async () => {
    const { manager, cookie } = await stored({ list: [] }, { migrateData, schema: undefined })
    expect((await manager.open(cookie)).data).toEqual({ items: [] })
    const none = await stored({ list: [] }, { migrateData: () => 'text', schema: undefined })
    expect((await none.manager.open(none.cookie)).userId).toBeUndefined()
  })
})
