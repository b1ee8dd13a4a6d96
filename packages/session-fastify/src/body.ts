/** Releases the source of a payload that is not sent, such as an open file. */
export function releaseBody(payload: unknown): void {
  if (payload instanceof Response) releaseBody(payload.body)
  else if (payload instanceof ReadableStream) payload.cancel().catch(() => undefined)
  else if (isNodeStream(payload)) payload.on('error', () => undefined).destroy()
}

function isNodeStream(payload: unknown): payload is NodeJS.ReadableStream & { destroy(): void } {
  return typeof payload === 'object' && payload !== null && 'pipe' in payload && 'destroy' in payload
}
