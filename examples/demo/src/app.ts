import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { LifetimeOptions } from '@bext/session-core/manager'
import { deviceNode } from '@bext/session-device'
import { answerError, send, type Answer } from './answer.js'
import { createLive, type Live } from './live.js'
import { messagePage } from './pages/message.js'
import { checkOrigin, readForm } from './requests.js'
import { createRoutes } from './routes.js'
import { createSessions } from './sessions.js'
import type { DemoStore } from './stores/store.js'

/** A web app, for a server. */
export interface App extends Live {
  readonly respond: RequestListener
}

/** Creates the web app on a store: pages, forms that redirect back to a page, and a socket. `url` is its own URL. */
export function createApp(store: DemoStore, url: string, lifetimes: LifetimeOptions = {}): App {
  const sessions = createSessions(store.plugin, url, lifetimes)
  const routes = createRoutes(sessions, store, url)
  const answerDevice = deviceNode(sessions)
  const live = createLive(sessions)

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<Answer> {
    const [pathname = '/'] = (request.url ?? '/').split('?')
    const route = routes.get(pathname)
    if (!route) return { status: 404, body: messagePage('There is no such page.') }
    if (request.method !== route.method) {
      return { status: 405, body: messagePage('That is not how this address is used.') }
    }
    if (route.method === 'POST') checkOrigin(request)
    const form = await readForm(request)
    return route.answer({ session: await sessions.openNode(request, response), form, request })
  }

  function answerPage(request: IncomingMessage, response: ServerResponse): void {
    answer(request, response)
      .catch(answerError)
      .then((answered) => send(response, answered))
      .catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined))
  }

  return {
    respond: (request, response) => answerDevice(request, response, () => answerPage(request, response)),
    ...live,
  }
}
