import { sharedCacheHeaders, strictCacheControl } from './cache-control.js'
import { cancelBody, copyResponse } from './copy-response.js'
import { openFromHeader } from './open.js'
import { skippedHeader } from './device.js'
import type { SessionContext } from './host.js'
import type { Session } from './session.js'
import type { CookieToSet } from './set-cookie.js'

type Handler<Data extends object> = (session: Session<Data>) => Response | Promise<Response>

/** Recognises a `Response`, also one of another realm or of a polyfill. */
function isResponse(value: unknown): value is Response {
  return Object.prototype.toString.call(value) === '[object Response]'
}

/** Calls the handler. A `Response` that it throws is treated like one that it returns, as in React Router. */
async function responseOf<Data extends object>(handler: Handler<Data>, session: Session<Data>): Promise<Response> {
  let answer: unknown
  try {
    answer = await handler(session)
  } catch (thrown) {
    if (!isResponse(thrown)) throw thrown
    answer = thrown
  }
  if (isResponse(answer)) return answer
  const given = answer === null ? 'null' : typeof answer
  throw new TypeError(`handleFetch: the handler must return a Response, but it returned ${given}. Nothing was stored.`)
}

function setHeaders({ headers }: Response, setCookies: readonly CookieToSet[], cacheControl: string): void {
  for (const { header } of setCookies) headers.append('Set-Cookie', header)
  for (const name of sharedCacheHeaders) headers.delete(name)
  headers.set('Cache-Control', cacheControl)
}

/** Opens the session, calls the handler, and commits. */
export async function handleFetch<Data extends object>(
  context: SessionContext<Data>,
  request: Request,
  handler: Handler<Data>,
): Promise<Response> {
  const { session, commit, close } = await openFromHeader(
    context,
    request.headers.get('cookie'),
    request.headers.get(skippedHeader),
  )
  try {
    // Copy before the commit, so that nothing is stored if the response cannot be copied.
    const response = copyResponse(await responseOf(handler, session))
    const { setCookies, headers = [] } = await commit().catch((error: unknown) => {
      cancelBody(response)
      throw error
    })
    if (setCookies.length > 0) {
      const present = response.headers.get('Cache-Control') ?? ''
      setHeaders(response, setCookies, strictCacheControl(present, context.cacheControl))
    }
    for (const [name, value] of headers) response.headers.append(name, value)
    return response
  } finally {
    close()
  }
}
