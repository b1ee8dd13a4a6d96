import type { SessionRevocations } from '@bext/session-core'
import { SessionError } from '@bext/session-core'
import type { CookieSecret } from '@bext/session-cookie'
import { cookieSessions } from '@bext/session-cookie'
import { createRevocation, memoryRevocations } from '@bext/session-cookie/revocation'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { expectInvalid, hourMs, newSecret, payloadOf, sealPayload } from './helpers.js'

const secret: CookieSecret = newSecret('k1')
const gone = { code: 'NotFound', reason: 'unknown' }

function open(store: SessionRevocations = memoryRevocations(), cacheMs?: number) {
  return cookieSessions({
    secrets: [secret],
    revocation: createRevocation({ store, maxTtlMs: 24 * hourMs, cacheMs }),
  })
}

/** Wraps a store of revocations and counts the calls of `isRevoked`. */
function counted(store: SessionRevocations) {
  const asked = { times: 0 }
  const isRevoked: SessionRevocations['isRevoked'] = (...args) => {
    asked.times += 1
    return store.isRevoked(...args)
  }
  return { asked, store: { ...store, isRevoked } }
}

afterEach(() => {
  vi.useRealTimers()
})

test('delete revokes a session under all of its ids, and no other session (D2, D3)', async () => {
  const store = memoryRevocations()
  const [a, b] = [open(store), open(store)]
  const first = await a.create({ userId: 'u1', dataJson: '1', ttlMs: hourMs })
  const updated = await b.update(first, '2')
  const touched = await a.touch(updated, 2 * hourMs)
  const sibling = await b.update(first, '3')
  const other = await a.create({ userId: 'u1', dataJson: '1', ttlMs: hourMs })

  await b.delete(updated)
  await b.delete(updated)
  for (const id of [first, updated, touched, sibling]) {
    await expect(a.read(id)).rejects.toMatchObject(gone)
    await expect(a.update(id, '4')).rejects.toMatchObject(gone)
    await expect(b.touch(id, hourMs)).rejects.toMatchObject(gone)
  }
  expect(await b.read(other)).toMatchObject({ dataJson: '1' })
})

test('a session created right after revokeUser stays valid (O1)', async () => {
  const store = open()
  for (let round = 0; round < 20; round += 1) {
    const id = await store.create({ userId: 'u1', dataJson: '1', ttlMs: hourMs })
    const others = [
      await store.create({ userId: 'u2', dataJson: '1', ttlMs: hourMs }),
      await store.create({ dataJson: '1', ttlMs: hourMs }),
    ]
    await store.revokeUser('u1')
    const later = await store.create({ userId: 'u1', dataJson: '2', ttlMs: hourMs })
    await expect(store.read(id)).rejects.toMatchObject(gone)
    await expect(store.update(id, '3')).rejects.toMatchObject(gone)
    for (const alive of [later, ...others]) await store.read(alive)
  }
})

test('a revocation outlasts every id of the session, also one that was touched (D2)', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: 1_800_000_000_000 })
  const store = open()
  const short = await store.create({ dataJson: '1', ttlMs: 1000 })
  const long = await store.touch(short, 24 * hourMs)
  await store.delete(short)
  // Makes the memory remove its expired revocations.
  for (let n = 0; n < 2000; n += 1) await store.delete(await store.create({ dataJson: '1', ttlMs: 1 }))
  vi.setSystemTime(1_800_000_000_000 + 24 * hourMs - 1)
  for (let n = 0; n < 2000; n += 1) await store.delete(await store.create({ dataJson: '1', ttlMs: 1 }))
  await expect(store.read(long)).rejects.toMatchObject(gone)
})

test('sessions created without revocation can be revoked one by one', async () => {
  const before = cookieSessions({ secrets: [secret] })
  const text = payloadOf('0', Date.now(), '{}')
  const [id, other] = [await sealPayload(text, secret), await sealPayload(text, secret)]
  const store = open()
  const updated = await store.update(id, '2')
  await store.delete(updated)
  for (const ended of [id, updated]) await expect(store.read(ended)).rejects.toMatchObject(gone)
  await store.read(other)
  // A store without revocation reads the id, and does not know that it was revoked.
  await before.read(updated)
})

