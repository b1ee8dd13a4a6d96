import { base64ToUint8Array, uint8ArrayToBase64 } from 'uint8array-extras'
import type { Compression } from './types.js'

function pipeThrough(
  bytes: Uint8Array<ArrayBuffer>,
  transform: ReadableWritablePair<Uint8Array, BufferSource>,
): Response {
  return new Response(new Blob([bytes]).stream().pipeThrough(transform))
}

/** Uses the Compression Streams API, which every runtime has. */
export const deflate: Compression = {
  async deflate(text) {
    const deflated = pipeThrough(new TextEncoder().encode(text), new CompressionStream('deflate-raw'))
    return uint8ArrayToBase64(new Uint8Array(await deflated.arrayBuffer()), { urlSafe: true })
  },
  inflate: (deflated) =>
    pipeThrough(new Uint8Array(base64ToUint8Array(deflated)), new DecompressionStream('deflate-raw')).text(),
}
