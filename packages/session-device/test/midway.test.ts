import type { SessionPlugin } from '@bext/session-core'
import { SessionError } from '@bext/session-core'
import { memorySessions } from '@bext/session-core/memory'
import { describe, expect, test, vi } from 'vitest'
import { afterRegistrationMs, createApp, idOf, me, meWith, recordIdOf, signIn } from './app.js'
import { advance, stores } from './helpers.js'

const down = new SessionError('unavailable', 'The backend cannot be reached.')

/** Wraps a store. A call rejects, before or after it reached the store, when the function says so. */
function failing(
  inner: SessionPlugin,
  fails: (method: string, id: unknown) => 'before' | 'after' | false,
): SessionPlugin {
  return new Proxy(inner, {
    get(target, key): unknown {
      const value: unknown = Reflect.get(target, key)
      if (typeof value !== 'function' || typeof key !== 'string') return value
      return async (...args: unknown[]): Promise<unknown> => {
        const failure = fails(key, args[0])
        if (failure === 'before') throw down
        const result: unknown = await Reflect.apply(value, target, args)
        if (failure === 'after') throw down
        return result
      }
    },
  })
}

describe.each(Object.keys(stores) as (keyof typeof stores)[])('%s', (name) => {
  test.each([0, 60_000])(
    'a rotation whose last look for a binding fails signs nobody out, with a grace period of %i ms',
    async (graceMs) => {
      let id: string | undefined
      let isRetired = false
      const store = failing(await stores[name](), (method, given) => {
        if (given === id && (method === 'delete' || method === 'touch')) isRetired = true
        return isRetired && method === 'read' && given === recordIdOf(id ?? '') ? 'before' : false
      })
      const app = createApp({ store })
      const browser = app.browser({ sendsDevice: false })
      await browser.request('/sign-in', { method: 'POST' })
      id = idOf(browser)
      const answer = await browser.request(`/rotate?graceMs=${graceMs}`, { method: 'POST' })
      expect(isRetired).toBe(true)
      expect(answer.status).toBe(200)
      // A key that was registered for the old id meanwhile is not known, so the browser registers again.
      expect(answer.headers.has('Secure-Session-Registration')).toBe(true)
      isRetired = false
      expect(idOf(browser)).not.toBe(id)
      expect(await me(browser)).toEqual({ userId: 'ann', device: 'unbound', visits: 0 })
    },
  )

  test.each([
    ['before it is stored', 'createWithId', 'before'],
    ['after it was stored', 'createWithId', 'after'],
    ['at the last look for the session', 'read', 'before'],
  ] as const)('a registration that fails %s does not lock the visitor out', async (_, method, when) => {
    let isCreating = false
    let failures = 0
    const store = failing(await stores[name](), (called) => {
      if (called === 'createWithId') isCreating = true
      if (!isCreating || called !== method || failures > 0) return false
      failures += 1
      return when
    })
    const app = createApp({ store })
    const browser = app.browser()
    await signIn(browser)
    expect(failures).toBe(1)
    expect(browser.events).toEqual(['registration refused: 503'])
    advance(afterRegistrationMs)
    expect(await me(browser)).toEqual({ userId: 'ann', device: 'unbound', visits: 0 })
    await signIn(browser)
    expect(await me(browser)).toMatchObject({ userId: 'ann', device: 'bound' })
  })
})

test('a registration that ends after it was answered by 503 does not lock the visitor out', async () => {
  const inner = memorySessions()
  let proceed: (() => void) | undefined
  let isRevoked = false
  const store = new Proxy(inner, {
    get(target, key): unknown {
      if (key === 'delete') {
        return async (id: Parameters<typeof inner.delete>[0]) => {
          await target.delete(id)
          isRevoked ||= id === recordIdOf(idOf(browser))
        }
      }
      if (key !== 'createWithId') return Reflect.get(target, key) as unknown
      return async (...args: Parameters<typeof inner.createWithId>) => {
        await new Promise<void>((resolve) => (proceed = resolve))
        return target.createWithId(...args)
      }
    },
  })
  const app = createApp({ store })
  const browser = app.browser()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  try {
    await browser.request('/sign-in', { method: 'POST' })
    await vi.waitFor(() => expect(proceed).toBeDefined())
    await vi.advanceTimersByTimeAsync(8000)
    await browser.settled()
    expect(browser.events).toEqual(['registration refused: 503'])
    proceed?.()
    await vi.waitFor(() => expect(isRevoked).toBe(true))
  } finally {
    vi.useRealTimers()
  }
  advance(afterRegistrationMs)
  expect(await meWith(app, `__Host-session=${idOf(browser)}`)).toEqual({ userId: 'ann', device: 'unbound', visits: 0 })
})
