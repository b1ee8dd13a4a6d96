import { memorySessions } from '@bext/session-core/memory'
import { createSessionManager } from '@bext/session-core/manager'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { begin, cookieAfter, managerOf, watched } from './helpers.js'

class Cart {
  items = ['tea']
}

const price = { toJSON: () => '12.50' }

function reviveAt(data: unknown): unknown {
  const { at } = data as { readonly at: string }
  return { at: new Date(at) }
}

async function commitOf(data: unknown, options = {}): Promise<unknown> {
  const { plugin, calls } = watched()
  const session = await managerOf(plugin, options).open(null)
  Reflect.set(session, 'data', data)
  try {
    return await session.commit()
  } catch (error) {
    expect(calls).toEqual([])
    return error
  }
}

describe('a value that JSON cannot represent', () => {
  it.each([
    [{ at: new Date(0) }, 'session.data.at is a Date'],
    [{ cart: { items: [{ at: new Date(0) }] } }, 'session.data.cart.items[0].at is a Date'],
    [{ 'ann@example.com': { at: new Date(0) } }, 'session.data[…].at is a Date'],
    [[new Date(0)], 'session.data[0] is a Date'],
    [{ tags: new Set(['a']) }, 'session.data.tags is a Set'],
    [{ tags: new Map([['a', 1]]) }, 'session.data.tags is a Map'],
    [{ count: 1n }, 'session.data.count is a BigInt'],
    [{ count: Number.NaN }, 'session.data.count is NaN or an infinite number'],
    [{ list: [1, -Infinity] }, 'session.data.list[1] is NaN or an infinite number'],
    [{ list: [undefined] }, 'session.data.list[0] is undefined in an array'],
    [{ list: Array.from({ length: 3 }) }, 'session.data.list[0] is undefined in an array'],
    [{ cart: new Cart() }, 'session.data.cart is an instance of a class'],
    [new Cart(), 'session.data is an instance of a class'],
    [{ price }, 'session.data.price is an instance of a class'],
    [{ bytes: new Uint8Array(2) }, 'session.data.bytes is an instance of a class'],
    [{ run: () => 1 }, 'session.data.run is a function'],
    [{ mark: Symbol('a') }, 'session.data.mark is a symbol'],
    [{ later: Promise.resolve(1) }, 'session.data.later is a Promise'],
    [{ at: runInNewContext('new Date(0)') }, 'session.data.at is a Date'],
  ])('is rejected with Invalid and its place, not its value, and nothing is stored: %s', async (data, expected) => {
    const error = await commitOf(data)
    expect(error).toMatchObject({ code: 'Invalid', reason: 'bad_argument' })
    expect(String(error)).toContain(`${expected}, which`)
    expect(String(error)).not.toContain('ann@')
  })

  it('is found in the initial data, although its JSON does not change', async () => {
    const manager = createSessionManager({ store: memorySessions(), initialData: () => ({ tags: new Map() }) })
    const session = await manager.open(null)
    session.data.tags.set('a', 1)
    await expect(session.commit()).rejects.toThrow('session.data.tags is a Map')
  })

  it('is found in cyclic data; a cycle alone is reported with its cause', async () => {
    const cycle: Record<string, unknown> = {}
    cycle['self'] = { cycle, also: cycle }
    expect(String(await commitOf(cycle))).toContain('cannot be serialized as JSON')
    cycle['count'] = 1n
    expect(String(await commitOf(cycle))).toContain('session.data.count is a BigInt')
  })
})

describe('a value that JSON can represent', () => {
  it.each([
    [{ text: 'a', count: 0.5, yes: true, none: null, list: [null, [], {}], absent: undefined }],
    [Object.assign(Object.create(null) as object, { visits: 1 })],
    [runInNewContext('({ visits: 1, list: [{}] })') as object],
    [JSON.parse('{"__proto__":{"a":1}}') as object],
  ])('is stored: %s', async (data) => {
    const manager = managerOf(memorySessions())
    const session = await manager.open(await begin(manager, data))
    expect(session.data).toEqual(JSON.parse(JSON.stringify(data)))
  })
})

describe('with a schema, which can restore values', () => {
  it('stores dates and instances of classes', async () => {
    const schema = z.object({
      at: z.coerce.date(),
      cart: z.looseObject({ items: z.array(z.string()) }).transform((cart) => Object.assign(new Cart(), cart)),
    })
    const initialData = () => ({ at: new Date(0), cart: new Cart() })
    const manager = createSessionManager({ store: memorySessions(), initialData, schema })
    const session = await manager.open(null)
    session.data.at = new Date(5)
    const again = await manager.open(cookieAfter(await session.commit()))
    expect(again.data).toEqual({ at: new Date(5), cart: new Cart() })
    expect(again.data.cart).toBeInstanceOf(Cart)
    expect(await again.commit()).toEqual([])
  })

  it.each([
    [{ tags: new Map() }, 'session.data.tags is a Map'],
    [{ count: Number.NaN }, 'session.data.count is NaN'],
    [{ list: [undefined] }, 'session.data.list[0] is undefined'],
    [{ run: () => 1 }, 'session.data.run is a function'],
    [{ count: 1n }, 'session.data.count is a BigInt'],
  ])('rejects a value of which nothing is left in JSON: %s', async (data, expected) => {
    expect(String(await commitOf(data, { schema: z.looseObject({}) }))).toContain(expected)
  })

  it('allows dates also with migrateData, which can restore them', async () => {
    const plugin = memorySessions()
    const manager = createSessionManager({
      store: plugin,
      initialData: () => ({ at: new Date(0) }),
      migrateData: reviveAt,
    })
    const session = await manager.open(null)
    session.data.at = new Date(7)
    expect((await manager.open(cookieAfter(await session.commit()))).data).toEqual({ at: new Date(7) })
  })
})
