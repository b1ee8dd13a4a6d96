import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { SessionManager, SessionRejection } from '@bext/session-core/manager'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { cookieAfter, managerOf, watched } from './helpers.js'
import type { Visit } from './helpers.js'

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>

/** Starts a server for the duration of the test. If the handler rejects, the answer is a 500 with the error as text. */
async function serve(handler: Handler): Promise<string> {
  const server = createServer((request, response) => {
    handler(request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500)
      response.end(String(error))
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function counter(manager: SessionManager<Visit>): Handler {
  return async (request, response) => {
    const session = await manager.openNode(request, response)
    session.data.visits = (session.data.visits ?? 0) + 1
    const { visits } = session.data
    await session.commit()
    response.end(String(visits))
  }
}

function forgetful(manager: SessionManager<Visit>, status: number): Handler {
  return async (request, response) => {
    const session = await manager.openNode(request, response)
    session.data.visits = 1
    response.writeHead(status).end('done')
  }
}

function untouched(manager: SessionManager<Visit>): Handler {
  return async (request, response) => {
    await manager.openNode(request, response)
    response.end()
  }
}

describe('openNode', () => {
  it('reads the cookie of the request, and a commit sets the cookie of the response', async () => {
    const url = await serve(counter(managerOf(watched().plugin)))
    const first = await fetch(url)
    expect(await first.text()).toBe('1')
    expect(first.headers.get('cache-control')).toBe('no-store')
    const setCookies = first.headers.getSetCookie()
    expect(setCookies).toHaveLength(1)
    const second = await fetch(url, { headers: { cookie: cookieAfter(setCookies) } })
    expect(await second.text()).toBe('2')
    expect(second.headers.getSetCookie()).toEqual([])
    expect(second.headers.has('cache-control')).toBe(false)
  })

  it.each([['theme=dark'], [['theme=dark', 'lang=en']]])(
    'keeps the cookies that the response already sets: %o',
    async (present) => {
      const manager = managerOf(watched().plugin, { cacheControl: 'private' })
      const url = await serve(async (request, response) => {
        response.setHeader('Set-Cookie', present).setHeader('Cache-Control', 'max-age=5')
        await counter(manager)(request, response)
      })
      const { headers } = await fetch(url)
      expect(headers.getSetCookie()).toEqual([...[present].flat(), expect.stringMatching(/^__Host-session-guest=/)])
      expect(headers.get('cache-control')).toBe('private, max-age=5')
    },
  )

  it('rejects a commit after the headers were sent: stores nothing and closes the session', async () => {
    const { plugin, calls } = watched()
    const manager = managerOf(plugin)
    const url = await serve(async (request, response) => {
      const session = await manager.openNode(request, response)
      session.data.visits = 1
      response.flushHeaders()
      const error: unknown = await session.commit().catch((reason: unknown) => reason)
      response.end(`${String(error)} ${attempt(() => session.data)}`)
    })
    const response = await fetch(url)
    expect(await response.text()).toMatch(/headers are already sent, so nothing was stored\. Commit before .*closed/)
    expect(response.headers.getSetCookie()).toEqual([])
    expect(calls).toEqual([])
  })

  it('can open and commit again after a rejected commit', async () => {
    const manager = managerOf(watched().plugin, { schema: undefined })
    const url = await serve(async (request, response) => {
      const failing = await manager.openNode(request, response)
      Reflect.set(failing, 'data', 'text')
      await failing.commit().catch(() => undefined)
      await counter(manager)(request, response)
    })
    const response = await fetch(url)
    expect(await response.text()).toBe('1')
    expect(response.headers.getSetCookie()).toHaveLength(1)
  })
})

describe('a change without a commit', () => {
  it('is reported after the response', async () => {
    const { plugin, calls } = watched()
    const onRejection = vi.fn<(rejection: SessionRejection) => void>()
    const manager = managerOf(plugin, { onRejection })
    await fetch(await serve(forgetful(manager, 200)))
    await vi.waitFor(() => expect(onRejection).toHaveBeenCalledTimes(1))
    expect(onRejection.mock.calls[0]?.[0]).toEqual({ phase: 'commit', reason: 'uncommitted' })
    expect(calls).toEqual([])
  })

  it('is reported also if the data cannot be stored', async () => {
    const onRejection = vi.fn<(rejection: SessionRejection) => void>()
    const manager = managerOf(watched().plugin, { onRejection })
    const url = await serve(async (request, response) => {
      const session = await manager.openNode(request, response)
      Reflect.set(session, 'data', 'text')
      response.end()
    })
    await fetch(url)
    await vi.waitFor(() => expect(onRejection).toHaveBeenCalledTimes(1))
  })

  it('is reported by one console warning without onRejection', async () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue(undefined)
    onTestFinished(() => warn.mockRestore())
    const url = await serve(forgetful(managerOf(watched().plugin), 200))
    await fetch(url)
    await fetch(url)
    await vi.waitFor(() => expect(warn).toHaveBeenCalledTimes(1))
    expect(warn.mock.calls[0]?.[0]).toMatch(/a change to a session was lost, .* session\.commit\(\) before/)
  })

  it.each<[string, (manager: SessionManager<Visit>) => Handler]>([
    ['if the response is an error page', (manager) => forgetful(manager, 500)],
    ['if nothing changed', untouched],
    ['if it was committed', counter],
  ])('is not reported %s', async (_, handlerOf) => {
    const onRejection = vi.fn<(rejection: SessionRejection) => void>()
    const handler = handlerOf(managerOf(watched().plugin, { onRejection }))
    let isFinished = false
    const url = await serve(async (request, response) => {
      await handler(request, response)
      // This listener runs after that of openNode, which was added first.
      if (response.writableFinished) isFinished = true
      else response.once('finish', () => (isFinished = true))
    })
    await (await fetch(url)).text()
    await vi.waitFor(() => expect(isFinished).toBe(true))
    expect(onRejection).not.toHaveBeenCalled()
  })
})

function attempt(use: () => unknown): string {
  try {
    return String(use())
  } catch (error) {
    return String(error)
  }
}
