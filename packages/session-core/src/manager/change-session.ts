import { supportsCompare } from '../contract/capabilities.js'
import { isSessionCommitError } from './commit-error.js'
import { skippedHeader } from './device.js'
import type { SessionContext } from './host.js'
import type { NodeRequest } from './node-adapter.js'
import { openFromHeader } from './open.js'
import type { Session } from './session.js'
import { headersOf } from './set-cookie.js'

/** A `Request`, or a request of `node:http` and frameworks built on it. */
export interface CookieRequest {
  readonly headers: { get(name: string): string | null } | NodeRequest['headers']
}

export interface ChangedSession<Result> {
  /** Result of the last call of `work`. */
  readonly result: Result
  /** `Set-Cookie` values to send. Send `Cache-Control: no-store` with them. */
  readonly setCookies: readonly string[]
  /** Other headers to send, as `Session.responseHeaders`. Empty without the manager's option `device`. */
  readonly responseHeaders: readonly (readonly [name: string, value: string])[]
}

const maxAttempts = 10
const maxPauseMs = 5

interface SessionHeaders {
  readonly cookie: string | null | undefined
  readonly skipped?: string | null | undefined
}

/** Returns the headers that a session is opened with. */
function headersOfSource(source: string | null | undefined | CookieRequest): SessionHeaders {
  if (typeof source !== 'object' || source === null) return { cookie: source }
  const { headers } = source
  if ('get' in headers && typeof headers.get === 'function') {
    return { cookie: headers.get('cookie'), skipped: headers.get(skippedHeader) }
  }
  const { cookie, [skippedHeader]: skipped } = headers as NodeRequest['headers']
  return { cookie, skipped: skipped?.toString() }
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
  const { cookie, skipped } = headersOfSource(source)
  for (let attempt = 1; ; attempt += 1) {
    const { session, commit, close } = await openFromHeader({ ...context, comparing: store }, cookie, skipped)
    try {
      const result = await work(session)
      const { setCookies, headers: responseHeaders = [] } = await commit()
      return { result, setCookies: headersOf(setCookies), responseHeaders }
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
