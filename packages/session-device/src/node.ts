import type { SessionManager } from '@bext/session-core/manager'

/** A `node:http` request, as far as it is used: Express' `req`, Fastify's `request.raw`, Koa's `ctx.req`. */
export interface NodeDeviceRequest {
  readonly method?: string | undefined
  readonly url?: string | undefined
  /** Set by Express and Connect, where `url` lacks the path that a middleware is mounted at. */
  readonly originalUrl?: string | undefined
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

/** A `node:http` response, as far as it is used. */
export interface NodeDeviceResponse {
  writeHead(status: number, headers: Record<string, string | string[]>): unknown
  end(body: string): unknown
}

/**
 * Creates a middleware of Express and Connect, or a part of a hook of Fastify or of a `node:http` server, that answers the
 * requests to the endpoints of the option `device`. Calls `next` for all others. Register it before the middleware or plugin
 * for sessions.
 */
export function deviceNode(
  sessions: Pick<SessionManager<object>, 'handleDevice'>,
): (request: NodeDeviceRequest, response: NodeDeviceResponse, next: (error?: Error) => void) => void {
  async function answer(request: NodeDeviceRequest, response: NodeDeviceResponse): Promise<boolean> {
    const found = await sessions.handleDevice({
      method: request.method ?? 'GET',
      url: request.originalUrl ?? request.url ?? '/',
      headers: { get: (name) => request.headers[name.toLowerCase()]?.toString() ?? null },
    })
    if (!found) return false
    // An empty list sets no header.
    const headers = { ...Object.fromEntries(found.headers), 'set-cookie': found.headers.getSetCookie() }
    response.writeHead(found.status, headers)
    response.end(await found.text())
    return true
  }

  async function answerOrContinue(
    request: NodeDeviceRequest,
    response: NodeDeviceResponse,
    next: (error?: Error) => void,
  ): Promise<void> {
    let isAnswered: boolean
    try {
      isAnswered = await answer(request, response)
    } catch (error) {
      next(error as Error)
      return
    }
    if (!isAnswered) next()
  }

  return (request, response, next) => void answerOrContinue(request, response, next)
}
