import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { Compression } from '../compression.js'

/** By node:zlib, at once. */
export const deflate: Compression = {
  deflate: (text) => deflateRawSync(text).toString('base64url'),
  inflate: (deflated) => inflateRawSync(Buffer.from(deflated, 'base64url')).toString(),
}
