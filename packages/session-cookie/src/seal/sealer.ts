import type { Token } from './token.js'

export type Awaitable<T> = T | Promise<T>

/** Makes and opens the tokens of one secret and one purpose. */
export interface Sealer {
  /** A token with the text in it; no two calls give the same one. Throws only if the runtime's cryptography fails. */
  seal(text: string, expiresAtMs: number): Awaitable<string>
  /** The text in a token, expired or not. Throws `Invalid`, reason `tampered`, if its MAC is wrong (R4). */
  unseal(token: Token): Awaitable<string>
}

/** What differs between runtimes, behind the import `#runtime`: `./node.ts` where there is node:crypto, else `./web.ts`. */
export interface CryptoBackend {
  createSealer(keyId: string, secret: Uint8Array, purpose: string): Promise<Sealer>
}

/** The info of HKDF-SHA-256, which has an empty salt and gives keys of 32 bytes: each use and each purpose has its own. */
export function keyInfo(use: 'encryption' | 'integrity', purpose: string): string {
  return `@bext/session-cookie v1 ${use}: ${purpose}`
}
