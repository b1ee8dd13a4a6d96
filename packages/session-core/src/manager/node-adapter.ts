import { skippedHeader } from './device.js'
import { callHook } from '../store-helpers/call-hook.js'
import { openFromHeader } from './open.js'
import type { Host, SessionContext } from './host.js'
import type { ResponseHeaders } from './response-headers.js'
import { addSessionHeaders } from './response-headers.js'
import type { NodeSession } from './session.js'
import { headersOf } from './set-cookie.js'

/** A `node:http` request, as far as the manager uses it: Express' `req`, Koa's `ctx.req`, Fastify's `request.raw`. */
export interface NodeRequest {
  readonly headers: {
    readonly cookie?: string | undefined
    /** Used by the option `device`. */
    readonly 'secure-session-skipped'?: string | readonly string[] | undefined
  }
}

/**
 * A `node:http` response, as far as the manager uses it: Express' `res`, Koa's `ctx.res`. A header of the same name that is
 * set later overwrites that of the commit: Fastify does so with the headers of its reply. Use `@bext/session-fastify`.
 */
export interface NodeResponse extends ResponseHeaders {
  readonly headersSent: boolean
  /** Used with `once`: an uncommitted change is reported once the response is sent, unless its status is 400 or more. */
  readonly statusCode?: number
  once?(event: 'finish', listener: () => void): unknown
}

const warned = new WeakSet<object>()

/** Calls `onRejection`. Without that option, logs a warning for the first change that is lost. */
function reportUncommitted(host: Host): void {
  if (host.onRejection) callHook(host.onRejection, { phase: 'commit', reason: 'uncommitted' }, undefined)
  else if (!warned.has(host)) {
    warned.add(host)
    const advice = 'Call session.commit() before you send the response.'
    // oxlint-disable-next-line no-console -- without onRejection nothing else reports it
    console.warn(`@bext/session-core: a change to a session was lost, because it was not committed. ${advice}`)
  }
}

/** Opens the session. Its commit writes to the response. */
export async function openForNode<Data extends object>(
  context: SessionContext<Data>,
  request: NodeRequest,
  response: NodeResponse,
): Promise<NodeSession<Data>> {
  const { session, commit, close, hasUncommittedChange } = await openFromHeader(
    context,
    request.headers.cookie,
    request.headers[skippedHeader]?.toString(),
  )

  async function commitToResponse(): Promise<readonly string[]> {
    if (response.headersSent) {
      close()
      throw new Error(
        'commit: the response headers are already sent, so nothing was stored. Commit before you send the response.',
      )
    }
    const committed = await commit()
    const setCookies = headersOf(committed.setCookies)
    addSessionHeaders(response, setCookies, context.cacheControl, committed.headers)
    return setCookies
  }

  // A status of 400 or more usually means that a handler threw: its changes are meant to be lost. The event is not 'close',
  // because when the client disconnects the handler may still be about to commit.
  response.once?.('finish', () => {
    if ((response.statusCode ?? 200) < 400 && hasUncommittedChange()) reportUncommitted(context)
  })
  return Object.assign(session, { commit: commitToResponse })
}
