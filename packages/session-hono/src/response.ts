import type { ResponseHeaders, SessionManager } from '@bext/session-core/manager'
import { clearBodyHeaders, copyResponse } from '@bext/session-core/manager'
import type { Context } from 'hono'

function targetOf(headers: Headers): ResponseHeaders {
  return {
    getHeader: (name) => (name === 'Set-Cookie' ? headers.getSetCookie() : (headers.get(name) ?? undefined)),
    setHeader(name, value) {
      headers.delete(name)
      for (const one of [value].flat()) headers.append(name, one)
    },
    removeHeader: (name) => headers.delete(name),
  }
}

/** Replaces the response. Hono would add the headers of the response before, so that is unset first. */
function replaceResponse(c: Context, response: Response): void {
  c.res = undefined
  c.res = response
}

/** Adds the cookies to a copy of the response, because the headers of some responses cannot be changed. */
export function addSessionHeaders<Data extends object>(
  c: Context,
  sessions: SessionManager<Data>,
  setCookies: readonly string[],
  headers: readonly (readonly [name: string, value: string])[],
): void {
  if (setCookies.length === 0) return
  const response = copyResponse(c.res)
  sessions.addHeaders(targetOf(response.headers), setCookies, headers)
  replaceResponse(c, response)
}

/** Discards the response, except headers such as those of `cors`, which the error page must have as well. */
export function discardResponse(c: Context): void {
  const { body } = c.res
  const headers = new Headers(c.res.headers)
  clearBodyHeaders(targetOf(headers))
  replaceResponse(c, new Response(null, { headers }))
  body?.cancel().catch(() => undefined)
}
