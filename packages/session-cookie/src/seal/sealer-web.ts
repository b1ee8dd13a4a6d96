import { defaults, seal, unseal } from 'iron-webcrypto'
import type { Sealer, CryptoBackend } from './sealer.js'
import { keyInfo } from './sealer.js'
import { tampered } from '../errors.js'

const keyBits = 256

async function createSealer(id: string, secret: Uint8Array, purpose: string): Promise<Sealer> {
  const secretKey = await crypto.subtle.importKey('raw', new Uint8Array(secret), 'HKDF', false, ['deriveBits'])
  async function derive(use: 'encryption' | 'integrity'): Promise<Uint8Array> {
    const info = new TextEncoder().encode(keyInfo(use, purpose))
    const algorithm = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info }
    return new Uint8Array(await crypto.subtle.deriveBits(algorithm, secretKey, keyBits))
  }
  const [encryption, integrity] = await Promise.all([derive('encryption'), derive('integrity')])

  return {
    async seal(text: string, expiresAtMs: number): Promise<string> {
      for (;;) {
        // iron adds its clock to the ttl. With its clock set to 0 the ttl is the expiry, unless the clock ticks meanwhile.
        const options = { ...defaults, encode: String, localtimeOffsetMsec: -Date.now(), ttl: expiresAtMs }
        const token = await seal(text, { id, encryption, integrity }, options)
        if (token.includes(`*${expiresAtMs}**`)) return token
      }
    },

    async unseal({ text }): Promise<string> {
      // iron looks at the expiry before it verifies the MAC, so that a forged expiry would pass for an old one. Its
      // clock is set to before all time, and the store looks at the expiry.
      const options = { ...defaults, decode: String, localtimeOffsetMsec: Number.NEGATIVE_INFINITY }
      try {
        return (await unseal(text, { [id]: { id, encryption, integrity } }, options)) as string
      } catch {
        throw tampered()
      }
    },
  }
}

/** By WebCrypto, which every runtime has. */
export const runtime: CryptoBackend = { createSealer: createSealer }
