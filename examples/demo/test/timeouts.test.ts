import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { cookieSessions } from '@bext/session-cookie'
import type { SessionPlugin } from '@bext/session-core'
import type { SessionManager, SessionManagerOptions } from '@bext/session-core/manager'
import { createSessionManager } from '@bext/session-core/manager'
import { memorySessions } from '@bext/session-core/memory'
import { migrate, pgSessions } from '@bext/session-pg'
import { redisSessions } from '@bext/session-redis'
import { Redis } from 'ioredis'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, inject, it, vi, type TestContext } from 'vitest'

interface Visit {
  visits?: number
}

type Options = Partial<SessionManagerOptions<Visit>>

const minuteMs = 60_000
const minute = { idleTimeoutMs: minuteMs, absoluteTimeoutMs: minuteMs }
const day = { idleTimeoutMs: 24 * 60 * minuteMs, absoluteTimeoutMs: 24 * 60 * minuteMs }
const shortMs = 1000
const short = { idleTimeoutMs: shortMs, absoluteTimeoutMs: shortMs }

type OnFinished = TestContext['onTestFinished']

function inRedis(onFinished: OnFinished): SessionPlugin {
  const client = new Redis(inject('redisUrl'))
  onFinished(() => client.disconnect())
  return redisSessions({ client, prefix: `timeouts-${randomBytes(6).toString('hex')}:` })
}

async function inPostgres(onFinished: OnFinished): Promise<SessionPlugin> {
  const sql = postgres(inject('postgresUrl'), { onnotice: () => {} })
  const table = `timeouts_${randomBytes(6).toString('hex')}`
  onFinished(async () => {
    await sql`drop table ${sql(table)}`
    await sql.end()
  })
  await migrate(sql, { table })
  return pgSessions({ client: sql, table })
}

const stores: Readonly<Record<string, (onFinished: OnFinished) => SessionPlugin | Promise<SessionPlugin>>> = {
  memory: () => memorySessions(),
  cookie: () => cookieSessions({ secrets: [{ id: 'k1', secret: randomBytes(32) }] }),
  redis: inRedis,
  pg: inPostgres,
}

const realNow = Date.now

/** Sets the clock of this process, which is the app server, for the tests of a group, but not the clock of the store. */
function useClock(skewMs: number): void {
  beforeAll(() => {
    vi.spyOn(Date, 'now').mockImplementation(() => realNow() + skewMs)
  })
  afterAll(() => {
    vi.restoreAllMocks()
  })
}

function managerOf(plugin: SessionPlugin, options: Options): SessionManager<Visit> {
  return createSessionManager<Visit>({ store: plugin, initialData: () => ({}), ...options })
}

function cookieOf(setCookies: readonly string[]): string {
  return setCookies.map((setCookie) => setCookie.split(';')[0]).join('; ')
}

async function signIn(manager: SessionManager<Visit>, remember = false): Promise<string> {
  const session = await manager.open(null)
  session.signIn('ada', { remember })
  return cookieOf(await session.commit())
}

const fortyMinutes = 40 * minuteMs

describe.each([
  ['memory', 0],
  ['cookie', 0],
  ['redis', 0],
  ['redis', fortyMinutes],
  ['redis', -fortyMinutes],
  ['pg', 0],
  ['pg', fortyMinutes],
  ['pg', -fortyMinutes],
])('timeouts that were shortened: %s, app clock off by %i ms', (name, skewMs) => {
  useClock(skewMs)

  it.concurrent.for<[string, Options, Options, boolean]>([
    ['both', minute, short, false],
    ['the absolute one', day, { ...short, absoluteTimeoutMs: shortMs }, false],
    ['the idle one', minute, { idleTimeoutMs: shortMs, absoluteTimeoutMs: minuteMs }, false],
    ['the idle one, from a day', day, { idleTimeoutMs: shortMs, absoluteTimeoutMs: day.absoluteTimeoutMs }, false],
    ['remember me taken away', { ...short, remember: day }, short, true],
    ['remember me shortened', { ...short, remember: day }, { ...short, remember: short }, true],
  ])('end a session that is past them, and tell: %s', async ([, before, after, remember], { onTestFinished }) => {
    const plugin = await stores[name]!(onTestFinished)
    const cookie = await signIn(managerOf(plugin, before), remember)
    await wait(shortMs + 50)
    const reasons: string[] = []
    const manager = managerOf(plugin, { ...after, onRejection: ({ reason }) => reasons.push(reason) })
    expect((await manager.open(cookie)).userId).toBeUndefined()
    expect(reasons).toEqual(['expired'])
  })

  it.concurrent.for<[string, Options]>([
    ['both', minute],
    ['the idle one', { idleTimeoutMs: minuteMs, absoluteTimeoutMs: day.absoluteTimeoutMs }],
  ])('leave a session that is within them, and hold from then on: %s', async ([, after], { onTestFinished }) => {
    const plugin = await stores[name]!(onTestFinished)
    const cookie = await signIn(managerOf(plugin, day))
    const manager = managerOf(plugin, after)
    const session = await manager.open(cookie)
    expect(session.userId).toBe('ada')
    const beganAtMs = session.createdAtMs ?? 0
    const setCookies = await session.commit()
    const later = await manager.open(setCookies.length > 0 ? cookieOf(setCookies) : cookie)
    expect(later.userId).toBe('ada')
    expect((later.expiresAtMs ?? 0) - beganAtMs).toBeLessThan(minuteMs + 30_000)
    expect((later.expiresAtMs ?? 0) - beganAtMs).toBeGreaterThan(minuteMs - 30_000)
  })

  it.concurrent(
    'leave a session alone that was in use under both, and one whose timeouts were made longer',
    async ({ onTestFinished }) => {
      const plugin = await stores[name]!(onTestFinished)
      let cookie = await signIn(managerOf(plugin, day))
      const half = { idleTimeoutMs: 12 * 60 * minuteMs, absoluteTimeoutMs: day.absoluteTimeoutMs }
      for (const options of [half, day, half, { ...half, idleTimeoutMs: minuteMs }, day]) {
        const manager = managerOf(plugin, { ...options, touchIntervalMs: 1 })
        for (const _ of [1, 2]) {
          const session = await manager.open(cookie)
          expect(session.userId).toBe('ada')
          await wait(2)
          const setCookies = await session.commit()
          if (setCookies.length > 0) cookie = cookieOf(setCookies)
        }
      }
    },
  )
})

