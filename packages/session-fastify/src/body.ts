/** Releases the source of a payload that is not sent, such as an open file. */
export function releaseBody(payload: unknown): void {
  if (payload instanceof Response) releaseBody(payload.body)
  else if (payload instanceof ReadableStream) payload.cancel().catch(() => undefined)
  else if (isNodeStream(payload)) payload.destroy()
}

/** Returns false for a `Response` that Fastify refuses to send: `Response.error()`, and one whose body was already read. */
export function isSendable(payload: unknown): boolean {
  return !(payload instanceof Response) || (payload.status !== 0 && !payload.bodyUsed)
}

/**
 * Keeps an error of the payload, such as that of a missing file, from ending the process while the commit runs. Fastify
 * listens only once it sends the payload, and then still finds the error.
 */
export function keepError(payload: unknown): void {
  if (isNodeStream(payload)) payload.on('error', () => undefined)
}

function isNodeStream(payload: unknown): payload is NodeJS.ReadableStream & { destroy(): void } {
  return typeof payload === 'object' && payload !== null && 'pipe' in payload && 'destroy' in payload
}
