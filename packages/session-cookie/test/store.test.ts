import { asSessionId, supportsClose, supportsCompare, supportsSweep, supportsUserIndex } from '@bext/session-core'
import { cookieSessions } from '@bext/session-cookie'
import { afterEach, expect, test, vi } from 'vitest'
import { hourMs, newSecret } from './helpers.js'

const store = cookieSessions({ secrets: [newSecret('k1')] })

afterEach(() => {
  vi.useRealTimers()
})

test('update and touch resolve to new ids, and the old one stays readable until it expires (U2, T4, D4)', async () => {
  const id = await store.create({ userId: 'u1', dataJson: '1', ttlMs: hourMs })
  const record = await store.read(id)
  const updated = await store.update(id, '2')
  const touched = await store.touch(updated, 2 * hourMs)
  await store.delete(id)
  expect(new Set([id, updated, touched]).size).toBe(3)
  expect(await store.read(id)).toEqual(record)
  expect(await store.read(updated)).toEqual({ ...record, id: updated, dataJson: '2' })
  expect(await store.read(touched)).toMatchObject({ userId: 'u1', dataJson: '2', createdAtMs: record.createdAtMs })
})

test('a session expires at expiresAtMs, to the millisecond (R3, U1, T1)', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: 1_800_000_000_000 })
  const id = await store.create({ dataJson: '1', ttlMs: 1000 })
  expect(await store.read(id)).toMatchObject({ createdAtMs: 1_800_000_000_000, expiresAtMs: 1_800_000_001_000 })

  vi.setSystemTime(1_800_000_000_999)
  const updated = await store.update(id, '2')
  const touched = await store.touch(id, 1)
  const longer = await store.touch(id, 5000)
  expect(await store.read(updated)).toMatchObject({ expiresAtMs: 1_800_000_001_000 })
  expect(await store.read(touched)).toMatchObject({ expiresAtMs: 1_800_000_001_000 })

  vi.setSystemTime(1_800_000_001_000)
  for (const ended of [id, updated, touched]) {
    await expect(store.read(ended)).rejects.toMatchObject({ code: 'NotFound', reason: 'expired' })
    await expect(store.update(ended, '3')).rejects.toMatchObject({ code: 'NotFound', reason: 'expired' })
    await expect(store.touch(ended, hourMs)).rejects.toMatchObject({ code: 'NotFound', reason: 'expired' })
    await store.delete(ended)
  }
  expect(await store.read(longer)).toMatchObject({ expiresAtMs: 1_800_000_005_999 })
})

test('a session that expired long ago is NotFound, and a forged one Invalid (R3, R4)', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: 1_800_000_000_000 })
  const id = await store.create({ dataJson: '1', ttlMs: 1000 })
  vi.setSystemTime(1_800_000_000_000 + 1000 * hourMs)
  await expect(store.read(id)).rejects.toMatchObject({ code: 'NotFound', reason: 'expired' })
  const forged = asSessionId(id.replace(/\*\d{13}\*/, '*1799999999999*'))
  await expect(store.read(forged)).rejects.toMatchObject({ code: 'Invalid', reason: 'tampered' })
})

test('arguments are checked before the id (C7, C8)', async () => {
  const unknownId = 'no such id' as never
  await expect(store.update(unknownId, '{')).rejects.toMatchObject({ code: 'Invalid', reason: 'bad_argument' })
  await expect(store.touch(unknownId, 0)).rejects.toMatchObject({ code: 'Invalid', reason: 'bad_argument' })
})

test('is healthy, and has no capabilities (H1, O1 to O4)', async () => {
  expect(store.name).toBe('cookie')
  expect(await store.isHealthy()).toBe(true)
  const supported = [supportsUserIndex(store), supportsSweep(store), supportsClose(store), supportsCompare(store)]
  expect(supported).toEqual([false, false, false, false])
})
