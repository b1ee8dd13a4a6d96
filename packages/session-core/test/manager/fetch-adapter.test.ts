import type { Session } from '@bext/session-core/manager'
import { describe, expect, it } from 'vitest'
import { backendError, begin, cookieAfter, managerOf, watched } from './helpers.js'
import type { Visit } from './helpers.js'

const url = 'https://example.com/'

function requestOf(cookie?: string): Request {
  return new Request(url, { headers: cookie === undefined ? {} : { cookie } })
}

describe('handleFetch', () => {
  it('opens the session, and adds its cookie to the response of the handler', async () => {
    const manager = managerOf(watched().plugin)
    const response = await manager.handleFetch(requestOf(), async (session) => {
      session.data.visits = 1
      session.signIn('ada')
      return new Response('hello', { status: 201, statusText: 'Made', headers: { 'set-cookie': 'theme=dark' } })
    })
    expect([response.status, response.statusText, await response.text()]).toEqual([201, 'Made', 'hello'])
    const [theme, ...setCookies] = response.headers.getSetCookie()
    expect(theme).toBe('theme=dark')
    const again = await manager.handleFetch(requestOf(cookieAfter(setCookies)), ({ userId, data }) =>
      Response.json({ userId, data }),
    )
    expect(await again.json()).toEqual({ userId: 'ada', data: { visits: 1 } })
    expect(again.headers.getSetCookie()).toEqual([])
  })

  it('adds the cookie to responses with immutable headers', async () => {
    const response = await managerOf(watched().plugin).handleFetch(requestOf(), (session) => {
      session.data.visits = 1
      return Response.redirect(`${url}next`, 303)
    })
    expect(response.status).toBe(303)
    expect(response.headers.get('location')).toBe(`${url}next`)
    expect(response.headers.getSetCookie()).toHaveLength(1)
  })

  it('does not change the response of the handler, which may be shared with other requests', async () => {
    const shared = new Response(null, { status: 204 })
    const response = await managerOf(watched().plugin).handleFetch(requestOf(), (session) => {
      session.data.visits = 1
      return shared
    })
    expect(response.headers.getSetCookie()).toHaveLength(1)
    expect(shared.headers.getSetCookie()).toEqual([])
  })

  it('commits after the handler and before the body is read: a stream can read the session but not change it', async () => {
    const { plugin, calls } = watched()
    let kept: Session<Visit> | undefined
    const response = await managerOf(plugin).handleFetch(requestOf(), (session) => {
      session.data.visits = 1
      kept = session
      async function* chunks(): AsyncGenerator<Uint8Array> {
        yield new TextEncoder().encode(`stored by then: ${calls.join()}; `)
        try {
          session.data.visits = 2
        } catch (error) {
          yield new TextEncoder().encode(`${String(error)} ${session.data.visits}`)
        }
      }
      return new Response(ReadableStream.from(chunks()))
    })
    expect(response.headers.getSetCookie()).toHaveLength(1)
    expect(await response.text()).toMatch(/^stored by then: create; TypeError: The session is committed.* 1$/)
    expect(kept?.data).toEqual({ visits: 1 })
    expect(calls).toEqual(['create'])
  })

  it('stores nothing if the handler fails, and closes the session', async () => {
    const { plugin, calls } = watched()
    const broken = new Error('broken')
    let kept: Session<Visit> | undefined
    const handling = managerOf(plugin).handleFetch(requestOf(), (session) => {
      session.data.visits = 1
      kept = session
      throw broken
    })
    await expect(handling).rejects.toBe(broken)
    expect(calls).toEqual([])
    expect(() => kept?.data).toThrow('closed')
  })

  it.each([
    ['has been read', 'already read', () => consumed()],
    ['is an error', 'Response.error() cannot be sent', async () => Response.error()],
  ])('stores nothing if the response cannot be sent because it %s', async (_, message, respond) => {
    const { plugin, calls } = watched()
    const handling = managerOf(plugin).handleFetch(requestOf(), async (session) => {
      session.data.visits = 1
      return respond()
    })
    await expect(handling).rejects.toThrow(message)
    expect(calls).toEqual([])
  })

  it.each([{ visits: 1 }, 'text', undefined, null, 7])('stores nothing if the handler returns %o', async (answer) => {
    const { plugin, calls } = watched()
    const handling = managerOf(plugin).handleFetch(requestOf(), (session) => {
      session.data.visits = 1
      return answer as unknown as Response
    })
    await expect(handling).rejects.toThrow(
      /^handleFetch: the handler must return a Response, but it returned [a-z]+\. /,
    )
    await expect(handling).rejects.toBeInstanceOf(TypeError)
    expect(calls).toEqual([])
  })

  it('sends a Response that the handler throws', async () => {
    const manager = managerOf(watched().plugin)
    const response = await manager.handleFetch(requestOf(), async (session) => {
      session.signIn('ada')
      // oxlint-disable-next-line typescript/only-throw-error -- the idiom of React Router
      throw Response.redirect(`${url}welcome`, 303)
    })
    expect([response.status, response.headers.get('location')]).toEqual([303, `${url}welcome`])
    expect((await manager.open(cookieAfter(response.headers.getSetCookie()))).userId).toBe('ada')
  })

  it('accepts a Response of another realm', async () => {
    const Foreign = class {
      readonly status = 200
      readonly statusText = 'OK'
      readonly headers = new Headers({ 'x-from': 'afar' })
      readonly bodyUsed = false
      readonly body = new Response('text').body
      readonly [Symbol.toStringTag] = 'Response'
    }
    const response = await managerOf(watched().plugin).handleFetch(
      requestOf(),
      () => new Foreign() as unknown as Response,
    )
    expect([response.headers.get('x-from'), await response.text()]).toEqual(['afar', 'text'])
  })

  it('cancels the body if the commit fails, so that its source is closed', async () => {
    const { plugin, failures } = watched()
    failures.create = backendError()
    let isCancelled = false
    const body = new ReadableStream({
      cancel() {
        isCancelled = true
      },
    })
    const handling = managerOf(plugin).handleFetch(requestOf(), (session) => {
      session.data.visits = 1
      return new Response(body)
    })
    await expect(handling).rejects.toBe(failures.create)
    expect(isCancelled).toBe(true)
  })

  it('passes the handler a session without a commit method', async () => {
    const manager = managerOf(watched().plugin)
    const cookie = await begin(manager, { visits: 1 })
    const response = await manager.handleFetch(requestOf(cookie), (session) => Response.json(Object.keys(session)))
    expect(await response.json()).not.toContain('commit')
  })
})

async function consumed(): Promise<Response> {
  const response = new Response('text')
  await response.text()
  return response
}
