import { cookieSessions } from '@bext/session-cookie'
import { deflate, inflateOnly } from '@bext/session-cookie/compression'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { deflate as node } from '../src/compression/deflate-node.js'
import { deflate as web } from '../src/compression/deflate-web.js'
import { expectInvalid, hourMs, newSecret } from './helpers.js'

const secrets = [newSecret('k1')]
const plain = cookieSessions({ secrets })
const compressing = cookieSessions({ secrets, compression: deflate })
const inflating = cookieSessions({ secrets, compression: inflateOnly })
const dataJson = JSON.stringify({ items: Array.from({ length: 60 }, (_, n) => ({ id: n, name: `item ${n}` })) })

test('compressed data is shorter and is read byte for byte, also with inflateOnly (R2)', async () => {
  const options = { userId: 'u1', dataJson, ttlMs: hourMs }
  const [long, short] = [await plain.create(options), await compressing.create(options)]
  expect(short.length).toBeLessThan(long.length / 2)
  for (const store of [compressing, inflating]) {
    for (const id of [long, short]) expect(await store.read(id)).toMatchObject({ userId: 'u1', dataJson })
  }
  const touched = await inflating.touch(short, hourMs)
  expect(touched.length).toBe(long.length)
})

test('a compressed id is Invalid in a store without compression, and the error names the option (R4)', async () => {
  const id = await compressing.create({ dataJson, ttlMs: hourMs })
  const { message } = await expectInvalid(plain.read(id), 'unsupported_version')
  expect(message).toMatch(/option compression/)
})

test('data that would not get shorter is not compressed', async () => {
  const options = { dataJson: '{"a":1}', ttlMs: hourMs }
  expect((await compressing.create(options)).length).toBe((await plain.create(options)).length)
})

test('an error about data that is too large counts bytes after compression (L1)', async () => {
  const random = JSON.stringify(Buffer.from(crypto.getRandomValues(new Uint8Array(6000))).toString('hex'))
  const { message } = await expectInvalid(compressing.create({ dataJson: random, ttlMs: hourMs }), 'too_large')
  expect(message).toMatch(/dataJson has \d+ bytes when compressed, and about 2\d{3} fit/)
})

test('data over 64 KiB is not compressed into an id, because every read would have to inflate it (L1)', async () => {
  const { message } = await expectInvalid(
    compressing.create({ dataJson: JSON.stringify('x'.repeat(65_536)), ttlMs: hourMs }),
    'too_large',
  )
  expect(message).toMatch(/65538 bytes.* 65536/)
})

const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 3000 }), fc.json({ maxDepth: 5 }))

test.each([
  ['node:zlib', node, 'streams', web],
  ['streams', web, 'node:zlib', node],
])('text that %s deflates is inflated by %s', async (_from, deflating, _to, inflatingRuntime) => {
  await fc.assert(
    fc.asyncProperty(text, async (original) => {
      const deflated = await deflating.deflate(original)
      expect(deflated).toMatch(/^[\w-]*$/)
      expect(await inflatingRuntime.inflate(deflated)).toBe(original)
    }),
  )
})
