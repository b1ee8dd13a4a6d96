import { supportsCompare } from '../contract/capabilities.js'
import { isSessionCommitError } from './commit-error.js'
import type { SessionContext } from './host.js'
import { openFromHeader } from './open.js'
import type { Session } from './session.js'
import { headersOf } from './set-cookie.js'

/** A `Request`, or a request of `node:http` and frameworks built on it. */
export interface CookieRequest {
  readonly headers: { get(name: string): string | null } | { readonly cookie?: string | undefined }
}

export interface ChangedSession<Result> {
  /** Result of the last call of `work`. */
  readonly result: Result
  /** `Set-Cookie` values to send. Send `Cache-Control: no-store` with them. */
  readonly setCookies: readonly string[]
}

const maxAttempts = 10
const maxPauseMs = 5

/** Returns the `Cookie` header. */
export function cookieHeaderOf(source: string | null | undefined | CookieRequest): string | null | undefined {
  if (typeof source !== 'object' || source === null) return source
  const { headers } = source
  return 'get' in headers && typeof headers.get === 'function'
    ? headers.get('cookie')
    : (headers as { readonly cookie?: string | undefined }).cookie
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}

/** Opens the session, calls `work`, and commits. Does all of it again if another request changed the session meanwhile. */
export async function changeSession<Data extends object, Result>(
  context: SessionContext<Data>,
  source: string | null | undefined | CookieRequest,
  work: (session: Session<Data>) => Result | Promise<Result>,
): Promise<ChangedSession<Result>> {
  const { store } = context
  if (!supportsCompare(store)) {
    throw new TypeError(`change needs a store with updateIfUnchanged, and ${store.name} has none.`)
  }
  for (let attempt = 1; ; attempt += 1) {
    const { session, commit, close } = await openFromHeader({ ...context, comparing: store }, cookieHeaderOf(source))
    try {
      const result = await work(session)
      const { setCookies } = await commit()
      return { result, setCookies: headersOf(setCookies) }
    } catch (error) {
      const isConflict = isSessionCommitError(error) && error.reason === 'conflict'
      if (!isConflict || attempt === maxAttempts) throw error
    } finally {
      close()
    }
    // Each of several callers that conflict waits for another time, so that not all of them conflict again.
    await pause(Math.random() * maxPauseMs * attempt)
  }
}
