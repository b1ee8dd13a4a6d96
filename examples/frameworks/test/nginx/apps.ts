import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { cookieSessions } from '@bext/session-cookie'
import { createSessionManager, sessionErrorStatus } from '@bext/session-core/manager'
import type { NextFunction, Request, RequestHandler, Response } from 'express'
import express from 'express'
import helmet from 'helmet'

const store = cookieSessions({ secrets: [{ id: 'k1', secret: crypto.getRandomValues(new Uint8Array(32)) }] })
const sessions = createSessionManager({ store, initialData: () => ({ text: '' }) })
const emptyLength = JSON.stringify({ text: '' }).length

/** Does what the path says: /read, or /change/2000 or /sign-in/2000 for session data of 2,000 characters of JSON. */
async function act(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [, action, length] = request.url?.split('/') ?? []
  const session = await sessions.openNode(request, response)
  if (action === 'read') return
  session.data.text = 'x'.repeat(Number(length) - emptyLength)
  if (action === 'sign-in') session.signIn('ann')
  await session.commit()
}

function createNodeHttp(): RequestListener {
  return (request, response) => {
    act(request, response).then(
      () => response.end('Done'),
      (error: unknown) => response.writeHead(sessionErrorStatus(error) ?? 500).end(),
    )
  }
}

function createExpress(...before: RequestHandler[]): RequestListener {
  const app = express()
  for (const handler of before) app.use(handler)
  app.use(async (request, response) => {
    await act(request, response)
    response.send('Done')
  })
  app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    response.sendStatus(sessionErrorStatus(error) ?? 500)
  })
  return app
}

/** Small apps with sealed cookies. Their frameworks differ in the headers that they add. */
export const apps: Readonly<Record<string, RequestListener>> = {
  'node:http': createNodeHttp(),
  Express: createExpress(),
  'Express with helmet': createExpress(helmet()),
}
