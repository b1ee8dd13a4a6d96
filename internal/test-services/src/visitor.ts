import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import makeFetchCookie from 'fetch-cookie'
import { CookieJar } from 'tough-cookie'
import { onTestFinished } from 'vitest'

/** Starts the server until the test ends. Resolves to its URL. */
export async function serve(created: Server | Promise<Server>): Promise<string> {
  const server = await created
  await once(server.listen(0, 'localhost'), 'listening')
  onTestFinished(async () => {
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  })
  return `http://localhost:${(server.address() as AddressInfo).port}`
}

export type RequestLine = `${'GET' | 'HEAD' | 'POST'} /${string}`

export interface Visitor {
  /** Sends a request. A redirect is not followed. */
  send(request: RequestLine, headers?: Readonly<Record<string, string>>): Promise<Response>
  /** Sends a request. Resolves to the text of the response. */
  textOf(request: RequestLine): Promise<string>
  /** Resolves to the values of the cookies that the visitor would send, by name. */
  cookies(): Promise<ReadonlyMap<string, string>>
}

/** Creates a client that honours the cookie rules of browsers, including those of the prefix `__Host-`. */
export function visit(url: string): Visitor {
  const jar = new CookieJar(undefined, { prefixSecurity: 'strict' })
  const fetchWithCookies = makeFetchCookie(fetch, jar, false)

  async function send(request: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    const [method = '', path = ''] = request.split(' ')
    return fetchWithCookies(url + path, { method, headers, redirect: 'manual' })
  }

  return {
    send,
    textOf: async (request) => (await send(request)).text(),
    async cookies() {
      return new Map((await jar.getCookies(url)).map(({ key, value }) => [key, value]))
    },
  }
}
