import { SessionError } from '../contract/errors.js'
import { asSessionId } from '../contract/plugin.js'
import { describeType } from '../store-helpers/option-checks.js'
import type { SessionContext } from './host.js'
import { openSession } from './open.js'
import type { CommittedToken, TokenSession } from './session.js'

const scheme = /^Bearer(?: +|$)/i

/** Opens the session of a request that authenticates with a token. The token is the id that a cookie would hold. */
export async function openForToken<Data extends object>(
  context: SessionContext<Data>,
  authorization: string | null | undefined,
): Promise<TokenSession<Data>> {
  const given = authorization ?? ''
  if (typeof given !== 'string') {
    const message = `openToken needs a token or an Authorization header, but it was given ${describeType(given)}.`
    throw new SessionError('bad_argument', message)
  }
  const token = given.replace(scheme, '').trim()
  // Credentials of another scheme, such as Basic, contain a space, which no id contains.
  const main = token === '' || token.includes(' ') ? [] : [asSessionId(token)]
  const { session, commit } = await openSession(context, { main, guest: [], legacy: undefined, bound: [] })

  async function commitToToken(): Promise<CommittedToken> {
    const { setCookies } = await commit()
    const created = setCookies.find(({ value }) => value !== '')
    return { token: created?.value, isEnded: !created && setCookies.length > 0 }
  }

  return Object.assign(session, { commit: commitToToken })
}
