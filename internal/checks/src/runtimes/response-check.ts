// Runs on each runtime: `handleFetch` must not change a response, except for the cookie.
import { memorySessions } from '@bext/session-core/memory'
import { createSessionManager } from '@bext/session-core/manager'

/** Sends a request to the server that `answer` serves. */
export type Send = (path: string, init?: RequestInit) => Promise<Response>

interface BunFiles {
  readonly file: (path: string) => Blob
}

interface WorkerSockets {
  readonly WebSocketPair: new () => { readonly 0: unknown; readonly 1: { accept(): void; send(text: string): void } }
}

const runtime = globalThis as Partial<WorkerSockets> & { readonly Bun?: BunFiles }

const sessions = createSessionManager({ store: memorySessions(), initialData: () => ({ visits: 0 }) })

/** Returns a gzipped response, which a server must not compress again. */
function zipped(): Response {
  const empty = Uint8Array.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0])
  const init = { encodeBody: 'manual', headers: { 'Content-Encoding': 'gzip' } }
  return new Response(empty, init)
}

function upgraded(): Response {
  const [client, server] = Object.values(new runtime.WebSocketPair!()) as [unknown, { accept(): void }]
  server.accept()
  return new Response(null, { status: 101, webSocket: client } as ResponseInit)
}

const common: Readonly<Record<string, () => Response>> = {
  text: () => new Response('Visit 1'),
  json: () => Response.json({ visits: 1 }),
  form: () => new Response(new URLSearchParams('a=1')),
  redirect: () => Response.redirect('http://localhost/next', 303),
  nothing: () => new Response(null, { status: 204 }),
}

const responses: Readonly<Record<string, () => Response>> = {
  ...common,
  ...(runtime.Bun && { file: () => new Response(runtime.Bun!.file('report.js')) }),
  ...(runtime.WebSocketPair && { zipped, upgraded }),
}

/** Answers `/plain/…` without a session, and `/handled/…` with a new one. */
export async function answer(request: Request): Promise<Response> {
  const [, way, kind = ''] = new URL(request.url).pathname.split('/')
  const make = responses[kind]!
  if (way === 'plain') return make()
  return sessions.handleFetch(request, (session) => {
    session.data.visits += 1
    return make()
  })
}

const ofSession = new Set(['set-cookie', 'cache-control', 'date'])

/** Resolves to all that a client sees of a response, except the headers that a new session adds. */
async function seen(response: Response): Promise<string> {
  const { status, headers } = response
  const socket = Reflect.get(response, 'webSocket') ? 'a socket' : ''
  const own = [...headers].filter(([name]) => !ofSession.has(name))
  const body = socket === '' ? new TextDecoder().decode(await response.arrayBuffer()) : ''
  return JSON.stringify([status, own, socket, body])
}

function initOf(kind: string): RequestInit {
  const headers = {
    ...(kind === 'upgraded' && { Upgrade: 'websocket' }),
    ...(kind === 'file' && { Range: 'bytes=0-9' }),
  }
  return { headers, redirect: 'manual' }
}

/** The checks, by name. */
export function responseChecks(send: Send): Readonly<Record<string, () => Promise<void>>> {
  const checks = Object.keys(responses).map((kind) => [
    `handle keeps a response: ${kind}`,
    async () => {
      const plain = await seen(await send(`/plain/${kind}`, initOf(kind)))
      const response = await send(`/handled/${kind}`, initOf(kind))
      if (response.headers.getSetCookie().length !== 1) throw new Error('expected one cookie')
      const handled = await seen(response)
      if (handled !== plain) throw new Error(`expected ${plain}, but got ${handled}`)
    },
  ])
  return Object.fromEntries(checks) as Readonly<Record<string, () => Promise<void>>>
}
