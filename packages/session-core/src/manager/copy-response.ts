/** Releases the source of the body, such as a connection. */
export function cancelBody(response: Response): void {
  response.body?.cancel().catch(() => undefined)
}

/**
 * Copies a response so that headers can be added: those of a redirect and of a fetched response are immutable, and a handler
 * may return the same object twice. The copy takes the body over. For adapters of frameworks. Throws a `TypeError` if the
 * body was already read, or if the response is `Response.error()`.
 */
export function copyResponse(response: Response): Response {
  // The Response of @hono/node-server would be copied as one with status 200.
  if (response.status === 0) throw new TypeError('Response.error() cannot be sent. Return a response with a status.')
  if (response.bodyUsed) throw new TypeError('The body of the response was already read. Return an unread response.')
  // Passing the response as init keeps properties outside of the standard, such as encodeBody and webSocket of workerd.
  if (!('Bun' in globalThis)) return new Response(response.body, response)
  // Bun sets the content type of a text or a file when it sends it, but not after the body was accessed.
  const copy = response.clone()
  cancelBody(response)
  return copy
}
