import type { SessionPlugin } from '@bext/session-core'
import { createSessionManager } from '@bext/session-core/manager'
import type { Experiment } from './experiment.js'
import { forNetworkedStores } from './networked-stores.js'

const socketCount = 10_000
const watchIntervalMs = 10_000
const measuredMs = 30_000
const createdAtOnce = 500

async function measureStore(store: SessionPlugin): Promise<void> {
  let reads = 0
  const counted: SessionPlugin = {
    ...store,
    read(id) {
      reads += 1
      return store.read(id)
    },
  }
  const sessions = createSessionManager({ store: counted, initialData: () => ({}), watchIntervalMs })
  const stops: (() => void)[] = []
  let ended = 0
  for (let from = 0; from < socketCount; from += createdAtOnce) {
    await Promise.all(
      Array.from({ length: createdAtOnce }, async (_, n) => {
        const session = await sessions.open(null)
        session.signIn(`user-${from + n}`)
        const [setCookie = ''] = await session.commit()
        const watch = (await sessions.read(setCookie.split(';')[0]))?.watch()
        watch?.signal.addEventListener('abort', () => (ended += 1))
        if (watch) stops.push(() => watch.stop())
      }),
    )
  }
  await new Promise((resolve) => setTimeout(resolve, watchIntervalMs))
  reads = 0
  const before = { cpu: process.cpuUsage(), heap: process.memoryUsage().heapUsed }
  await new Promise((resolve) => setTimeout(resolve, measuredMs))
  const { user, system } = process.cpuUsage(before.cpu)
  const cpu = ((user + system) / 1000 / measuredMs) * 100
  const keys = (reads / measuredMs) * 1000
  const startedMs = performance.now()
  const endedBefore = ended
  await sessions.endUserSessions('user-0')
  while (ended === endedBefore) await new Promise((resolve) => setTimeout(resolve, 20))
  const noticedMs = performance.now() - startedMs
  console.log(
    `${store.name.padEnd(6)} ${stops.length} sockets: ${keys.toFixed(0)} keys/s, ${cpu.toFixed(1)} % of one core; an end was noticed after ${noticedMs.toFixed(0)} ms`,
  )
  for (const stop of stops) stop()
}

export const sockets: Experiment = {
  name: 'sockets',
  summary: `${socketCount} watched sessions at ${watchIntervalMs / 1000} seconds: keys a second and CPU time of the process`,
  measure: () => forNetworkedStores(measureStore),
}
