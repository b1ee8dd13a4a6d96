import { deflate as deflateOfRuntime } from '#deflate'
import type { Awaitable } from './seal/sealer.js'

/** What `cookieSessions` asks of compression, by its option `compression`. */
export interface Compression {
  /** Raw deflate (RFC 1951) of the text, as base64url. What comes back no shorter is kept as it was. */
  deflate(text: string): Awaitable<string>
  /** The text that `deflate` was given. */
  inflate(deflated: string): Awaitable<string>
}

/** Deflates data where that makes the id shorter. */
export const deflate: Compression = deflateOfRuntime

/** Opens what `deflate` made, and compresses nothing: for the time after `deflate` was given up. */
export const inflateOnly: Compression = { ...deflate, deflate: (text) => text }
