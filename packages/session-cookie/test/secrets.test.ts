import { asSessionId } from '@bext/session-core'
import { cookieSessions } from '@bext/session-cookie'
import { expect, test } from 'vitest'
import { expectInvalid, hourMs, newSecret } from './helpers.js'

const good = { userId: 'u1', dataJson: '{"a":1}', ttlMs: hourMs }

test('a secret is rotated: it seals, then only opens, then is removed (R4)', async () => {
  const [first, second] = [newSecret('y2025'), newSecret('y2026')]
  const before = cookieSessions({ secrets: [first] })
  const during = cookieSessions({ secrets: [second, first] })
  const after = cookieSessions({ secrets: [second] })

  const id = await before.create(good)
  const record = await before.read(id)
  expect(await during.read(id)).toEqual(record)

  const resealed = await during.update(id, '{"a":2}')
  expect(resealed.split('*')[1]).toBe('y2026')
  expect(await after.read(resealed)).toEqual({ ...record, id: resealed, dataJson: '{"a":2}' })
  expect(await after.read(await during.touch(id, hourMs))).toMatchObject({ userId: 'u1', dataJson: good.dataJson })

  await expectInvalid(after.read(id), 'unknown_key')
  await expectInvalid(after.update(id, '1'), 'unknown_key')
  await expectInvalid(after.touch(id, hourMs), 'unknown_key')
  await expectInvalid(before.read(resealed), 'unknown_key')
  await after.delete(id)
})

test('another secret of the same name opens nothing (R4)', async () => {
  const id = await cookieSessions({ secrets: [newSecret('k1')] }).create(good)
  await expectInvalid(cookieSessions({ secrets: [newSecret('k1')] }).read(id), 'tampered')
})

test('an id whose key id was replaced by another is tampered (R4)', async () => {
  const store = cookieSessions({ secrets: [newSecret('k1'), newSecret('k2')] })
  const id = await store.create(good)
  await expectInvalid(store.read(asSessionId(id.replace('*k1*', '*k2*'))), 'tampered')
})

test.each(['__proto__', 'constructor', 'toString', 'default'])('%s is an ordinary key id (I3)', async (keyId) => {
  const secret = newSecret('k1')
  const store = cookieSessions({ secrets: [secret] })
  const id = await store.create(good)
  await expectInvalid(store.read(asSessionId(id.replace('*k1*', `*${keyId}*`))), 'unknown_key')

  const named = cookieSessions({ secrets: [{ ...secret, id: keyId }] })
  const namedId = await named.create(good)
  expect(await named.read(namedId)).toMatchObject({ userId: 'u1', dataJson: good.dataJson })
  await expectInvalid(store.read(namedId), 'unknown_key')
})

test('an id of one purpose is Invalid in a store of another, also with the same secret (I2)', async () => {
  const secrets = [newSecret('k1')]
  const sessions = cookieSessions({ secrets })
  const invites = cookieSessions({ secrets, purpose: 'invite' })
  await expectInvalid(invites.read(await sessions.create(good)), 'tampered')
  await expectInvalid(sessions.read(await invites.create(good)), 'tampered')
  await expectInvalid(sessions.update(await invites.create(good), '1'), 'tampered')

  const named = cookieSessions({ secrets, purpose: 'session' })
  expect(await named.read(await sessions.create(good))).toMatchObject({ dataJson: good.dataJson })
})

test('a purpose may be any text (I3)', async () => {
  const secrets = [newSecret('k1')]
  for (const purpose of ['"],[', 'a:b', '\u0000', '__proto__', '🙂'.repeat(64)]) {
    const store = cookieSessions({ secrets, purpose })
    expect(await store.read(await store.create(good))).toMatchObject({ userId: 'u1', dataJson: good.dataJson })
  }
})

test('needsReseal finds ids of an old secret, and update seals them with the first', async () => {
  const [first, second] = [newSecret('y2025'), newSecret('y2026')]
  const during = cookieSessions({ secrets: [second, first] })
  const id = await cookieSessions({ secrets: [first] }).create(good)
  expect(during.needsReseal(id)).toBe(true)

  const { dataJson, expiresAtMs } = await during.read(id)
  const resealed = await during.update(id, dataJson)
  expect(during.needsReseal(resealed)).toBe(false)
  expect(await cookieSessions({ secrets: [second] }).read(resealed)).toMatchObject({ dataJson, expiresAtMs })
})

test('needsReseal tells apart secrets whose names share a prefix', async () => {
  const store = cookieSessions({ secrets: [newSecret('k1')] })
  expect(store.needsReseal(await cookieSessions({ secrets: [newSecret('k10')] }).create(good))).toBe(true)
})
