// Uses web APIs only, because it also runs on the edge.
import type { SessionPlugin } from '@bext/session-core'
import { createSessionManager, sessionErrorStatus } from '@bext/session-core/manager'
import type { Session, SessionManager, SessionManagerOptions } from '@bext/session-core/manager'
import { memorySessions } from '@bext/session-core/memory'
import { hashSessionId } from '@bext/session-core/store-helpers'
import { deviceBinding, type DeviceBindingOptions, type DeviceRejection } from '@bext/session-device'
import { type Browser, type BrowserOptions, createBrowser, origin } from './browser.js'

export interface Data {
  visits: number
}

export type Sessions = SessionManager<Data>

export const secrets = [{ id: 'k1', secret: 'a secret of the tests, of forty characters' }]

export interface App {
  readonly sessions: Sessions
  readonly store: SessionPlugin
  readonly rejections: DeviceRejection[]
  readonly fetch: (request: Request) => Promise<Response>
  readonly browser: (options?: BrowserOptions) => Browser
}

interface AppOptions {
  readonly store?: SessionPlugin
  readonly device?: Partial<DeviceBindingOptions>
  readonly manager?: Partial<SessionManagerOptions<Data>>
}

type Route = (session: Session<Data>, parameters: URLSearchParams) => unknown

const routes: Readonly<Record<string, Route>> = {
  'GET /': ({ userId, device, data }) => ({ userId, device, visits: data.visits }),
  'POST /visit'(session) {
    session.data.visits += 1
  },
  'POST /sign-in'(session, parameters) {
    session.signIn(parameters.get('user') ?? 'ann')
  },
  'POST /rotate'(session, parameters) {
    session.rotate({ graceMs: Number(parameters.get('graceMs') ?? 0) })
  },
  'POST /sign-out'(session) {
    session.signOut()
  },
  'POST /sign-out-everywhere'(session) {
    session.signOutEverywhere()
  },
  'GET /devices': async (session) => ({ devices: await session.listSessions() }),
}

/** Creates an app with the option `device`. */
export function createApp({ store = memorySessions(), device = {}, manager = {} }: AppOptions = {}): App {
  const rejections: DeviceRejection[] = []
  const binding = deviceBinding({
    secrets,
    origins: [origin],
    onRejection: (rejection) => rejections.push(rejection),
    ...device,
  })
  const sessions = createSessionManager<Data>({
    store,
    initialData: () => ({ visits: 0 }),
    device: binding,
    ...manager,
  })

  async function fetch(request: Request): Promise<Response> {
    try {
      const answer = await sessions.handleDevice(request)
      if (answer) return answer
      const { pathname, searchParams } = new URL(request.url)
      return await sessions.handleFetch(request, async (session) => {
        const route = routes[`${request.method} ${pathname}`]
        return route ? Response.json((await route(session, searchParams)) ?? {}) : new Response(null, { status: 404 })
      })
    } catch (error) {
      return new Response(null, { status: sessionErrorStatus(error) ?? 500 })
    }
  }

  return { sessions, store, rejections, fetch, browser: (options) => createBrowser(fetch, options) }
}

export interface Me {
  readonly userId?: string
  readonly device: string
  readonly visits: number
}

export async function me(browser: Browser): Promise<Me> {
  return (await (await browser.request('/')).json()) as Me
}

/** Resolves to what a request with the cookies sees. */
export async function meWith(app: App, cookie: string, headers: Readonly<Record<string, string>> = {}): Promise<Me> {
  return (await (await app.fetch(new Request(`${origin}/`, { headers: { cookie, ...headers } }))).json()) as Me
}

/** Signs in, and waits for the registration. */
export async function signIn(browser: Browser): Promise<void> {
  await browser.request('/sign-in', { method: 'POST' })
  await browser.settled()
}

/** Time after which a request without the bound cookie is not taken for one that was sent before the registration. */
export const afterRegistrationMs = 31_000

export function idOf(browser: Browser): string {
  const { value } = browser.cookies.get('__Host-session') ?? {}
  if (value === undefined) throw new Error('The browser has no session cookie.')
  return value
}

/** Returns the id of the record of a binding, as anybody can compute it from a handle. */
export function recordIdOf(id: string): string {
  return hashSessionId(`@bext/session-device v1 ${hashSessionId(id)}`)
}
