import { strictCacheControl } from './cache-control.js'
import { openSession } from './open.js'
import type { SessionContext } from './options.js'
import type { Session } from './session.js'

/** A response with headers of its own: those of a redirect cannot be changed, and a handler may use one twice. */
function copyOf(response: Response): Response {
  if (response.bodyUsed) throw new TypeError('handle: the body of the response is used already, so it cannot be sent.')
  const { body, status, statusText, headers } = response
  return new Response(body, { status, statusText, headers: new Headers(headers) })
}

/** Opens, calls the handler, commits. */
export async function handleFetch<Data extends object>(
  context: SessionContext<Data>,
  request: Request,
  handler: (session: Session<Data>) => Response | Promise<Response>,
): Promise<Response> {
  const { session, commit, close } = await openSession(context, request.headers.get('cookie'))
  try {
    // Copied before the commit: what cannot be copied fails before anything is stored.
    const response = copyOf(await handler(session))
    const setCookies = await commit()
    for (const setCookie of setCookies) response.headers.append('Set-Cookie', setCookie)
    if (setCookies.length > 0) {
      const present = response.headers.get('Cache-Control') ?? ''
      response.headers.set('Cache-Control', strictCacheControl(present, context.cacheControl))
    }
    return response
  } finally {
    close()
  }
}
