import type { SessionPlugin } from '@bext/session-core'
import { isSessionError } from '@bext/session-core'
import { memorySessions } from '@bext/session-core/memory'
import type { OpenSession, SessionManager } from '@bext/session-core/manager'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { managerOf, unsealedSessions } from './helpers.js'
import type { Visit } from './helpers.js'
import type { Jar } from './jar.js'
import { createJar } from './jar.js'

type Work = (session: OpenSession<Visit>) => void

const look: Work = () => undefined
const change: Work = (session) => {
  session.data.visits = (session.data.visits ?? 0) + 1
}
const signIn: Work = (session) => session.signIn('ada')
const rotate: Work = (session) => session.rotate()
const rotateWithGrace: Work = (session) => session.rotate({ graceMs: 5000 })

/** Wraps a store so that its calls arrive in the order that the scheduler chooses. */
function reordered(inner: SessionPlugin, scheduler: fc.Scheduler): SessionPlugin {
  const methods: readonly unknown[] = ['create', 'read', 'update', 'touch', 'delete']
  return new Proxy(inner, {
    get(target, key): unknown {
      const method: unknown = Reflect.get(target, key)
      if (typeof method !== 'function' || !methods.includes(key)) return method
      return async (...args: unknown[]): Promise<unknown> => {
        await scheduler.schedule(Promise.resolve())
        return Reflect.apply(method, target, args) as Promise<unknown>
      }
    },
  })
}

async function request(manager: SessionManager<Visit>, jar: Jar, scheduler: fc.Scheduler, work: Work): Promise<void> {
  await scheduler.schedule(Promise.resolve())
  const session = await manager.open(jar.header())
  work(session)
  let setCookies: readonly string[] = []
  try {
    setCookies = await session.commit()
  } catch (error) {
    // A change through an id that was replaced meanwhile rejects with NotFound.
    if (!isSessionError(error) || error.code !== 'NotFound') throw error
  }
  await scheduler.schedule(Promise.resolve())
  jar.take(setCookies)
}

interface Crossing {
  readonly store: () => SessionPlugin
  readonly before: Work
  readonly event: Work
}

/** Runs twenty concurrent requests, one of them the event, in any order of calls and responses. Then checks the cookies. */
function crossing({ store, before, event }: Crossing): fc.IAsyncProperty<unknown> {
  const others = fc.array(fc.constantFrom(look, change), { minLength: 19, maxLength: 19 })
  return fc.asyncProperty(fc.scheduler(), others, fc.nat({ max: 19 }), async (scheduler, works, at) => {
    const plugin = store()
    const options = { idleTimeoutMs: 60_000, touchIntervalMs: 1 }
    const jar = createJar()
    const first = await managerOf(plugin, options).open(null)
    before(first)
    jar.take(await first.commit())

    const manager = managerOf(reordered(plugin, scheduler), options)
    const all = works.toSpliced(at, 0, event).map((work) => request(manager, jar, scheduler, work))
    await scheduler.waitFor(Promise.all(all))
    const last = await managerOf(plugin, options).open(jar.header())
    expect(last.userId).toBe('ada')
    // The cookie is not that of a replaced id in its grace period.
    expect(last.expiresAtMs).toBeGreaterThan(Date.now() + 30_000)
  })
}

describe.each([
  ['server-backed', () => memorySessions()],
  ['client-backed', () => unsealedSessions()],
])('the user stays signed in after twenty concurrent requests on a %s store', (_, store) => {
  it.each<[string, Work, Work]>([
    ['a first sign-in', look, signIn],
    ["a guest's sign-in", change, signIn],
    ['another sign-in of the user', signIn, signIn],
    ['a rotation', signIn, rotate],
    ['a rotation with a grace period', signIn, rotateWithGrace],
  ])('one of them %s', async (_name, before, event) => {
    await fc.assert(crossing({ store, before, event }), { numRuns: 50 })
  })
})
