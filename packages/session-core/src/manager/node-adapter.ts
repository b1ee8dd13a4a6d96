import { callHook } from '../store-helpers/call-hook.js'
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
  /** With `once`: a change that was never committed is reported, unless the response is that of an error. */
  readonly statusCode?: number
  once?(event: 'finish', listener: () => void): unknown
}

function presentValues(response: NodeResponse, name: string): readonly string[] {
  const present = response.getHeader(name) ?? []
  return typeof present === 'object' ? present : [String(present)]
}

const warned = new WeakSet<object>()

/** Calls `onRejection`; without one, the first time, warns. */
function reportForgotten<Data extends object>(context: SessionContext<Data>): void {
  if (context.onRejection) callHook(context.onRejection, { phase: 'commit', reason: 'uncommitted' }, undefined)
  else if (!warned.has(context)) {
    warned.add(context)
    const advice = 'Call session.commit() before you send the response.'
    // oxlint-disable-next-line no-console -- nobody else would hear of it
    console.warn(`@bext/session-core: a change of a session was lost, because nothing committed it. ${advice}`)
  }
}

/** Opens the session; its commit writes to the response. */
export async function openForNode<Data extends object>(
  context: SessionContext<Data>,
  request: NodeRequest,
  response: NodeResponse,
): Promise<NodeSession<Data>> {
  const { session, commit, close, hasForgottenChange } = await openSession(context, request.headers.cookie)

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

  // An error page is sent where a handler threw, and what that changed is not to be stored. A request that the client
  // gave up finishes nothing, and its handler may still be about to commit.
  response.once?.('finish', () => {
    if ((response.statusCode ?? 200) < 400 && hasForgottenChange()) reportForgotten(context)
  })
  return Object.assign(session, { commit: commitToResponse })
}