describe.each([
  ['redis', fortyMinutes],
  ['redis', -fortyMinutes],
  ['pg', fortyMinutes],
  ['pg', -fortyMinutes],
])('an app clock that is off does not move an end: %s, %i ms', (name, skewMs) => {
  useClock(skewMs)

  it.concurrent('a touch is due when it is due', async ({ onTestFinished }) => {
    const plugin = await stores[name]!(onTestFinished)
    const often = managerOf(plugin, { idleTimeoutMs: minuteMs, touchIntervalMs: 1 })
    const seldom = managerOf(plugin, { idleTimeoutMs: minuteMs, touchIntervalMs: 30_000 })
    const cookie = await signIn(often)
    const { expiresAtMs: first } = await seldom.open(cookie)
    await wait(5)
    expect((await seldom.open(cookie)).expiresAtMs).toBe(first)
    await often.open(cookie)
    const { expiresAtMs: second } = await seldom.open(cookie)
    expect(second).toBeGreaterThan(first ?? 0)
    expect((second ?? 0) - (first ?? 0)).toBeLessThan(30_000)
  })

  it.concurrent(
    'neither a touch nor a rotation passes the absolute end, or comes short of it',
    async ({ onTestFinished }) => {
      const plugin = await stores[name]!(onTestFinished)
      const manager = managerOf(plugin, {
        idleTimeoutMs: minuteMs,
        absoluteTimeoutMs: minuteMs + 20,
        touchIntervalMs: 1,
      })
      const cookie = await signIn(manager)
      await wait(100)
      const { absoluteExpiresAtMs = 0 } = await manager.open(cookie)
      await (await manager.open(cookie)).commit()
      const touched = await manager.open(cookie)
      expect(Math.abs((touched.expiresAtMs ?? 0) - absoluteExpiresAtMs)).toBeLessThan(2000)
      touched.rotate()
      const setCookies = await touched.commit()
      expect(Number(/Max-Age=(\d+)/.exec(setCookies[0] ?? '')?.[1])).toBeGreaterThan(30)
      expect(Number(/Max-Age=(\d+)/.exec(setCookies[0] ?? '')?.[1])).toBeLessThanOrEqual(61)
      const rotated = await manager.open(cookieOf(setCookies))
      expect([rotated.userId, rotated.absoluteExpiresAtMs]).toEqual(['ada', absoluteExpiresAtMs])
      expect(Math.abs((rotated.expiresAtMs ?? 0) - absoluteExpiresAtMs)).toBeLessThan(2000)
    },
  )

  it.concurrent('the grace of a rotation is as long as it is said', async ({ onTestFinished }) => {
    const plugin = await stores[name]!(onTestFinished)
    const manager = managerOf(plugin, { idleTimeoutMs: minuteMs })
    const cookie = await signIn(manager)
    const session = await manager.open(cookie)
    session.rotate({ graceMs: 10_000 })
    const { expiresAtMs: before = 0 } = session.expiresAtMs === undefined ? await manager.open(cookie) : session
    await session.commit()
    const replaced = await manager.open(cookie)
    expect(replaced.userId).toBe('ada')
    expect(before - (replaced.expiresAtMs ?? 0)).toBeGreaterThan(30_000)
  })

  it.concurrent(
    'a visitor of many requests stays signed in for longer than the idle timeout',
    async ({ onTestFinished }) => {
      const plugin = await stores[name]!(onTestFinished)
      const options = { idleTimeoutMs: shortMs, touchIntervalMs: 100 }
      const cookie = await signIn(managerOf(plugin, options))
      for (let passedMs = 0; passedMs < 2 * shortMs; passedMs += 100) {
        // A new manager each time, which knows nothing of the clocks.
        const session = await managerOf(plugin, options).open(cookie)
        expect(session.userId).toBe('ada')
        await session.commit()
        await wait(100)
      }
    },
  )
})
