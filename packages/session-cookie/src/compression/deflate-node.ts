import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { Compression } from './types.js'

/** Uses node:zlib, synchronously. */
export const deflate: Compression = {
  deflate: (text) => deflateRawSync(text).toString('base64url'),
  inflate: (deflated) => inflateRawSync(Buffer.from(deflated, 'base64url')).toString(),
}
