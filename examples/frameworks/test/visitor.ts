import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import makeFetchCookie from 'fetch-cookie'
import { CookieJar } from 'tough-cookie'
import { onTestFinished } from 'vitest'
import { frameworks } from '../src/frameworks.js'

/** Serves the app in that framework until the test is over, and resolves to its URL. */
export async function serve(name: string): Promise<string> {
  const server = await frameworks[name]!()
  await once(server.listen(0, 'localhost'), 'listening')
  onTestFinished(async () => {
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  })
  return `http://localhost:${(server.address() as AddressInfo).port}`
}

export interface Visitor {
  send(request: `${'GET' | 'POST'} /${string}`): Promise<Response>
  /** What a request is answered, as a text. */
  textOf(request: `${'GET' | 'POST'} /${string}`): Promise<string>
  /** The values of the cookies that the visitor would send, by their names. */
  cookies(): Promise<ReadonlyMap<string, string>>
}

/** A client that keeps cookies by the rules of browsers, also those of the prefix `__Host-`. */
export function visit(url: string): Visitor {
  const jar = new CookieJar(undefined, { prefixSecurity: 'strict' })
  const fetchWithCookies = makeFetchCookie(fetch, jar, false)

  async function send(request: string): Promise<Response> {
    const [method = '', path = ''] = request.split(' ')
    return fetchWithCookies(url + path, { method })
  }

  return {
    send,
    textOf: async (request) => (await send(request)).text(),
    async cookies() {
      return new Map((await jar.getCookies(url)).map(({ key, value }) => [key, value]))
    },
  }
}
