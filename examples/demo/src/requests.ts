import type { IncomingMessage } from 'node:http'

/** A request that is refused, with the status and the text to answer. */
export class RefusedRequest extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

const maxFormBytes = 4096

/**
 * Refuses a form that another site sent. `SameSite=Lax` keeps the cookie from coming along; this also holds for sites
 * on another port or subdomain, which count as the same site. Every browser states the origin of a form.
 */
export function checkOrigin({ headers }: IncomingMessage): void {
  if (headers.origin === `http://${headers.host}`) return
  throw new RefusedRequest(403, 'This form was not sent from our own page.')
}

/** The fields of a form. */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    // Read to its end, because a request that is left half-read takes its connection, and so the answer, with it.
    if (bytes <= maxFormBytes) chunks.push(chunk)
  }
  if (bytes > maxFormBytes) throw new RefusedRequest(413, 'This form is too large.')
  return new URLSearchParams(Buffer.concat(chunks).toString())
}
