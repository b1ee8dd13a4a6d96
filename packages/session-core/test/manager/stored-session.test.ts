import { describe, expect, it } from 'vitest'
import { begin, cookieAfter, managerOf, watched } from './helpers.js'

const idleTimeoutMs = 60_000

/** Stores a record with this `dataJson`, and returns a manager that can open it. */
async function opened(dataJson: string) {
  const { plugin, calls } = watched()
  const id = await plugin.create({ userId: 'ada', dataJson, ttlMs: idleTimeoutMs })
  calls.length = 0
  const reasons: string[] = []
  const manager = managerOf(plugin, { idleTimeoutMs, onRejection: ({ reason }) => reasons.push(reason) })
  return { open: () => manager.open(`__Host-session=${id}`), plugin, id, calls, reasons }
}

describe('the stored value', () => {
  it('is the plain data if the manager has nothing to store with it', async () => {
    const { plugin } = watched()
    const cookie = await begin(managerOf(plugin), { visits: 1 })
    const id = cookie.slice(cookie.indexOf('=') + 1) as Parameters<typeof plugin.read>[0]
    expect((await plugin.read(id)).dataJson).toBe('{"visits":1}')
  })

  it('contains the start of the absolute timeout and the family after a rotation', async () => {
    const { plugin } = watched()
    const manager = managerOf(plugin)
    const session = await manager.open(await begin(manager, { visits: 1 }))
    const { createdAtMs: beganAtMs, familyId } = session
    session.rotate()
    const cookie = cookieAfter(await session.commit())
    const id = cookie.slice(cookie.indexOf('=') + 1) as Parameters<typeof plugin.read>[0]
    expect((await plugin.read(id)).dataJson).toBe(`[1,0,${beganAtMs},{"visits":1},1800000,"${familyId}"]`)
  })

  it('contains the idle timeout if it differs from the default', async () => {
    const { plugin } = watched()
    const cookie = await begin(managerOf(plugin, { idleTimeoutMs: 60_000 }), { visits: 1 })
    const id = cookie.slice(cookie.indexOf('=') + 1) as Parameters<typeof plugin.read>[0]
    expect((await plugin.read(id)).dataJson).toBe('[1,0,0,{"visits":1},60000]')
    expect((await managerOf(plugin, { idleTimeoutMs: 60_000 }).open(cookie)).data).toEqual({ visits: 1 })
  })

  it("distinguishes data that is an array from the manager's own array", async () => {
    const manager = managerOf(watched().plugin)
    const session = await manager.open(await begin(manager, [1, 0, 0, { visits: 1 }] as object))
    expect(session.data).toEqual([1, 0, 0, { visits: 1 }])
  })
})

it('accepts another spelling of the same JSON (R2)', async () => {
  const { open, calls } = await opened(`[1, 0, ${Date.now()}, {"visits": 1.0}, 60000]`)
  const session = await open()
  expect(session.data).toEqual({ visits: 1 })
  session.data = { visits: 1 }
  await session.commit()
  expect(calls).toEqual(['read'])
})

it('keeps the values of the manager when the data changes', async () => {
  const beganAtMs = Date.now()
  const { open, plugin, id } = await opened(`[1,1,${beganAtMs},{"visits":1},45000]`)
  const session = await open()
  session.data.visits = 2
  await session.commit()
  expect((await plugin.read(id)).dataJson).toBe(`[1,1,${beganAtMs},{"visits":2},45000]`)
})

describe('a value that another program stored', () => {
  it('is read as data if it is an object', async () => {
    const { open } = await opened('{"visits":7}')
    expect((await open()).data).toEqual({ visits: 7 })
  })

  it.each([
    ['[2,0,0,{}]', 'unsupported_version'],
    ['[]', 'unsupported_version'],
    ['["1",0,0,{}]', 'unsupported_version'],
    ['[1,0,0]', 'malformed'],
    ['[1,0,0,{},0]', 'malformed'],
    ['[1,0,0,{},"1"]', 'malformed'],
    ['[1,0,0,{},null]', 'malformed'],
    ['[1,0,0,{},1,1]', 'malformed'],
    ['[1,0,0,{},1,"short"]', 'malformed'],
    ['[1,0,0,{},1,"AAAAAAAAAAAAAAAA",1]', 'malformed'],
    ['[1,8,0,{}]', 'malformed'],
    ['[1,-1,0,{}]', 'malformed'],
    ['[1,0,-5,{}]', 'malformed'],
    ['[1,0,0.5,{}]', 'malformed'],
    ['[1,0,"0",{}]', 'malformed'],
    ['[1,0,0,null]', 'malformed'],
    ['[1,0,0,"text"]', 'malformed'],
  ])('is not used if it is an array of another format: %s', async (dataJson, reason) => {
    const { open, reasons, calls } = await opened(dataJson)
    const session = await open()
    expect(session.userId).toBeUndefined()
    expect(session.data).toEqual({})
    expect(await session.commit()).toEqual([])
    expect(calls).toEqual(['read'])
    expect(reasons).toEqual([reason])
  })
})
