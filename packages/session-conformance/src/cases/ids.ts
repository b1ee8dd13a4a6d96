import type { ConformanceCase } from '../runner/case.js'
import { defineCase } from '../runner/case.js'
import { withRepeatedRandomness } from '../toolbox/replayed-randomness.js'
import { firstCaseId } from '../runner/first-case.js'
import { ConformanceFailure, Unsupported } from '../runner/failure.js'

const cookieOctets = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+$/

// Estimates the randomness of the ids from the number of different characters at each position. A position that is
// constant, counts, or changes slowly has few.
function bitsOfVariety(ids: readonly string[]): number {
  const length = Math.min(...ids.map((id) => id.length))
  let bits = 0
  for (let position = 0; position < length; position += 1) {
    bits += Math.log2(new Set(ids.map((id) => id[position])).size)
  }
  return bits
}

// Short, so that a store whose calls never settle is reported soon.
const firstTimeoutMs = 2000

const manyIds = 64

// More than a version, the id of a key and an expiry have.
const maxCommonRun = 64

/** Returns the length of the longest run of equal characters at equal positions. */
function longestCommonRun(a: string, b: string): number {
  let longest = 0
  let run = 0
  for (let position = 0; position < a.length; position += 1) {
    run = a[position] === b[position] ? run + 1 : 0
    longest = Math.max(longest, run)
  }
  return longest
}

export const idCases: readonly ConformanceCase[] = [
  defineCase(
    firstCaseId,
    'a session can be created and read, also through a second store of the namespace while the first is open',
    async (context) => {
      for (let n = 0; n < 2; n += 1) {
        const store = await context.open({ timeoutMs: firstTimeoutMs })
        const { id } = await context.create(store)
        await store.read(id)
      }
    },
  ),

  defineCase(
    'C1-unique',
    'create() never returns the same id twice, also with many concurrent calls',
    async (context) => {
      const store = await context.open()
      const made = await Promise.all(Array.from({ length: 64 }, () => context.create(store)))
      context.equal(new Set(made.map(({ id }) => id)).size, made.length, 'the number of distinct ids')
      for (const { id, dataJson } of made) context.sameData((await store.read(id)).dataJson, dataJson)
    },
  ),

  defineCase('C1-same-options', 'two calls of create() with the same options create two sessions', async (context) => {
    const store = await context.open()
    const options = { userId: context.userId(), dataJson: context.json(), ttlMs: 60_000 }
    const first = await store.create(options)
    const second = await store.create(options)
    context.ok(first !== second, 'two ids', 'the second create() gave the first id again')
  }),

  defineCase(
    'C2-collision',
    'create() does not return an id that exists: the existing session is unchanged',
    async (context) => {
      const store = await context.open()
      const attempt = await withRepeatedRandomness(async (rewind) => {
        const first = await context.create(store)
        const { drawn, drawnInsecurely } = rewind()
        const [second] = await Promise.allSettled([context.create(store)])
        return { first, second, drawn, drawnInsecurely }
      })
      if (attempt.drawn === 0 && attempt.drawnInsecurely > 0) {
        throw new ConformanceFailure(
          'ids from a cryptographic random source',
          'create() drew from Math.random() alone',
          'C3',
        )
      }
      if (attempt.drawn === 0) throw new Unsupported('The store draws its ids from a source that cannot be repeated.')
      if (attempt.second.status === 'fulfilled') {
        context.ok(attempt.second.value.id !== attempt.first.id, 'another id', 'create() gave an id that was taken')
      }
      context.sameData((await store.read(attempt.first.id)).dataJson, attempt.first.dataJson)
      if (attempt.second.status !== 'fulfilled') throw new Unsupported('The store gave up on repeated randomness.')
      const second = attempt.second.value
      context.sameData((await store.read(second.id)).dataJson, second.dataJson)
    },
    { families: ['server'], sameProcess: true, exclusive: true },
  ),

  defineCase(
    'C3-random',
    'ids contain at least 128 bits of randomness',
    async (context) => {
      const store = await context.open()
      const ids: string[] = []
      for (let n = 0; n < 256; n += 1) ids.push((await context.create(store, { dataJson: '{}' })).id)
      const bits = bitsOfVariety(ids)
      context.ok(
        bits >= 128,
        'ids that vary by at least 128 bits',
        `256 ids vary by ${Math.floor(bits)} bits at the most`,
      )
      const ascending = ids.every((id, n) => n === 0 || id > (ids[n - 1] ?? ''))
      context.ok(
        !ascending,
        'ids in no order',
        'every id is greater than the one before: they begin with a time or a counter',
      )
    },
    { families: ['server'] },
  ),

  defineCase(
    'C3-drawn',
    'each id is drawn from at least 120 bits of the secure random source',
    async (context) => {
      const store = await context.open()
      const bytes = await withRepeatedRandomness(async (rewind) => {
        for (let n = 0; n < manyIds; n += 1) await context.create(store, { dataJson: '{}' })
        return rewind().bytes
      })
      if (bytes === 0) throw new Unsupported('The store draws its ids from a source that cannot be watched.')
      // A version 4 UUID has 122 random bits, and draws 16 bytes.
      context.ok(
        bytes >= manyIds * 15,
        'at least 15 bytes of randomness for each id',
        `${manyIds} ids were made of ${bytes} bytes`,
      )
    },
    { families: ['server'], sameProcess: true, exclusive: true },
  ),

  defineCase(
    'C3-nonce',
    'ids that seal the same session are encrypted differently',
    async (context) => {
      const store = await context.open()
      const options = { userId: context.userId(), dataJson: JSON.stringify('x'.repeat(200)), ttlMs: 60_000 }
      const [first = '', ...others] = await Promise.all(Array.from({ length: 6 }, () => store.create(options)))
      for (const other of others) {
        const longest = longestCommonRun(first, other)
        context.ok(
          longest <= maxCommonRun,
          `ids of equal sessions that share at most ${maxCommonRun} characters in a row`,
          `two of them share ${longest}: they were encrypted with the same nonce`,
        )
      }
    },
    { families: ['client'] },
  ),

  defineCase('C3-tells-nothing', 'an id does not reveal its data or user', async (context) => {
    const store = await context.open()
    const userId = context.userId()
    const { id, dataJson } = await context.create(store, { userId })
    const spellings = [id, decodeURIComponent(id)]
    for (const encoding of ['base64url', 'base64', 'hex'] as const) {
      spellings.push(Buffer.from(id, encoding).toString('utf8'), Buffer.from(id, encoding).toString('utf16le'))
    }
    const told = spellings.some((text) => text.includes(userId) || text.includes(dataJson.slice(11, 27)))
    context.ok(!told, 'an id without data or user', 'the id holds them, as they are or encoded')
  }),

  defineCase('C4-cookie-octets', 'ids are valid cookie values without encoding', async (context) => {
    const store = await context.open()
    const made = await context.create(store, {
      userId: context.userId(),
      dataJson: JSON.stringify({ text: 'ü;", \\ 😀' }),
    })
    const more = await Promise.all(Array.from({ length: 48 }, () => context.create(store)))
    const ids = [made.id, await store.update(made.id, JSON.stringify({ text: '; = , "' }))]
    ids.push(await store.touch(ids[1] ?? made.id, 60_000), ...more.map(({ id }) => id))
    for (const id of ids) {
      context.ok(cookieOctets.test(id), 'only cookie-octets (RFC 6265)', 'the id holds other characters')
      context.equal(decodeURIComponent(id), id, 'the id after percent-decoding')
    }
  }),
]
