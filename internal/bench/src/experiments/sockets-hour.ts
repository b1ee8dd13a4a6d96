import { randomBytes } from 'node:crypto'
import { mock } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { queryObjects, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { startRedis } from '@bext-internal/test-services'
import type { SessionPlugin } from '@bext/session-core'
import { createSessionManager, type SessionManager, type SessionWatch } from '@bext/session-core/manager'
import { memorySessions } from '@bext/session-core/memory'
import { redisSessions } from '@bext/session-redis'
import { Redis } from 'ioredis'
import type { Experiment } from './experiment.js'

const socketCount = 10_000
const watchIntervalMs = 10_000
const tickMs = watchIntervalMs / 10
const tickCount = 3_600_000 / tickMs
const connectedAtOnce = 500
// In each tick. Every session is opened about every four minutes, so none that has a socket expires. A socket is open for half
// an hour on average, and one in six for the whole hour.
const [opened, closed, ended, rotated] = [40, 3, 1, 1]

interface Socket {
  readonly cookie: string
  readonly watch: SessionWatch
}

/** A store that counts its reads, and knows of those in flight. */
interface CountedStore {
  readonly store: SessionPlugin
  readonly reads: { total: number; inFlight: number }
}

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

function countReads(store: SessionPlugin): CountedStore {
  const reads = { total: 0, inFlight: 0 }
  async function read(...[id]: Parameters<SessionPlugin['read']>): ReturnType<SessionPlugin['read']> {
    reads.total += 1
    reads.inFlight += 1
    try {
      return await store.read(id)
    } finally {
      reads.inFlight -= 1
    }
  }
  return { store: { ...store, read }, reads }
}

/** Visitors who open and close sockets, sign out and in, and rotate their sessions. */
class Visitors {
  readonly #sessions: SessionManager<object>
  readonly #sockets: Socket[] = []
  #users = 0
  #next = 0
  aborted = 0

  constructor(sessions: SessionManager<object>) {
    this.#sessions = sessions
  }

  get count(): number {
    return this.#sockets.length
  }

  async signIn(): Promise<void> {
    this.#users += 1
    const { setCookies } = await this.#sessions.change(null, (session) => session.signIn(`user-${this.#users}`))
    await this.#connect(setCookies[0]?.split(';', 1)[0] ?? '')
  }

  async #connect(cookie: string): Promise<void> {
    const watch = (await this.#sessions.read(cookie))?.watch()
    if (!watch) throw new Error('A session has ended that was just signed in.')
    watch.signal.addEventListener('abort', () => (this.aborted += 1))
    this.#sockets.push({ cookie, watch })
  }

  /** Takes any socket out of the list. */
  #take(): Socket {
    const position = Math.floor(Math.random() * this.#sockets.length)
    const [taken] = this.#sockets.splice(position, 1)
    if (!taken) throw new Error('No socket is left.')
    return taken
  }

  /** Changes a session. The signal of its socket aborts at the next check, and the visitor connects again. */
  async #change(how: 'signOut' | 'rotate'): Promise<void> {
    const socket = this.#take()
    const { setCookies } = await this.#sessions.change(socket.cookie, (session) => session[how]())
    if (how === 'signOut') await this.signIn()
    else await this.#connect(setCookies[0]?.split(';', 1)[0] ?? '')
  }

  async act(): Promise<void> {
    const pages = Array.from({ length: opened }, (_, n) => this.#sockets[(this.#next + n) % this.#sockets.length])
    this.#next = (this.#next + opened) % this.#sockets.length
    await Promise.all(pages.map((page) => this.#sessions.open(page?.cookie)))
    for (let n = 0; n < closed; n += 1) {
      this.#take().watch.stop()
      await this.signIn()
    }
    for (let n = 0; n < ended; n += 1) await this.#change('signOut')
    for (let n = 0; n < rotated; n += 1) await this.#change('rotate')
  }

  closeAll(): void {
    for (const { watch } of this.#sockets.splice(0)) watch.stop()
  }
}

/** Lets one moment of the watcher pass, and waits for its reads. Resolves to their number. */
async function passTick({ reads }: CountedStore): Promise<number> {
  const before = reads.total
  mock.timers.tick(tickMs)
  while (reads.inFlight > 0) await turn()
  await turn()
  return reads.total - before
}

async function printState(label: string, counted: CountedStore, visitors: Visitors): Promise<void> {
  let watched = 0
  for (let n = 0; n < watchIntervalMs / tickMs; n += 1) watched += await passTick(counted)
  collectGarbage()
  const heap = (process.memoryUsage().heapUsed / 2 ** 20).toFixed(1)
  const objects = [AbortController, Map, Set].map((type) => `${queryObjects(type, { format: 'count' })} ${type.name}`)
  console.log(
    `  ${label.padEnd(16)} ${visitors.count} sockets, ${watched} sessions read in an interval, ${heap} MiB, ${objects.join(', ')}`,
  )
}

async function passHour(name: string, store: SessionPlugin, apis: ('setInterval' | 'Date')[]): Promise<void> {
  mock.timers.enable({ apis, now: Date.now() })
  try {
    const counted = countReads(store)
    const sessions = createSessionManager({ store: counted.store, initialData: () => ({}), watchIntervalMs })
    const visitors = new Visitors(sessions)
    for (let from = 0; from < socketCount; from += connectedAtOnce) {
      await Promise.all(Array.from({ length: connectedAtOnce }, () => visitors.signIn()))
    }
    console.log(`${name}, an hour in ${tickCount} ticks:`)
    const startedMs = performance.now()
    for (let tick = 0; tick <= tickCount; tick += 1) {
      if (tick % (tickCount / 6) === 0) await printState(`${(tick * tickMs) / 60_000} minutes`, counted, visitors)
      await passTick(counted)
      await visitors.act()
    }
    visitors.closeAll()
    await printState('all closed', counted, visitors)
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(0)
    console.log(`  ${visitors.aborted} signals aborted, ${counted.reads.total} reads, in ${seconds} s`)
  } finally {
    mock.timers.reset()
  }
}

async function measure(): Promise<void> {
  // The sessions of this store expire on the simulated clock, too.
  await passHour('memory', memorySessions(), ['setInterval', 'Date'])
  const redis = await startRedis()
  const prefix = `bench_${randomBytes(6).toString('hex')}:`
  const client = new Redis(redis.url)
  try {
    await passHour('redis', redisSessions({ client, prefix }), ['setInterval'])
  } finally {
    client.disconnect()
    await redis.stop()
  }
}

export const socketsHour: Experiment = {
  name: 'sockets-hour',
  summary: `an hour in time lapse with ${socketCount} watched sessions that come and go: heap and objects`,
  measure,
}
