import type { DeviceSession } from '@bext/session-core/manager'
import type { Connection } from '../connection.js'
import { challengeHeader, headerNames } from '../headers.js'
import type { Binding } from '../record.js'
import { bindingTtlMs } from '../record.js'

/** Describes the session to the browser. */
function instructions({ host, options }: Connection, { thumbprint }: Binding, origin: string): string {
  return JSON.stringify({
    session_identifier: thumbprint,
    refresh_url: `${options.path}/refresh`,
    scope: { origin, include_site: false },
    credentials: [{ type: 'cookie', name: host.boundCookie.name, attributes: host.boundCookie.attributes }],
  })
}

/** A session whose browser has sent a proof that is accepted. */
export interface Acceptance {
  readonly session: DeviceSession
  readonly binding: Binding
  readonly origin: string
  readonly nowMs: number
  /** False: the response describes the session, but has no bound cookie. */
  readonly isProven: boolean
}

/** Creates the answer to an accepted proof: the bound cookie, and the challenge of the next refresh. */
export function accept(connection: Connection, { session, binding, origin, nowMs, isProven }: Acceptance): Response {
  const { host, options, cookies, challenges } = connection
  const { handle, absoluteExpiresAtMs } = session
  const { thumbprint, challengedAtMs } = binding
  const headers = new Headers({ 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
  const challenge = challenges.issue('refresh', handle, nowMs, challengedAtMs + 1)
  headers.set(headerNames.challenge, challengeHeader(challenge, thumbprint))
  if (isProven) {
    const endsAtMs = nowMs + options.boundCookieMs
    const bindingExpiresAtMs = nowMs + bindingTtlMs(absoluteExpiresAtMs - nowMs)
    const cookie = cookies.issue({ handle, thumbprint, endsAtMs, bindingExpiresAtMs }, nowMs)
    headers.append('Set-Cookie', host.boundCookie.header(cookie))
  }
  return new Response(instructions(connection, binding, origin), { headers })
}
