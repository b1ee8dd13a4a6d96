import type { IncomingMessage } from 'node:http'
import { TLSSocket } from 'node:tls'

/** A rejection of a request, with the status and text of the response. */
export class RejectedRequest extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

const maxFormBytes = 4096

/** Returns true if a page of the app sent the request. */
export function isOwnOrigin({ headers, socket }: IncomingMessage): boolean {
  const scheme = socket instanceof TLSSocket ? 'https' : 'http'
  return headers.origin === `${scheme}://${headers.host}`
}

/**
 * Rejects a form that was not sent from our own pages. `SameSite=Lax` does not cover pages on another port or subdomain,
 * because they count as the same site. Every browser sends the origin of a form.
 */
export function checkOrigin(request: IncomingMessage): void {
  if (isOwnOrigin(request)) return
  throw new RejectedRequest(403, 'This form was not sent from our own page.')
}

/** Reads the fields of a form. */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    // Read the request to its end. Otherwise its connection would be closed before the response is sent.
    if (bytes <= maxFormBytes) chunks.push(chunk)
  }
  if (bytes > maxFormBytes) throw new RejectedRequest(413, 'This form is too large.')
  return new URLSearchParams(Buffer.concat(chunks).toString())
}
