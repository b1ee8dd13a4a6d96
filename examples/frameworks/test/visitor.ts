import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import makeFetchCookie from 'fetch-cookie'
import { CookieJar } from 'tough-cookie'
import { onTestFinished } from 'vitest'

/** Serves until the test is over, and resolves to the URL. */
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

export type RequestLine = `${'GET' | 'POST'} /${string}`

export interface Visitor {
  /** Sends a request. A redirect is not followed. */
  send(request: RequestLine, headers?: Readonly<Record<string, string>>): Promise<Response>
  /** What a request is answered, as a text. */
  textOf(request: RequestLine): Promise<string>
  /** The values of the cookies that the visitor would send, by their names. */
  cookies(): Promise<ReadonlyMap<string, string>>
}

/** A client that keeps cookies by the rules of browsers, also those of the prefix `__Host-`. */
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
