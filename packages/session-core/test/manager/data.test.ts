import { describe, expect, it } from 'vitest'
import { begin, managerOf, watched } from './helpers.js'

const cyclic: { self?: unknown } = {}
cyclic.self = cyclic

describe('data that is no object in JSON', () => {
  it.each([
    ['undefined', undefined],
    ['null', null],
    ['a string', 'text'],
    ['a number', 1],
    ['a date', new Date(0)],
    ['a function', () => 1],
    ['a BigInt inside', { n: 1n }],
    ['a cycle', cyclic],
  ])('is rejected with Invalid, and nothing is stored: %s', async (_, data) => {
    const { plugin, calls } = watched()
    const session = await managerOf(plugin).open(null)
    Reflect.set(session, 'data', data)
    await expect(session.commit()).rejects.toMatchObject({ code: 'Invalid', reason: 'bad_argument' })
    expect(calls).toEqual([])
  })

  it('does not change a stored session (L1)', async () => {
    const { plugin } = watched()
    const manager = managerOf(plugin)
    const cookie = await begin(manager, { visits: 1 })
    const session = await manager.open(cookie)
    session.signIn('ada')
    Reflect.set(session, 'data', null)
    await expect(session.commit()).rejects.toMatchObject({ code: 'Invalid' })
    const again = await manager.open(cookie)
    expect(again.data).toEqual({ visits: 1 })
    expect(again.userId).toBeUndefined()
  })
})

it('stores the name __proto__ like any other (I3)', async () => {
  const manager = managerOf(watched().plugin)
  const data = JSON.parse('{"__proto__":{"isAdmin":true},"note":"\\u0000\\ud800"}') as object
  const session = await manager.open(await begin(manager, data))
  expect(JSON.stringify(session.data)).toBe(JSON.stringify(data))
  expect(Reflect.get(session.data, 'isAdmin')).toBeUndefined()
})
