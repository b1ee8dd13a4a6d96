import type { CheckedSecret } from './secrets.js'

/** What seals and opens an id: two independent keys of 32 bytes, and the id of the secret that they come from. */
export interface SealKey {
  readonly id: string
  readonly encryption: Uint8Array<ArrayBuffer>
  readonly integrity: Uint8Array<ArrayBuffer>
}

const keyBits = 256

async function deriveSealKey({ id, bytes }: CheckedSecret, purpose: string): Promise<SealKey> {
  const secretKey = await crypto.subtle.importKey('raw', bytes, 'HKDF', false, ['deriveBits'])
  async function derive(use: string): Promise<Uint8Array<ArrayBuffer>> {
    const info = new TextEncoder().encode(`@bext/session-cookie v1 ${use}: ${purpose}`)
    const algorithm = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info }
    return new Uint8Array(await crypto.subtle.deriveBits(algorithm, secretKey, keyBits))
  }
  const [encryption, integrity] = await Promise.all([derive('encryption'), derive('integrity')])
  return { id, encryption, integrity }
}

/**
 * The key of a secret for one purpose, by HKDF-SHA-256: derived at the first call, and kept. Ids of one purpose cannot
 * be opened with the key of another (contract I2). A failed derivation is tried again at the next call.
 */
export function lazySealKey(secret: CheckedSecret, purpose: string): () => Promise<SealKey> {
  let pending: Promise<SealKey> | undefined
  return () => {
    pending ??= deriveSealKey(secret, purpose).catch((error: unknown) => {
      pending = undefined
      throw error
    })
    return pending
  }
}
