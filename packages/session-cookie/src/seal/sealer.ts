import type { ParsedToken } from './token.js'

export type Awaitable<T> = T | Promise<T>

/** Seals and opens tokens with the keys of one secret and one purpose. */
export interface Sealer {
  /**
   * Returns a token that holds the payload, never the same one twice. Throws only if the runtime's cryptography fails.
   */
  seal(payloadText: string, expiresAtMs: number): Awaitable<string>
  /** Returns the payload of a token, expired or not. Throws `Invalid`, reason `tampered`, if its MAC is wrong (R4). */
  unseal(token: ParsedToken): Awaitable<string>
}

/**
 * Derives the keys of a secret for one purpose. The import `#sealer` leads to the runtime's implementation:
 * `sealer-node.ts` where node:crypto exists, `sealer-web.ts` elsewhere.
 */
export type CreateSealer = (keyId: string, secret: Uint8Array, purpose: string) => Promise<Sealer>

/** Returns the `info` of HKDF-SHA-256 (empty salt, keys of 32 bytes). Each use and each purpose has a separate key. */
export function keyInfo(use: 'encryption' | 'integrity', purpose: string): string {
  return `@bext/session-cookie v1 ${use}: ${purpose}`
}

/**
 * Returns a function that creates the sealer on its first call and keeps it, so that later calls derive no keys. After
 * a failed derivation, the next call tries again.
 */
export function lazySealer(create: () => Promise<Sealer>): () => Awaitable<Sealer> {
  let sealer: Awaitable<Sealer> | undefined

  async function derive(): Promise<Sealer> {
    try {
      sealer = await create()
      return sealer
    } catch (error) {
      sealer = undefined
      throw error
    }
  }

  return () => (sealer ??= derive())
}
