import { headersOfSharedCaches, strictCacheControl } from './cache-control.js'
import { openSession } from './open.js'
import type { SessionContext } from './options.js'
import type { NodeSession } from './session.js'

/** What is needed of a request of `node:http`, such as Express' `req`, Koa's `ctx.req`, Fastify's `request.raw`. */
export interface NodeRequest {
  readonly headers: { readonly cookie?: string | undefined }
}

/**
 * What is needed of a response of `node:http`, such as Express' `res` and Koa's `ctx.res`. Not Fastify's `reply.raw`:
 * where Fastify's reply has a header of that name, too, it takes the place of this one. Make one of the reply's methods.
 */
export interface NodeResponse {
  readonly headersSent: boolean
  getHeader(name: string): number | string | readonly string[] | undefined
  setHeader(name: string, value: string | readonly string[]): unknown
  removeHeader(name: string): unknown
}

function presentValues(response: NodeResponse, name: string): readonly string[] {
  const present = response.getHeader(name) ?? []
  return typeof present === 'object' ? present : [String(present)]
}

/** Opens the session; its commit writes to the response. */
export async function openForNode<Data extends object>(
  context: SessionContext<Data>,
  request: NodeRequest,
  response: NodeResponse,
): Promise<NodeSession<Data>> {
  const { session, commit, close } = await openSession(context, request.headers.cookie)

  async function commitToResponse(): Promise<void> {
    if (response.headersSent) {
      close()
      throw new Error(
        'commit: the headers of the response are sent already. Commit first, then send. Nothing was stored.',
      )
    }
    const setCookies = await commit()
    if (setCookies.length === 0) return
    response.setHeader('Set-Cookie', [...presentValues(response, 'Set-Cookie'), ...setCookies])
    for (const name of headersOfSharedCaches) response.removeHeader(name)
    const present = presentValues(response, 'Cache-Control').join(', ')
    response.setHeader('Cache-Control', strictCacheControl(present, context.cacheControl))
  }

  return Object.assign(session, { commit: commitToResponse })
}
