import type { NodeSession, SessionManager } from '@bext/session-core/manager'
import { clearBodyHeaders, sessionErrorStatus } from '@bext/session-core/manager'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import onHeaders from 'on-headers'
import { isSendable, keepError, releaseBody } from './body.js'

/** Data of a session. Declare its fields in your app, in `declare module '@bext/session-fastify'`. */
// oxlint-disable-next-line typescript/no-empty-object-type -- the app adds the fields
export interface SessionData {}

declare module 'fastify' {
  interface FastifyRequest {
    /**
     * Session of the visitor, open from the hook `onRequest` on. Committed before the response is sent, unless an error is
     * sent. Exists where the plugin is registered, and not if the session could not be opened.
     */
    session: NodeSession<SessionData>
  }
}

export interface FastifySessionsOptions {
  /** Manager that opens and commits the sessions. */
  readonly sessions: SessionManager<SessionData>
}

/** Commit of a request's session. */
interface RequestCommit {
  /** First commit that the handler or the plugin started. A second one is refused. */
  attempt: Promise<readonly string[]> | undefined
  /** True once an error is sent: what the failed handler changed is not stored. */
  isFailed: boolean
}

/** Opens the session. Its commit adds the cookies when the headers are written, because the reply overwrites earlier ones. */
async function open(
  sessions: SessionManager<SessionData>,
  request: FastifyRequest,
  { raw }: FastifyReply,
): Promise<RequestCommit> {
  const session = await sessions.openNode(request.raw, raw)
  const commit = session.commit.bind(session)
  const state: RequestCommit = { attempt: undefined, isFailed: false }

  async function commitAndAddHeaders(): Promise<readonly string[]> {
    const setCookies = await commit()
    if (setCookies.length > 0) onHeaders(raw, () => sessions.addHeaders(raw, setCookies))
    return setCookies
  }

  function commitOnce(): Promise<readonly string[]> {
    const attempt = commitAndAddHeaders()
    state.attempt ??= attempt
    return attempt
  }

  request.session = Object.assign(session, { commit: commitOnce })
  return state
}

/** Sets the status of the error page, unless the error handler of the app sets another. */
function failWith(reply: FastifyReply, error: unknown): never {
  reply.code(sessionErrorStatus(error) ?? 500)
  throw error
}

/** Prepares the reply, which has the headers of the page that is not sent, for the error page. */
function discard(reply: FastifyReply, payload: unknown): void {
  releaseBody(payload)
  clearBodyHeaders({
    getHeader: (name) => reply.getHeader(name),
    setHeader: (name, value) => reply.header(name, value),
    removeHeader: (name) => reply.removeHeader(name),
  })
}

function checkManager(sessions: unknown): asserts sessions is SessionManager<SessionData> {
  if (typeof sessions === 'object' && sessions !== null && 'openNode' in sessions) return
  throw new TypeError('fastifySessions: option sessions must be a manager. Pass that of createSessionManager.')
}

const addSessions: FastifyPluginAsync<FastifySessionsOptions> = async (app, { sessions }) => {
  checkManager(sessions)
  const states = new WeakMap<FastifyRequest, RequestCommit>()

  app.decorateRequest('session')

  app.addHook('onRequest', async (request, reply) => {
    states.set(request, await open(sessions, request, reply).catch((error: unknown) => failWith(reply, error)))
  })

  app.addHook('onError', async (request) => {
    const state = states.get(request)
    if (state) state.isFailed = true
  })

  app.addHook('onSend', async (request, reply, payload) => {
    const state = states.get(request)
    if (!state) return
    keepError(payload)
    if (state.attempt) await Promise.allSettled([state.attempt])
    else if (!state.isFailed && isSendable(payload)) {
      await request.session.commit().catch((error: unknown) => {
        discard(reply, payload)
        failWith(reply, error)
      })
    }
  })
}

/**
 * Plugin that opens a session for each request, as `request.session`, and commits it before the response is sent. Applies
 * to the routes of the instance that registers it. A failed commit is sent as an error, and never as half a response.
 */
export const fastifySessions: FastifyPluginAsync<FastifySessionsOptions> = fastifyPlugin(addSessions, {
  name: '@bext/session-fastify',
  fastify: '5.x',
})
