import { defaults, seal, unseal } from 'iron-webcrypto'
import type { CreateSealer } from './sealer.js'
import { keyInfo } from './sealer.js'
import { tampered } from '../errors.js'

const keyBits = 256

/** Uses WebCrypto, which every runtime has. */
export const createSealer: CreateSealer = async (keyId, secret, purpose) => {
  const secretKey = await crypto.subtle.importKey('raw', new Uint8Array(secret), 'HKDF', false, ['deriveBits'])
  async function derive(use: 'encryption' | 'integrity'): Promise<Uint8Array> {
    const info = new TextEncoder().encode(keyInfo(use, purpose))
    const algorithm = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info }
    return new Uint8Array(await crypto.subtle.deriveBits(algorithm, secretKey, keyBits))
  }
  const [encryption, integrity] = await Promise.all([derive('encryption'), derive('integrity')])
  const key = { id: keyId, encryption, integrity }

  return {
    async seal(payloadText: string, expiresAtMs: number): Promise<string> {
      for (;;) {
        // iron-webcrypto adds its clock to the ttl. With that clock set to 0, the ttl is the expiry, unless the clock
        // ticks in between: then try again.
        const options = { ...defaults, encode: String, localtimeOffsetMsec: -Date.now(), ttl: expiresAtMs }
        const token = await seal(payloadText, key, options)
        if (token.includes(`*${expiresAtMs}**`)) return token
      }
    },

    async unseal({ id }): Promise<string> {
      // iron-webcrypto checks the expiry before it verifies the MAC, so it would report a forged expiry as an expired
      // session. Its clock is therefore set before all time, and the store checks the expiry.
      const options = { ...defaults, decode: String, localtimeOffsetMsec: Number.NEGATIVE_INFINITY }
      try {
        return (await unseal(id, { [keyId]: key }, options)) as string
      } catch {
        throw tampered()
      }
    },
  }
}
