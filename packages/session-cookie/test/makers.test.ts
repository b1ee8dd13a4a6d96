import { defaults as hapiDefaults, seal as hapiSeal, unseal as hapiUnseal } from '@hapi/iron'
import * as fc from 'fast-check'
import { defaults as ironDefaults, seal as ironSeal, unseal as ironUnseal } from 'iron-webcrypto'
import { describe, expect, test } from 'vitest'
import { parseToken, sealedLength } from '../src/seal/token.js'
import { runtime as node } from '../src/seal/sealer-node.js'
import { runtime as web } from '../src/seal/sealer-web.js'
import { deriveKeys, hourMs } from './support.js'

const runtimes = { node, web }
const pairs = [
  ['node', 'web'],
  ['web', 'node'],
  ['node', 'node'],
  ['web', 'web'],
] as const

const wholeCharacters = fc.string({ unit: 'binary', maxLength: 3000 })
const text = fc.oneof(
  fc.string({ unit: 'grapheme-ascii', maxLength: 3000 }),
  wholeCharacters,
  // Around the borders of blocks.
  fc.integer({ min: 0, max: 100 }).map((length) => 'x'.repeat(length)),
  fc.json({ maxDepth: 5 }),
)
const keyId = fc.stringMatching(/^\w{1,64}$/)
const secret = fc.uint8Array({ minLength: 32, maxLength: 64 }).map((bytes) => new Uint8Array(bytes))
const purpose = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 })
const given = fc.record({ text, keyId, secret, purpose })

async function ironKey(id: string, secretBytes: Uint8Array, purposeText: string) {
  const { encryption, integrity } = await deriveKeys({ id, secret: secretBytes }, purposeText)
  return { id, encryption: new Uint8Array(encryption), integrity: new Uint8Array(integrity) }
}

describe.each(pairs)('sealed on %s, opened on %s', (sealing, opening) => {
  test('any text comes back, under any key, in a canonical token of the foretold length', async () => {
    await fc.assert(
      fc.asyncProperty(given, async (one) => {
        const expiresAtMs = Date.now() + hourMs
        const maker = await runtimes[sealing].createSealer(one.keyId, one.secret, one.purpose)
        const token = await maker.seal(one.text, expiresAtMs)
        expect(parseToken(token)).toMatchObject({ keyId: one.keyId, expiresAtMs })
        expect(token).toHaveLength(sealedLength(Buffer.byteLength(one.text), one.keyId, expiresAtMs))
        const opener = await runtimes[opening].createSealer(one.keyId, one.secret, one.purpose)
        expect(await opener.unseal(parseToken(token))).toBe(one.text)
      }),
    )
  })
})

describe.each(['node', 'web'] as const)('%s', (name) => {
  test('iron-webcrypto and @hapi/iron open what it seals', async () => {
    await fc.assert(
      fc.asyncProperty(given, async (one) => {
        const maker = await runtimes[name].createSealer(one.keyId, one.secret, one.purpose)
        const token = await maker.seal(JSON.stringify(one.text), Date.now() + hourMs)
        const key = await ironKey(one.keyId, one.secret, one.purpose)
        expect(await ironUnseal(token, { [one.keyId]: key }, ironDefaults)).toBe(one.text)
        const hapiKey = { encryption: Buffer.from(key.encryption), integrity: Buffer.from(key.integrity) }
        expect(await hapiUnseal(token, { [one.keyId]: hapiKey }, hapiDefaults)).toBe(one.text)
      }),
      { numRuns: 60 },
    )
  })

  test('it opens what iron-webcrypto and @hapi/iron seal', async () => {
    await fc.assert(
      fc.asyncProperty(given, async (one) => {
        const maker = await runtimes[name].createSealer(one.keyId, one.secret, one.purpose)
        const key = await ironKey(one.keyId, one.secret, one.purpose)
        const byIron = await ironSeal(one.text, key, { ...ironDefaults, ttl: hourMs })
        const hapiKey = {
          id: one.keyId,
          encryption: Buffer.from(key.encryption),
          integrity: Buffer.from(key.integrity),
        }
        const byHapi = await hapiSeal(one.text, hapiKey, { ...hapiDefaults, ttl: hourMs })
        for (const token of [byIron, byHapi]) {
          expect(await maker.unseal(parseToken(token))).toBe(JSON.stringify(one.text))
        }
      }),
      { numRuns: 60 },
    )
  })

  test('another key, another secret and another purpose do not open it', async () => {
    await fc.assert(
      fc.asyncProperty(given, secret, purpose, async (one, otherSecret, otherPurpose) => {
        fc.pre(Buffer.compare(one.secret, otherSecret) !== 0 && one.purpose !== otherPurpose)
        const runtime = runtimes[name]
        const token = await (
          await runtime.createSealer(one.keyId, one.secret, one.purpose)
        ).seal(one.text, Date.now() + hourMs)
        for (const [theirSecret, theirPurpose] of [
          [otherSecret, one.purpose],
          [one.secret, otherPurpose],
        ] as const) {
          const other = await runtime.createSealer(one.keyId, theirSecret, theirPurpose)
          const unsealed = Promise.resolve().then(() => other.unseal(parseToken(token)))
          await expect(unsealed).rejects.toMatchObject({ code: 'Invalid', reason: 'tampered' })
        }
      }),
      { numRuns: 50 },
    )
  })
})
