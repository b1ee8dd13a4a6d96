import type { SessionId } from '@bext/session-core'
import { cookieSessions } from '@bext/session-cookie'
import { expect, test } from 'vitest'
import { expectInvalid, hourMs, newSecret } from './helpers.js'

const secret = newSecret('k1')

function dataOf(bytes: number): string {
  return JSON.stringify('x'.repeat(bytes - 2))
}

async function fittingBytes(call: Promise<unknown>): Promise<number> {
  const { message } = await expectInvalid(call, 'too_large')
  return Number(/about (\d+) fit/.exec(message)?.[1])
}

test('an id over the limit is Invalid, and the error names its size, the limit and what fits (L1)', async () => {
  const store = cookieSessions({ secrets: [secret] })
  const error = await expectInvalid(store.create({ dataJson: dataOf(3000), ttlMs: hourMs }), 'too_large')
  expect(error.message).toMatch(/would have 4104 bytes; at most 3900 are allowed \(option maxIdBytes\)/)
  expect(error.message).toMatch(/dataJson has 3000 bytes, and about 2840 fit/)
})

test.each([250, 300, 1000, 3900, 3901, 3902, 3903, 20_000])(
  'with maxIdBytes %i data of the size in the error fits, and one byte more does not (L1)',
  async (maxIdBytes) => {
    for (const userId of [undefined, 'ü"🙂']) {
      const store = cookieSessions({ secrets: [secret], maxIdBytes })
      const fits = await fittingBytes(store.create({ userId, dataJson: dataOf(100_000), ttlMs: hourMs }))
      const id = await store.create({ userId, dataJson: dataOf(fits), ttlMs: hourMs })
      expect(id.length).toBeLessThanOrEqual(maxIdBytes)
      expect(id.length).toBeGreaterThan(maxIdBytes - 23)
      expect(await store.read(id)).toMatchObject({ dataJson: dataOf(fits) })
      expect(await fittingBytes(store.create({ userId, dataJson: dataOf(fits + 1), ttlMs: hourMs }))).toBe(fits)
    }
  },
)

test('the size in the error is the size that the id would have (L1)', async () => {
  const small = cookieSessions({ secrets: [secret], maxIdBytes: 200 })
  const large = cookieSessions({ secrets: [secret], maxIdBytes: 10_000 })
  for (let bytes = 100; bytes < 150; bytes += 1) {
    const options = { dataJson: dataOf(bytes), ttlMs: hourMs }
    const { message } = await expectInvalid(small.create(options), 'too_large')
    expect(message).toContain(`would have ${(await large.create(options)).length} bytes`)
  }
})

test('an update with too much data, or with invalid JSON, does not change the session (L1)', async () => {
  const store = cookieSessions({ secrets: [secret] })
  const id = await store.create({ userId: 'u1', dataJson: '{"a":1}', ttlMs: hourMs })
  const record = await store.read(id)
  await expectInvalid(store.update(id, dataOf(3000)), 'too_large')
  await expectInvalid(store.update(id, '{"a":'), 'bad_argument')
  expect(await store.read(id)).toEqual(record)
})

test('an error says that 0 bytes fit if the limit is too small for any data (L1)', async () => {
  const store = cookieSessions({ secrets: [secret], maxIdBytes: 100 })
  expect(await fittingBytes(store.create({ dataJson: '1', ttlMs: hourMs }))).toBe(0)
})

test('an id longer than the limit is not opened (R4)', async () => {
  const id: SessionId = await cookieSessions({ secrets: [secret] }).create({ dataJson: dataOf(900), ttlMs: hourMs })
  await expectInvalid(cookieSessions({ secrets: [secret], maxIdBytes: 1000 }).read(id), 'malformed')
})

test('the largest id leaves room for the name and attributes of a cookie of 4096 bytes (L1)', async () => {
  const store = cookieSessions({ secrets: [secret] })
  const id = await store.create({ dataJson: dataOf(2840), ttlMs: hourMs })
  const expires = new Date(0).toUTCString()
  const attributes = `Max-Age=34560000; Expires=${expires}; Path=/; HttpOnly; Secure; SameSite=Strict; Partitioned`
  expect(`__Host-session=${id}; ${attributes}`.length).toBeLessThanOrEqual(4096)
})
