import type { Awaitable } from '../seal/sealer.js'

/** A compression of session data, for the option `compression` of `cookieSessions`. */
export interface Compression {
  /** Returns the text as raw deflate (RFC 1951) in base64url. The store keeps the original text if it is no longer. */
  deflate(text: string): Awaitable<string>
  /** Returns the text that was passed to `deflate`. */
  inflate(deflated: string): Awaitable<string>
}
