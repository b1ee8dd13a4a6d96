import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hash,
  hkdfSync,
  randomFillSync,
  timingSafeEqual,
} from 'node:crypto'
import type { CreateSealer } from './sealer.js'
import { keyInfo } from './sealer.js'
import { tampered } from '../errors.js'

const cipher = 'aes-256-cbc'
const blockBytes = 16
const paddings = Array.from({ length: blockBytes + 1 }, (_, length) => Buffer.alloc(length, length))

function deriveKey(secret: Uint8Array, info: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', info, 32))
}

const randomBlocks = Buffer.alloc(256 * blockBytes)
let usedBytes = randomBlocks.length

// `randomFillSync` costs about the same for one block as for 256, so it fills a buffer of which each call returns a
// slice. A slice is used before the buffer is filled again.
function nextRandomBlock(): Buffer {
  if (usedBytes === randomBlocks.length) {
    randomFillSync(randomBlocks)
    usedBytes = 0
  }
  usedBytes += blockBytes
  return randomBlocks.subarray(usedBytes - blockBytes, usedBytes)
}

/**
 * Returns a function that computes the HMAC-SHA-256 of ASCII text, in base64url. It follows the definition (RFC 2104)
 * with two hashes, because createHmac costs more than both.
 */
function createMac(key: Buffer): (text: string) => string {
  const padBytes = 64
  const [innerPad, outer] = [Buffer.alloc(padBytes, 0x36), Buffer.alloc(padBytes + 32, 0x5c)]
  for (const [at, byte] of key.entries()) {
    innerPad.writeUInt8(byte ^ 0x36, at)
    outer.writeUInt8(byte ^ 0x5c, at)
  }
  // `Buffer.alloc` does not use the pool that buffers share; this buffer holds the key.
  let inner = innerPad
  return (text) => {
    const length = padBytes + text.length
    if (inner.length < length) {
      inner = Buffer.alloc(2 * length)
      inner.set(innerPad)
    }
    inner.write(text, padBytes, 'latin1')
    outer.write(hash('sha256', inner.subarray(0, length), 'binary'), padBytes, 'latin1')
    return hash('sha256', outer, 'base64url')
  }
}

/**
 * Encrypts all texts in one long chain of AES-256-CBC, because starting a chain costs more than encrypting a session.
 * A random block precedes each text. Its ciphertext is random too, and is the iv of the text. Decision 17 says why this
 * is safe.
 */
function createChains(key: Buffer): { encrypt(text: string): Buffer; decrypt(ivAndCiphertext: Buffer): string } {
  const keyObject = createSecretKey(key)
  const anyIv = Buffer.alloc(blockBytes)
  const encryption = createCipheriv(cipher, keyObject, anyIv).setAutoPadding(false)
  const decryption = createDecipheriv(cipher, keyObject, anyIv).setAutoPadding(false)
  return {
    encrypt(text) {
      const end = blockBytes + Buffer.byteLength(text)
      const padding = paddings[blockBytes - (end % blockBytes)] as Buffer
      const plain = Buffer.allocUnsafe(end + padding.length)
      plain.set(nextRandomBlock())
      plain.write(text, blockBytes)
      plain.set(padding, end)
      return encryption.update(plain)
    },

    decrypt(ivAndCiphertext) {
      const plain = decryption.update(ivAndCiphertext)
      const padding = paddings[plain.at(-1) ?? 0]
      if (!padding?.length || !plain.subarray(-padding.length).equals(padding)) throw tampered()
      // The first block is the decrypted iv, which means nothing.
      return plain.toString('utf8', blockBytes, plain.length - padding.length)
    },
  }
}

/** Uses node:crypto, synchronously: no thread hop, and no copy of a key per call. */
export const createSealer: CreateSealer = async (keyId, secret, purpose) => {
  const chains = createChains(deriveKey(secret, keyInfo('encryption', purpose)))
  const macOf = createMac(deriveKey(secret, keyInfo('integrity', purpose)))

  return {
    seal(payloadText: string, expiresAtMs: number): string {
      const encrypted = chains.encrypt(payloadText)
      const iv = encrypted.toString('base64url', 0, blockBytes)
      const ciphertext = encrypted.toString('base64url', blockBytes)
      const authenticated = `Fe26.2*${keyId}**${iv}*${ciphertext}*${expiresAtMs}`
      return `${authenticated}**${macOf(authenticated)}`
    },

    unseal({ authenticated, iv, ciphertext, mac }): string {
      if (!timingSafeEqual(Buffer.from(macOf(authenticated)), Buffer.from(mac))) throw tampered()
      const encrypted = Buffer.allocUnsafe(blockBytes + Math.floor((ciphertext.length * 3) / 4))
      encrypted.write(iv, 'base64url')
      encrypted.write(ciphertext, blockBytes, 'base64url')
      return chains.decrypt(encrypted)
    },
  }
}
