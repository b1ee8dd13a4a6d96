import type { SessionPlugin } from '@bext/session-core'
import { isSessionError, SessionError } from '@bext/session-core'
import { memorySessions } from '@bext/session-core/memory'
import type { SessionManagerOptions } from '@bext/session-core/manager'
import { describe, expect, it } from 'vitest'
import { cookieAfter, managerOf, watched, type Visit } from './helpers.js'

const idleTimeoutMs = 60_000

const thrown: Record<string, unknown> = {
  'an Error': new Error('visits'),
  'a SessionError': new SessionError('unavailable', 'The other backend is down.'),
  'no Error': 'visits',
  undefined,
}

function schemaOf(validate: () => never): SessionManagerOptions<Visit>['schema'] {
  return { '~standard': { version: 1, vendor: 'test', validate } }
}

function throwing(value: unknown): Record<string, Partial<SessionManagerOptions<Visit>>> {
  const fail = (): never => {
    throw value
  }
  const reject = async (): Promise<never> => fail()
  return {
    'a schema': { schema: schemaOf(fail) },
    'an asynchronous schema': { schema: schemaOf(reject as () => never) },
    migrateData: { migrateData: fail },
    'an asynchronous migrateData': { migrateData: reject },
  }
}

/** Stores a signed-in session with `dataJson`. Resolves to its cookie and a manager with these options. */
async function stored(dataJson: string, options: Partial<SessionManagerOptions<Visit>> = {}) {
  const plugin = memorySessions()
  const id = await plugin.create({ userId: 'ada', dataJson, ttlMs: idleTimeoutMs })
  const rejections: unknown[] = []
  const causes: unknown[] = []
  const manager = managerOf(plugin, {
    ...options,
    onRejection(rejection, cause) {
      rejections.push(rejection)
      causes.push(cause)
    },
  })
  return { plugin, id, manager, cookie: `__Host-session=${id}`, rejections, causes }
}

async function isStored(plugin: SessionPlugin, id: Parameters<SessionPlugin['read']>[0]): Promise<boolean> {
  try {
    await plugin.read(id)
    return true
  } catch (error) {
    if (isSessionError(error) && error.code === 'NotFound') return false
    throw error
  }
}

describe.each(Object.entries(thrown))('stored data that makes an option throw %s', (_, value) => {
  it.each(Object.entries(throwing(value)))(
    'is treated as no session, and onRejection receives the cause: %s',
    async (_name, options) => {
      const { manager, cookie, rejections, causes, plugin, id } = await stored('{"visits":1}', options)
      const session = await manager.open(cookie)
      expect([session.userId, session.data]).toEqual([undefined, {}])
      expect(await session.commit()).toEqual([])
      expect(rejections).toEqual([{ phase: 'open', reason: 'invalid_data' }])
      expect(causes).toEqual([value])
      expect(await isStored(plugin, id)).toBe(true)
    },
  )
})

function refuseOne(data: unknown): unknown {
  if ((data as Visit).visits === 1) throw new Error('visits')
  return data
}

describe.each([
  ['data that makes migrateData throw', '{"visits":1}', { migrateData: refuseOne }],
  ['JSON that is null', 'null', {}],
  ['JSON that is a number', '1', {}],
  ['JSON that is text', '"text"', {}],
  ['a stored format of another version', '[9,0,0,{}]', {}],
  ['a malformed stored format', '[1,0,0]', {}],
])('a session whose data is rejected: %s', (_, dataJson, options) => {
  it('is deleted by a sign-out, which clears its cookie', async () => {
    const { manager, cookie, plugin, id } = await stored(dataJson, options)
    const session = await manager.open(cookie)
    session.signOut()
    expect(await session.commit()).toEqual([expect.stringMatching(/^__Host-session=; Max-Age=0;/)])
    expect(await isStored(plugin, id)).toBe(false)
  })

  it('is deleted by a sign-in', async () => {
    const { manager, cookie, plugin, id } = await stored(dataJson, options)
    const session = await manager.open(cookie)
    session.signIn('grace')
    expect((await manager.open(cookieAfter(await session.commit()))).userId).toBe('grace')
    expect(await isStored(plugin, id)).toBe(false)
  })

  it('is not deleted by a request that only starts a new session', async () => {
    const { manager, cookie, plugin, id } = await stored(dataJson, options)
    const session = await manager.open(cookie)
    session.data.visits = 7
    const guest = cookieAfter(await session.commit())
    expect(guest).toMatch(/^__Host-session-guest=/)
    expect((await manager.open(`${cookie}; ${guest}`)).data).toEqual({ visits: 7 })
    expect(await isStored(plugin, id)).toBe(true)
  })

  it('is deleted together with the guest session of the request', async () => {
    const { manager, cookie, plugin, id } = await stored(dataJson, options)
    const beginning = await manager.open(null)
    beginning.data.visits = 7
    const session = await manager.open(`${cookie}; ${cookieAfter(await beginning.commit())}`)
    session.signOut()
    session.data.visits = 8
    const setCookies = await session.commit()
    expect(setCookies).toHaveLength(2)
    expect(setCookies[0]).toMatch(/^__Host-session=; Max-Age=0;/)
    expect((await manager.open(cookieAfter(setCookies))).data).toEqual({ visits: 8 })
    expect(await isStored(plugin, id)).toBe(false)
  })
})

it('starts a new session if the record is corrupt, and deletes the record at a sign-out', async () => {
  const { plugin, failures, calls } = watched()
  const id = await plugin.create({ userId: 'ada', dataJson: '{}', ttlMs: idleTimeoutMs })
  failures.read = new SessionError('corrupt', 'The record is corrupt.')
  const reasons: string[] = []
  const manager = managerOf(plugin, { onRejection: ({ reason }) => reasons.push(reason) })
  const session = await manager.open(`__Host-session=${id}`)
  expect(session.userId).toBeUndefined()
  session.signOut()
  expect(await session.commit()).toHaveLength(1)
  expect([reasons, calls.at(-1)]).toEqual([['corrupt'], 'delete'])
})

it('rejects a change that makes the schema throw, and stores nothing', async () => {
  const { manager, causes } = await stored('{}', {
    schema: schemaOf(() => {
      throw new Error('visits')
    }),
  })
  const session = await manager.open(null)
  session.data.visits = 1
  await expect(session.commit()).rejects.toMatchObject({ code: 'Invalid', reason: 'bad_argument' })
  expect(causes).toEqual([expect.objectContaining({ cause: new Error('visits') })])
})

it('accepts a sign-out of a session that was deleted during the request', async () => {
  const { manager, cookie, plugin, id } = await stored('{}')
  const session = await manager.open(cookie)
  await plugin.delete(id)
  session.signOut()
  expect(await session.commit()).toEqual([expect.stringMatching(/^__Host-session=; Max-Age=0;/)])
})

describe('initialData that throws', () => {
  it('makes the request fail, and changes no session', async () => {
    const broken = new Error('broken')
    const { plugin, id, cookie } = await stored('{"visits":1}')
    const manager = managerOf(plugin, {
      initialData() {
        throw broken
      },
    })
    await expect(manager.open(null)).rejects.toBe(broken)
    const session = await manager.open(cookie)
    expect(() => session.signOut()).toThrow(broken)
    expect(session.userId).toBe('ada')
    expect(await session.commit()).toEqual([])
    expect(await isStored(plugin, id)).toBe(true)
  })
})
