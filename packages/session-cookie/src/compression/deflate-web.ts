import { base64ToUint8Array, uint8ArrayToBase64 } from 'uint8array-extras'
import type { Compression } from '../compression.js'

function through(bytes: Uint8Array<ArrayBuffer>, transform: ReadableWritablePair<Uint8Array, BufferSource>): Response {
  return new Response(new Blob([bytes]).stream().pipeThrough(transform))
}

/** By streams, which every runtime has. */
export const deflate: Compression = {
  async deflate(text) {
    const deflated = through(new TextEncoder().encode(text), new CompressionStream('deflate-raw'))
    return uint8ArrayToBase64(new Uint8Array(await deflated.arrayBuffer()), { urlSafe: true })
  },
  inflate: (deflated) =>
    through(new Uint8Array(base64ToUint8Array(deflated)), new DecompressionStream('deflate-raw')).text(),
}