test('a ttlMs over maxTtlMs is Invalid (C7)', async () => {
  const store = open()
  const id = await store.create({ dataJson: '1', ttlMs: 24 * hourMs })
  await expectInvalid(store.create({ dataJson: '1', ttlMs: 24 * hourMs + 1 }), 'bad_argument')
  await expectInvalid(store.touch(id, 24 * hourMs + 1), 'bad_argument')
})

test('deleting an id that cannot be opened resolves and revokes nothing (D1)', async () => {
  const store = open()
  const id = await store.create({ dataJson: '1', ttlMs: hourMs })
  for (const foreign of ['', 'x', `${id}x`, undefined]) await store.delete(foreign as typeof id)
  await store.read(id)
})

describe('the answer that a session is not revoked', () => {
  test('is requested once per read', async () => {
    const { asked, store } = counted(memoryRevocations())
    const sessions = open(store)
    const id = await sessions.create({ dataJson: '1', ttlMs: hourMs })
    await sessions.read(id)
    await sessions.read(id)
    expect(asked.times).toBe(2)
  })

  test('is cached for cacheMs, but not after a revocation in the same process', async () => {
    const { asked, store } = counted(memoryRevocations())
    const sessions = open(store, hourMs)
    const id = await sessions.create({ userId: 'u1', dataJson: '1', ttlMs: hourMs })
    await sessions.read(id)
    await sessions.read(await sessions.update(id, '2'))
    expect(asked.times).toBe(1)
    await open(store).delete(id)
    await sessions.read(id)
    await sessions.revokeUser('u1')
    await expect(sessions.read(id)).rejects.toMatchObject(gone)

    const another = await sessions.create({ dataJson: '1', ttlMs: hourMs })
    await sessions.read(another)
    await sessions.delete(another)
    await expect(sessions.read(another)).rejects.toMatchObject(gone)
  })

  test('is not cached if a revocation overtook it', async () => {
    const memory = memoryRevocations()
    let release: (() => void) | undefined
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    let hold = true
    let asked: (() => void) | undefined
    const wasAsked = new Promise<void>((resolve) => {
      asked = resolve
    })
    const isRevoked: SessionRevocations['isRevoked'] = async (...args) => {
      const answer = await memory.isRevoked(...args)
      asked?.()
      if (hold) await held
      return answer
    }
    const sessions = open({ ...memory, isRevoked }, hourMs)
    const id = await sessions.create({ userId: 'u1', dataJson: '1', ttlMs: hourMs })
    const reading = sessions.read(id)
    await wasAsked
    await sessions.revokeUser('u1')
    release?.()
    hold = false
    await reading
    await expect(sessions.read(id)).rejects.toMatchObject(gone)
  })
})

test('calls reject with Backend while the revocations cannot be asked (E4)', async () => {
  const cause = new Error('no route')
  const fails = (): Promise<never> => Promise.reject(cause)
  const sessions = open({ isRevoked: fails, revokeSession: fails, revokeUser: fails })
  const id = await sessions.create({ userId: 'u1', dataJson: '1', ttlMs: hourMs })
  const failed = { code: 'Backend', cause }
  for (const call of [sessions.read(id), sessions.update(id, '2'), sessions.touch(id, hourMs)]) {
    await expect(call).rejects.toMatchObject(failed)
  }
  await expect(sessions.delete(id)).rejects.toMatchObject(failed)
  await expect(sessions.revokeUser('u1')).rejects.toMatchObject(failed)
  const own = new SessionError('timeout', 'too late')
  const late = open({ ...memoryRevocations(), isRevoked: () => Promise.reject(own) })
  await expect(late.read(id)).rejects.toBe(own)
})

test.each<[string, unknown, RegExp]>([
  ['no options', undefined, /createRevocation: expected an object/],
  ['an unknown option', { store: memoryRevocations(), maxTtlMs: 1, ttl: 1 }, /no option "ttl"/],
  ['no store', { maxTtlMs: 1 }, /option store must have isRevoked, .* but it is undefined/],
  ['half a store', { store: { isRevoked() {} }, maxTtlMs: 1 }, /it lacks revokeSession, revokeUser/],
  ['no maxTtlMs', { store: memoryRevocations() }, /option maxTtlMs must be a positive integer/],
  ['a negative cacheMs', { store: memoryRevocations(), maxTtlMs: 1, cacheMs: -1 }, /option cacheMs must be/],
])('%s is a TypeError (E1)', (_title, options, message) => {
  expect(() => createRevocation(options as never)).toThrow(message)
})
