// Runs on each runtime: neither `handleFetch` nor the middleware of Hono may change a response, except for the cookie.
import { memorySessions } from '@bext/session-core/memory'
import { createSessionManager } from '@bext/session-core/manager'
import { honoSessions, type SessionEnv } from '@bext/session-hono'
import { Hono } from 'hono'

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

/** Returns a body that never ends. */
function endless(): ReadableStream<Uint8Array> {
  const chunk = new TextEncoder().encode('tick\n'.repeat(4096))
  return new ReadableStream({ pull: (controller) => controller.enqueue(chunk) })
}

const twoCookies: [string, string][] = [
  ['Set-Cookie', 'theme=dark; Expires=Fri, 01 Jan 2100 00:00:00 GMT'],
  ['Set-Cookie', 'language=en'],
]

const common: Readonly<Record<string, () => Response | Promise<Response>>> = {
  text: () => new Response('Visit 1'),
  json: () => Response.json({ visits: 1 }),
  form: () => new Response(new URLSearchParams('a=1')),
  redirect: () => Response.redirect('http://localhost/next', 303),
  nothing: () => new Response(null, { status: 204 }),
  unmodified: () => new Response(null, { status: 304, headers: { ETag: '"1"' } }),
  cookies: () => new Response('Visit 1', { headers: twoCookies }),
  endless: () => new Response(endless()),
}

// workerd fetches no data: URL, and the others have no object whose headers are as immutable.
const fetched = (): Promise<Response> => fetch('data:text/plain,Visit%201')

const responses: typeof common = {
  ...common,
  ...(!runtime.WebSocketPair && { fetched }),
  ...(runtime.Bun && { file: () => new Response(runtime.Bun!.file('report.js')) }),
  ...(runtime.WebSocketPair && { zipped, upgraded }),
}

const app = new Hono<SessionEnv<{ visits: number }>>()
app.use(honoSessions(sessions))
app.get('/hono/:kind', (c) => {
  c.var.session.data.visits += 1
  return responses[c.req.param('kind')]!()
})

/** Answers `/plain/…` without a session, and `/handled/…` and `/hono/…` with a new one. */
export async function answer(request: Request): Promise<Response> {
  const [, way, kind = ''] = new URL(request.url).pathname.split('/')
  const make = responses[kind]!
  if (way === 'plain') return make()
  if (way === 'hono') return app.fetch(request)
  return sessions.handleFetch(request, (session) => {
    session.data.visits += 1
    return make()
  })
}

const ofSession = new Set(['set-cookie', 'cache-control', 'date'])

async function bodyOf(response: Response, kind: string): Promise<string> {
  if (Reflect.get(response, 'webSocket')) return 'a socket'
  if (kind !== 'endless') return response.text()
  const reader = response.body!.getReader()
  const { value } = await reader.read()
  await reader.cancel()
  return new TextDecoder().decode(value).slice(0, 4)
}

/** Resolves to all that a client sees of a response, except what a new session adds. */
async function seen(response: Response, kind: string): Promise<string> {
  const { status, headers } = response
  const cookies = headers.getSetCookie().filter((one) => !one.startsWith('__Host-session'))
  const own = [...headers].filter(([name]) => !ofSession.has(name))
  return JSON.stringify([status, own, cookies, await bodyOf(response, kind)])
}

function initOf(kind: string): RequestInit {
  const headers = {
    ...(kind === 'upgraded' && { Upgrade: 'websocket' }),
    ...(kind === 'file' && { Range: 'bytes=0-9' }),
  }
  return { headers, redirect: 'manual' }
}

async function compare(send: Send, way: 'handled' | 'hono', kind: string): Promise<void> {
  const plain = await seen(await send(`/plain/${kind}`, initOf(kind)), kind)
  const response = await send(`/${way}/${kind}`, initOf(kind))
  const ofSessions = response.headers.getSetCookie().filter((one) => one.startsWith('__Host-session'))
  if (ofSessions.length !== 1) throw new Error('expected one cookie of the session')
  const changed = await seen(response, kind)
  if (changed !== plain) throw new Error(`expected ${plain}, but got ${changed}`)
}

/** The checks, by name. */
export function responseChecks(send: Send): Readonly<Record<string, () => Promise<void>>> {
  const kinds = Object.keys(responses)
  return Object.fromEntries([
    ...kinds.map((kind) => [`handleFetch keeps a response: ${kind}`, () => compare(send, 'handled', kind)] as const),
    ...kinds.map((kind) => [`Hono keeps a response: ${kind}`, () => compare(send, 'hono', kind)] as const),
  ])
}
