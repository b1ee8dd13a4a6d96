import { createHash } from 'node:crypto'
import { asSessionId } from '@bext/session-core'
import {
  checkSessionId,
  hashSessionId,
  isHash,
  isServerBackedId,
  mintSessionId,
} from '@bext/session-core/store-helpers'
import { describe, expect, it } from 'vitest'
import { sha256Base64url } from '../../src/store-helpers/sha256-portable.js'

describe('mintSessionId', () => {
  it('returns 43 characters of base64url for 32 bytes, never the same (C1, C3, C4)', () => {
    const ids = Array.from({ length: 1000 }, () => mintSessionId())
    expect(new Set(ids).size).toBe(ids.length)
    for (const id of ids) {
      expect(id).toMatch(/^[\w-]{43}$/)
      expect(Buffer.from(id, 'base64url').toString('base64url')).toBe(id)
    }
  })

  it('varies each of the 256 bits', () => {
    const ids = Array.from({ length: 200 }, () => Buffer.from(mintSessionId(), 'base64url'))
    for (let bit = 0; bit < 256; bit += 1) {
      const values = new Set(ids.map((bytes) => ((bytes[bit >> 3] ?? 0) >> (bit & 7)) & 1))
      expect(values.size, `bit ${bit}`).toBe(2)
    }
  })
})

describe('isServerBackedId', () => {
  it('accepts a minted id, and no near miss (R4)', () => {
    const id = mintSessionId()
    expect(isServerBackedId(id)).toBe(true)
    for (const other of [
      `${id}\n`,
      ` ${id}`,
      `${id}=`,
      id.slice(1),
      `${id}A`,
      `${id.slice(0, -1)}*`,
      '',
      42,
      undefined,
      [id],
    ]) {
      expect(isServerBackedId(other)).toBe(false)
    }
  })

  it('rejects another spelling of the same bytes', () => {
    const id = Buffer.alloc(32).toString('base64url')
    expect(isServerBackedId(id)).toBe(true)
    expect(Buffer.from(`${id.slice(0, -1)}B`, 'base64url')).toEqual(Buffer.alloc(32))
    expect(isServerBackedId(`${id.slice(0, -1)}B`)).toBe(false)
  })
})

describe('checkSessionId', () => {
  it('throws Invalid, reason malformed, without the id in the message (R4, E3)', () => {
    expect(() => checkSessionId('an id that somebody sent')).toThrowError(
      expect.objectContaining({
        code: 'Invalid',
        reason: 'malformed',
        message: expect.not.stringContaining('somebody'),
      }),
    )
  })
})

describe('hashSessionId', () => {
  it('computes SHA-256 in base64url, with and without node:crypto (I1)', () => {
    for (const text of ['', 'abc', mintSessionId(), 'é😀', '\uD800', 'x'.repeat(1000)]) {
      const hash = hashSessionId(asSessionId(text))
      expect(hash).toBe(createHash('sha256').update(text).digest('base64url'))
      expect(sha256Base64url(text)).toBe(hash)
      expect(isHash(hash)).toBe(true)
    }
    expect(isHash('x')).toBe(false)
  })
})
