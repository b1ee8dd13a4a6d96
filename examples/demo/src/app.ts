import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { isSessionError } from '@bext/session-core'
import type { LifetimeOptions, OpenSession } from '@bext/session-core/manager'
import { createSessionManager } from '@bext/session-core/manager'
import { formActions } from './actions.js'
import type { SessionData } from './actions.js'
import { homePage, messagePage } from './pages.js'
import { checkOrigin, readForm, RejectedRequest } from './requests.js'
import type { DemoStore } from './stores/store.js'
import { contentSecurityPolicy } from './style.js'

interface Answer {
  readonly status: number
  readonly body?: string
  readonly location?: string
  readonly setCookies?: readonly string[]
}

const errorAnswers = {
  NotFound: { status: 409, body: messagePage('Your session was ended from another device in the meantime.') },
  Invalid: { status: 400, body: messagePage('The session cannot store this value.') },
  Backend: {
    status: 503,
    body: messagePage('The session store does not respond. You are still signed in: try again.'),
  },
}

function answerError(error: unknown): Answer {
  if (error instanceof RejectedRequest) return { status: error.status, body: messagePage(error.message) }
  console.error(error)
  return isSessionError(error) ? errorAnswers[error.code] : { status: 500, body: messagePage('Something went wrong.') }
}

function send(response: ServerResponse, { status, body = '', location, setCookies = [] }: Answer): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': contentSecurityPolicy,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(location !== undefined && { location }),
    ...(setCookies.length > 0 && { 'set-cookie': [...setCookies] }),
  })
  response.end(body)
}

/** Creates the web app on a store: pages without scripts, and forms that redirect back to the page. */
export function createApp(store: DemoStore, lifetimes: LifetimeOptions = {}): RequestListener {
  const { plugin } = store
  const manager = createSessionManager<SessionData>({ store: plugin, initialData: () => ({ visits: 0 }), ...lifetimes })
  const actions = formActions(manager)

  async function showHome(session: OpenSession<SessionData>): Promise<Answer> {
    const { userId } = session
    const { visits } = session.data
    const devices = manager.supportsUserIndex ? await session.listSessions() : undefined
    const setCookies = await session.commit()
    const storedRows = await store.look(userId)
    const { place, keeps, shows } = store
    const view = { store: { name: plugin.name, place, keeps, shows }, userId, visits, devices, storedRows }
    return { status: 200, body: homePage(view), setCookies }
  }

  async function answer(request: IncomingMessage): Promise<Answer> {
    const [pathname = '/'] = (request.url ?? '/').split('?')
    const isPage = pathname === '/' || pathname === '/store'
    const action = actions.get(pathname)
    if (!isPage && !action) return { status: 404, body: messagePage('There is no such page.') }
    if (request.method !== (isPage ? 'GET' : 'POST')) {
      return { status: 405, body: messagePage('That is not how this address is used.') }
    }
    if (action) checkOrigin(request)
    const form = await readForm(request)
    const session = await manager.open(request.headers.cookie)
    if (action) {
      await action(session, form)
      return { status: 303, location: '/', setCookies: await session.commit() }
    }
    if (pathname === '/') session.data.visits += 1
    return showHome(session)
  }

  return (request, response) => {
    answer(request)
      .catch(answerError)
      .then((answered) => send(response, answered))
      .catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined))
  }
}
