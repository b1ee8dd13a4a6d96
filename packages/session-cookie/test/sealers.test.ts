import { defaults as hapiDefaults, seal as hapiSeal, unseal as hapiUnseal } from '@hapi/iron'
import * as fc from 'fast-check'
import { defaults as ironDefaults, seal as ironSeal, unseal as ironUnseal } from 'iron-webcrypto'
import { describe, expect, test } from 'vitest'
import { parseToken, sealedLength } from '../src/seal/token.js'
import { createSealer as createNodeSealer } from '../src/seal/sealer-node.js'
import { createSealer as createWebSealer } from '../src/seal/sealer-web.js'
import { deriveKeys, hourMs } from './helpers.js'

const sealers = { node: createNodeSealer, web: createWebSealer }
const pairs = [
  ['node', 'web'],
  ['web', 'node'],
  ['node', 'node'],
  ['web', 'web'],
] as const

const wellFormed = fc.string({ unit: 'binary', maxLength: 3000 })
const text = fc.oneof(
  fc.string({ unit: 'grapheme-ascii', maxLength: 3000 }),
  wellFormed,
  // Lengths around block boundaries.
  fc.integer({ min: 0, max: 100 }).map((length) => 'x'.repeat(length)),
  fc.json({ maxDepth: 5 }),
)
const keyId = fc.stringMatching(/^\w{1,64}$/)
const secret = fc.uint8Array({ minLength: 32, maxLength: 64 }).map((bytes) => new Uint8Array(bytes))
const purpose = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 })
const input = fc.record({ text, keyId, secret, purpose })

async function ironKey(id: string, secretBytes: Uint8Array, purposeText: string) {
  const { encryption, integrity } = await deriveKeys({ id, secret: secretBytes }, purposeText)
  return { id, encryption: new Uint8Array(encryption), integrity: new Uint8Array(integrity) }
}

describe.each(pairs)('sealed by sealer-%s, opened by sealer-%s', (sealing, opening) => {
  test('any text is opened unchanged, with any key, from a canonical token of the computed length', async () => {
    await fc.assert(
      fc.asyncProperty(input, async (value) => {
        const expiresAtMs = Date.now() + hourMs
        const sealer = await sealers[sealing](value.keyId, value.secret, value.purpose)
        const token = await sealer.seal(value.text, expiresAtMs)
        expect(parseToken(token)).toMatchObject({ keyId: value.keyId, expiresAtMs })
        expect(token).toHaveLength(sealedLength(Buffer.byteLength(value.text), value.keyId, expiresAtMs))
        const opener = await sealers[opening](value.keyId, value.secret, value.purpose)
        expect(await opener.unseal(parseToken(token))).toBe(value.text)
      }),
    )
  })
})

describe.each(['node', 'web'] as const)('sealer-%s', (name) => {
  test('its tokens are opened by iron-webcrypto and @hapi/iron', async () => {
    await fc.assert(
      fc.asyncProperty(input, async (value) => {
        const sealer = await sealers[name](value.keyId, value.secret, value.purpose)
        const token = await sealer.seal(JSON.stringify(value.text), Date.now() + hourMs)
        const key = await ironKey(value.keyId, value.secret, value.purpose)
        expect(await ironUnseal(token, { [value.keyId]: key }, ironDefaults)).toBe(value.text)
        const hapiKey = { encryption: Buffer.from(key.encryption), integrity: Buffer.from(key.integrity) }
        expect(await hapiUnseal(token, { [value.keyId]: hapiKey }, hapiDefaults)).toBe(value.text)
      }),
      { numRuns: 60 },
    )
  })

  test('it opens tokens of iron-webcrypto and @hapi/iron', async () => {
    await fc.assert(
      fc.asyncProperty(input, async (value) => {
        const sealer = await sealers[name](value.keyId, value.secret, value.purpose)
        const key = await ironKey(value.keyId, value.secret, value.purpose)
        const byIron = await ironSeal(value.text, key, { ...ironDefaults, ttl: hourMs })
        const hapiKey = {
          id: value.keyId,
          encryption: Buffer.from(key.encryption),
          integrity: Buffer.from(key.integrity),
        }
        const byHapi = await hapiSeal(value.text, hapiKey, { ...hapiDefaults, ttl: hourMs })
        for (const token of [byIron, byHapi]) {
          expect(await sealer.unseal(parseToken(token))).toBe(JSON.stringify(value.text))
        }
      }),
      { numRuns: 60 },
    )
  })

  test('its tokens are tampered with another secret or another purpose', async () => {
    await fc.assert(
      fc.asyncProperty(input, secret, purpose, async (value, otherSecret, otherPurpose) => {
        fc.pre(Buffer.compare(value.secret, otherSecret) !== 0 && value.purpose !== otherPurpose)
        const createSealer = sealers[name]
        const token = await (
          await createSealer(value.keyId, value.secret, value.purpose)
        ).seal(value.text, Date.now() + hourMs)
        for (const [theirSecret, theirPurpose] of [
          [otherSecret, value.purpose],
          [value.secret, otherPurpose],
        ] as const) {
          const other = await createSealer(value.keyId, theirSecret, theirPurpose)
          const unsealed = Promise.resolve().then(() => other.unseal(parseToken(token)))
          await expect(unsealed).rejects.toMatchObject({ code: 'Invalid', reason: 'tampered' })
        }
      }),
      { numRuns: 50 },
    )
  })
})
