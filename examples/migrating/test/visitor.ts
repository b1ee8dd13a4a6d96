import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import makeFetchCookie from 'fetch-cookie'
import { CookieJar } from 'tough-cookie'
import { expect, onTestFinished } from 'vitest'

async function originOf(app: RequestListener): Promise<string> {
  const server = createServer(app).listen(0, 'localhost')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://localhost:${(server.address() as AddressInfo).port}`
}

/** A visitor of several apps on one host. Their ports share the cookies. */
export interface Visitor {
  readonly jar: CookieJar
  /** Sends a request such as `GET /`, and resolves to the status and text of the response. */
  ask(app: RequestListener, request: string): Promise<string>
  cookieNames(): Promise<string[]>
}

export function createVisitor(): Visitor {
  const jar = new CookieJar()
  const send = makeFetchCookie(fetch, jar)
  return {
    jar,
    async ask(app, request) {
      const [method = '', path = ''] = request.split(' ')
      const response = await send((await originOf(app)) + path, { method })
      return `${response.status} ${await response.text()}`
    },
    async cookieNames() {
      return (await jar.getCookies('http://localhost')).map(({ key }) => key).toSorted()
    },
  }
}

/** Expects the new app to take over the session of a user of the old app, and to delete it from the old store. */
export async function expectMigration(before: RequestListener, after: RequestListener): Promise<void> {
  const ann = createVisitor()
  await ann.ask(before, 'POST /sign-in?name=ann')
  expect(await ann.ask(before, 'GET /')).toBe('200 Visit 1 of ann')
  const thief = createVisitor()
  for (const cookie of await ann.jar.getCookies('http://localhost'))
    await thief.jar.setCookie(cookie, 'http://localhost')

  expect(await ann.ask(after, 'GET /')).toBe('200 Visit 2 of ann')
  expect(await ann.cookieNames()).toEqual(['__Host-session'])
  expect(await ann.ask(after, 'GET /')).toBe('200 Visit 3 of ann')

  expect(await thief.ask(before, 'GET /')).toBe('200 Visit 1 of a guest')
}
