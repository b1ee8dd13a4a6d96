import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hash,
  hkdfSync,
  randomFillSync,
  timingSafeEqual,
} from 'node:crypto'
import type { Sealer, CryptoBackend } from './sealer.js'
import { keyInfo } from './sealer.js'
import { tampered } from '../errors.js'

const cipher = 'aes-256-cbc'
const blockBytes = 16
const paddings = Array.from({ length: blockBytes + 1 }, (_, length) => Buffer.alloc(length, length))

function deriveKey(secret: Uint8Array, info: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', info, 32))
}

const drawn = Buffer.alloc(256 * blockBytes)
let used = drawn.length

// A draw costs the same for one block as for many. A block is used before the next draw overwrites it.
function nextRandomBlock(): Buffer {
  if (used === drawn.length) {
    randomFillSync(drawn)
    used = 0
  }
  used += blockBytes
  return drawn.subarray(used - blockBytes, used)
}

/** HMAC-SHA-256 as base64url, of ASCII. By its definition (RFC 2104), as createHmac costs more than two hashes. */
function createMac(key: Buffer): (text: string) => string {
  const padBytes = 64
  const [innerPad, outer] = [Buffer.alloc(padBytes, 0x36), Buffer.alloc(padBytes + 32, 0x5c)]
  for (const [at, byte] of key.entries()) {
    innerPad.writeUInt8(byte ^ 0x36, at)
    outer.writeUInt8(byte ^ 0x5c, at)
  }
  // Not of the pool that buffers share, as the key is in it.
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
 * AES-256-CBC with one long chain for all texts, for to begin a chain costs more than to encrypt a session. Each text
 * follows a random block of its own: what that block is encrypted to is as random, and is the iv of the text.
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
      // The iv is decrypted with the rest, to a block that means nothing.
      return plain.toString('utf8', blockBytes, plain.length - padding.length)
    },
  }
}

async function createSealer(keyId: string, secret: Uint8Array, purpose: string): Promise<Sealer> {
  const chains = createChains(deriveKey(secret, keyInfo('encryption', purpose)))
  const macOf = createMac(deriveKey(secret, keyInfo('integrity', purpose)))

  return {
    seal(text: string, expiresAtMs: number): string {
      const encrypted = chains.encrypt(text)
      const iv = encrypted.toString('base64url', 0, blockBytes)
      const ciphertext = encrypted.toString('base64url', blockBytes)
      const sealed = `Fe26.2*${keyId}**${iv}*${ciphertext}*${expiresAtMs}`
      return `${sealed}**${macOf(sealed)}`
    },

    unseal({ sealed, iv, ciphertext, mac }): string {
      if (!timingSafeEqual(Buffer.from(macOf(sealed)), Buffer.from(mac))) throw tampered()
      const encrypted = Buffer.allocUnsafe(blockBytes + Math.floor((ciphertext.length * 3) / 4))
      encrypted.write(iv, 'base64url')
      encrypted.write(ciphertext, blockBytes, 'base64url')
      return chains.decrypt(encrypted)
    },
  }
}

/** By node:crypto, at once, without a thread or a copy of a key. */
export const runtime: CryptoBackend = { createSealer: createSealer }
