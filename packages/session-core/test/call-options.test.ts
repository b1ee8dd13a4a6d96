import type { SessionPlugin } from '@bext/session-core'
import { memorySessions } from '@bext/session-core/memory'
import { createSessionManager } from '@bext/session-core/manager'
import { checkTimerMs, checkUserId, maxTimerMs, withinDeadline } from '@bext/session-core/store-helpers'
import { describe, expect, it } from 'vitest'

const store = memorySessions()
const manager = createSessionManager({ store: store, initialData: () => ({}) })

describe('an unknown option of a call', () => {
  it.each([
    [
      'create',
      () => store.create({ user: 'ada', dataJson: '{}', ttlMs: 1000 } as never),
      'create has no option "user"',
    ],
    ['sweep', () => store.sweep({ max: 5 } as never), 'sweep has no option "max"; known are maxRecords.'],
    ['endUserSessions', () => store.endUserSessions('ada', { exept: 'x' } as never), 'has no option "exept"'],
    ['a sweep of null', () => store.sweep(null as never), 'sweep needs an object of options, but it was given null.'],
    ['endUserSessions of a string', () => store.endUserSessions('ada', 'id' as never), 'but it was given a string.'],
    ['create of an array', () => store.create([] as never), 'create needs an object of options'],
    ['create of nothing', () => store.create(undefined as never), 'create needs an object { userId?'],
  ])('is rejected with Invalid: %s', async (_, call, message) => {
    await expect(call()).rejects.toMatchObject({ code: 'Invalid', reason: 'bad_argument' })
    await expect(call()).rejects.toThrow(message)
  })

  it('makes a method of the session throw a TypeError', async () => {
    const session = await manager.open(null)
    expect(() => session.signIn('ada', { rememberMe: true } as never)).toThrow(
      new TypeError('signIn: there is no option "rememberMe"; known are remember.'),
    )
    expect(() => session.signIn('ada', { remember: 'no' } as never)).toThrow(/remember must be a boolean/)
    expect(() => session.rotate({ grace: 5 } as never)).toThrow(TypeError)
    expect(() => session.signOutEverywhere({ exept: 'this' } as never)).toThrow(TypeError)
    expect(() => session.rotate(null as never)).toThrow(TypeError)
    expect(session.userId).toBeUndefined()
    expect(await session.commit()).toEqual([])
  })
})

it('explains how to pass a store to the manager', () => {
  expect(() => createSessionManager(store as never)).toThrow(
    new TypeError('createSessionManager: expected an object of options; did you mean createSessionManager({ store })?'),
  )
})

describe('an error text', () => {
  it('names the type of ids, users and data, never the value', async () => {
    const secret = 4711
    const calls: (() => unknown)[] = [
      () => store.create({ userId: secret as never, dataJson: '{}', ttlMs: 1 }),
      () => store.create({ dataJson: secret as never, ttlMs: 1 }),
      () => store.create(secret as never),
      () => store.read(secret as never),
      () => store.update(secret as never, '{}'),
      () => store.listUserSessions(secret as never),
      () => store.endUserSession(secret as never, 'x'),
      () => store.endUserSessions(secret as never),
      () => checkUserId(secret),
      async () => (await manager.open(null)).signIn(secret as never),
      () => manager.open(secret as never),
      () => manager.endUserSessions(secret as never),
      () => createSessionManager({ store: secret as unknown as SessionPlugin, initialData: () => ({}) }),
    ]
    for (const call of calls) {
      const error = await Promise.resolve().then(call).then(String, String)
      expect(error).toMatch(/Error/)
      expect(error).not.toContain(String(secret))
    }
  })

  it('contains an amount that is wrong', async () => {
    await expect(store.create({ dataJson: '{}', ttlMs: 0.5 })).rejects.toThrow('but it is the number 0.5')
  })
})

describe('a time longer than timers support', () => {
  it('is rejected as an option with a TypeError', () => {
    expect(checkTimerMs('f', 'everyMs', maxTimerMs)).toBe(maxTimerMs)
    expect(() => checkTimerMs('f', 'everyMs', maxTimerMs + 1)).toThrow(
      new TypeError(`f: option everyMs must be at most ${maxTimerMs}, but it is ${maxTimerMs + 1}.`),
    )
  })

  it.each([2 ** 31, Infinity])('is accepted as a deadline: %s', async (timeoutMs) => {
    const warnings: Error[] = []
    const note = (warning: Error): void => void warnings.push(warning)
    process.on('warning', note)
    expect(await withinDeadline(timeoutMs, () => new Promise((resolve) => setTimeout(resolve, 20, 'done')))).toBe(
      'done',
    )
    process.off('warning', note)
    expect(warnings).toEqual([])
  })
})
