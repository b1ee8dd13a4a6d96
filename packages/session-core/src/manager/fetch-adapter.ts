import { sharedCacheHeaders, strictCacheControl } from './cache-control.js'
import { openSession } from './open.js'
import type { SessionContext } from './options.js'
import type { Session } from './session.js'

type Handler<Data extends object> = (session: Session<Data>) => Response | Promise<Response>

/** Tells a `Response` also where it is one of another realm, or of a polyfill. */
function isResponse(value: unknown): value is Response {
  return Object.prototype.toString.call(value) === '[object Response]'
}

/** A response with headers of its own: those of a redirect cannot be changed, and a handler may use one twice. */
function copyOf(response: Response): Response {
  if (response.bodyUsed)
    throw new TypeError('handleFetch: the body of the response is used already, so it cannot be sent.')
  // Elsewhere the response as init keeps what its parts do not tell, such as the encodeBody and webSocket of workerd.
  if (!('Bun' in globalThis)) return new Response(response.body, response)
  // Bun gives a text or a file its type when it sends it, and no longer does so once somebody has looked at the body.
  const copy = response.clone()
  cancelBody(response)
  return copy
}

/** Releases what the body reads from, such as a connection. */
function cancelBody(response: Response): void {
  response.body?.cancel().catch(() => undefined)
}

/** Calls the handler. A `Response` that it throws is its answer, as in React Router. */
async function answerOf<Data extends object>(handler: Handler<Data>, session: Session<Data>): Promise<Response> {
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

function setHeaders({ headers }: Response, setCookies: readonly string[], cacheControl: string): void {
  for (const setCookie of setCookies) headers.append('Set-Cookie', setCookie)
  for (const name of sharedCacheHeaders) headers.delete(name)
  headers.set('Cache-Control', cacheControl)
}

/** Opens, calls the handler, commits. */
export async function handleFetch<Data extends object>(
  context: SessionContext<Data>,
  request: Request,
  handler: Handler<Data>,
): Promise<Response> {
  const { session, commit, close } = await openSession(context, request.headers.get('cookie'))
  try {
    // Copied before the commit: what cannot be copied fails before anything is stored.
    const response = copyOf(await answerOf(handler, session))
    const setCookies = await commit().catch((error: unknown) => {
      cancelBody(response)
      throw error
    })
    if (setCookies.length > 0) {
      const present = response.headers.get('Cache-Control') ?? ''
      setHeaders(response, setCookies, strictCacheControl(present, context.cacheControl))
    }
    return response
  } finally {
    close()
  }
}
