import { once } from 'node:events'
import type { Cookie } from 'tough-cookie'
import { CookieJar } from 'tough-cookie'
import { WebSocket } from 'ws'

export interface Reply {
  readonly status: number
  readonly body: string
  /** Cookies that it sets, as the cookie jar parsed them. */
  readonly cookies: readonly Cookie[]
}

/** A minimal browser for the walk: it stores cookies by the rules, sends its origin, and runs no scripts. */
export interface Client {
  readonly name: string
  get(path: string): Promise<Reply>
  /** Sends a form. Default origin: our own page. */
  post(path: string, fields?: Readonly<Record<string, string>>, origin?: string): Promise<Reply>
  /** Resolves to the session cookie that it would send now. */
  cookie(): Promise<Cookie | undefined>
  /** Opens the socket of a page, and resolves once it says "connected". Default origin: our own page. */
  live(origin?: string): Promise<WebSocket>
}

export interface ClientOptions {
  /** Cookie to start with. Default: none. */
  readonly cookie?: Cookie | undefined
  /** Header `User-Agent`. Default: that of Node. */
  readonly userAgent?: string | undefined
}

/** Creates a client with its own cookies. */
export async function createClient(
  name: string,
  url: string,
  signal: AbortSignal,
  { cookie: first, userAgent }: ClientOptions = {},
): Promise<Client> {
  // Strict: rejects a `__Host-` cookie that breaks the rules of its prefix.
  const jar = new CookieJar(undefined, { prefixSecurity: 'strict' })
  if (first) await jar.setCookie(first.toString(), url)

  async function send(path: string, init: RequestInit = {}): Promise<Reply> {
    const headers = new Headers(init.headers)
    headers.set('cookie', await jar.getCookieString(url))
    if (userAgent !== undefined) headers.set('user-agent', userAgent)
    const response = await fetch(url + path, { ...init, headers, redirect: 'manual', signal })
    const cookies: Cookie[] = []
    for (const setCookie of response.headers.getSetCookie()) {
      const cookie = await jar.setCookie(setCookie, url)
      if (cookie) cookies.push(cookie)
    }
    return { status: response.status, body: await response.text(), cookies }
  }

  return {
    name,
    get: (path) => send(path),
    post: (path, fields = {}, origin = url) =>
      send(path, { method: 'POST', headers: { origin }, body: new URLSearchParams(fields) }),
    async cookie() {
      const [cookie] = await jar.getCookies(url)
      return cookie
    },
    async live(origin = url) {
      const headers = { cookie: await jar.getCookieString(url) }
      const socket = new WebSocket(`${url.replace('http', 'ws')}/live`, { headers, origin })
      await once(socket, 'message', { signal })
      return socket
    },
  }
}
