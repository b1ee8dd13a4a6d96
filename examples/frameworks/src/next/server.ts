import type { Server } from 'node:http'
import { createServer } from 'node:http'
import { sessionErrorStatus } from '@bext/session-core/manager'
import { getRequestListener } from '@hono/node-server'
import * as fail from './app/fail/route.js'
import * as failLate from './app/fail-late/route.js'
import * as home from './app/route.js'
import * as note from './app/note/route.js'
import * as signIn from './app/sign-in/route.js'
import * as signOut from './app/sign-out/route.js'
import * as stream from './app/stream/route.js'

type RouteHandler = (request: Request) => Promise<Response>

/** Route handlers by path, as Next.js finds them by their folders. */
const routes: Readonly<Record<string, RouteHandler>> = {
  'GET /': home.GET,
  'GET /fail': fail.GET,
  'GET /stream': stream.GET,
  'POST /fail-late': failLate.POST,
  'POST /note': note.POST,
  'POST /sign-in': signIn.POST,
  'POST /sign-out': signOut.POST,
}

async function answer(request: Request): Promise<Response> {
  const handler = routes[`${request.method} ${new URL(request.url).pathname}`]
  if (!handler) return new Response(null, { status: 404 })
  try {
    return await handler(request)
  } catch (error) {
    return new Response('Something went wrong.', { status: sessionErrorStatus(error) ?? 500 })
  }
}

/** Creates a server in place of Next.js' own: route handlers get a `Request` and return a `Response`. */
export function createNextStyle(): Server {
  const listener = getRequestListener(answer)
  return createServer((request, response) => void listener(request, response))
}
