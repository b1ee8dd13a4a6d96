import { describeType } from '../store-helpers/option-checks.js'
import type { CookiePair, RequestCookies } from './cookie.js'
import { endSession } from './end-session.js'
import type { SessionContext } from './host.js'
import { openSession } from './open.js'
import type { Committed } from './replace-session.js'
import type { CookiesSession } from './session.js'
import type { SetCookieAttributes } from './set-cookie.js'

/** Cookie as the cookie objects of frameworks return it: its value, or an object with the value. */
export type CookieByName = string | { readonly value: string } | null | undefined

/**
 * Cookies of a request and its response, by name: `await cookies()` of Next.js, `event.cookies` of SvelteKit,
 * `Astro.cookies`. For other frameworks, write the two functions.
 */
export interface CookiesByName {
  /** Returns the cookie of the request, decoded, or undefined if the request has none of this name. */
  get(name: string): CookieByName | Promise<CookieByName>
  /** Sets a cookie of the response. Replaces one of the same name, path and domain. Throws where it cannot be set. */
  set(name: string, value: string, attributes: SetCookieAttributes): unknown
}

function checkCookies(cookies: unknown): void {
  const { get, set } = (cookies ?? {}) as Partial<CookiesByName>
  if (typeof get === 'function' && typeof set === 'function') return
  const given = cookies instanceof Promise ? 'a Promise, which you must await' : describeType(cookies)
  throw new TypeError(`openCookies needs an object with the functions get and set, but it was given ${given}.`)
}

async function readCookies(
  { cookies }: Pick<SessionContext<object>, 'cookies'>,
  byName: CookiesByName,
): Promise<RequestCookies> {
  const pairs = await Promise.all(
    cookies.names.map(async (name): Promise<CookiePair> => {
      const found = await byName.get(name)
      return [name, (typeof found === 'object' ? found?.value : found) ?? '']
    }),
  )
  return cookies.pick(pairs.filter(([, value]) => value !== ''))
}

/** Opens the session of a request whose cookies are read and set by name. */
export async function openForCookies<Data extends object>(
  context: SessionContext<Data>,
  byName: CookiesByName,
): Promise<CookiesSession<Data>> {
  checkCookies(byName)
  const { session, commit, hasUncommittedChange } = await openSession(context, await readCookies(context, byName))

  async function setAll({ id, isCreated, setCookies }: Committed, isChanged: boolean): Promise<void> {
    try {
      for (const { name, value, attributes } of setCookies) await byName.set(name, value, attributes)
    } catch (cause) {
      // The commit only extended the session, so the present cookie stays valid for as long as before.
      if (!isChanged) return
      if (id !== undefined && isCreated) await endSession(context, id).catch(() => undefined)
      const message = 'commit: the cookie cannot be set here, so the visitor does not get the changed session.'
      const advice = 'Change the session where the framework lets you set cookies, before the response starts.'
      throw new Error(`${message} ${advice}`, { cause })
    }
  }

  async function commitToCookies(): Promise<boolean> {
    const isChanged = hasUncommittedChange()
    const { setCookies } = await commit((committed) => setAll(committed, isChanged))
    return setCookies.length > 0
  }

  return Object.assign(session, { commit: commitToCookies })
}
