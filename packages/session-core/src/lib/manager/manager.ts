import { describeType } from '../check-option.js'
import { isSessionError, SessionError } from '../error.js'
import type { SessionId, SessionPlugin, SessionRecord } from '../plugin.js'
import type { SessionManagerOptions } from './options.js'
import { checkManagerOptions } from './options.js'
import type { Session } from './session.js'
import { createSession } from './session.js'

/** Opens sessions from the cookies of requests. */
export interface SessionManager<Data extends object> {
  /**
   * Resolves to the session that a request's `Cookie` header names; to a new one if it names none that is alive (an
   * outdated cookie is ignored, not cleared: a parallel sign-in may have replaced it). Costs one read for each cookie
   * of that name, at most five, and none without one. Rejects with `Backend` as the store does (contract E4).
   */
  open(cookieHeader: string | null | undefined): Promise<Session<Data>>
}

async function readIfAlive(plugin: SessionPlugin, id: SessionId): Promise<SessionRecord | undefined> {
  try {
    return await plugin.read(id)
  } catch (error) {
    if (isSessionError(error) && error.code !== 'Backend') return undefined
    throw error
  }
}

/** The host side of a store: cookies in, cookies out. Throws a `TypeError` for a wrong option. */
export function createSessionManager<Data extends object>(options: SessionManagerOptions<Data>): SessionManager<Data> {
  const context = checkManagerOptions(options)

  return {
    async open(cookieHeader: string | null | undefined): Promise<Session<Data>> {
      const header = cookieHeader ?? ''
      if (typeof header !== 'string') {
        throw new SessionError('bad_argument', `open needs a Cookie header, but it was given ${describeType(header)}.`)
      }
      for (const id of context.cookie.candidates(header)) {
        const record = await readIfAlive(context.plugin, id)
        if (record) return createSession(context, record)
      }
      return createSession<Data>(context, undefined)
    },
  }
}
