import { setTimeout as sleep } from 'node:timers/promises'
import { createLoad } from './load.js'
import type { Random } from './random.js'
import { countCall, countViolation, newCounts, type Counts } from './report.js'
import type { ChaosStore, Disturbance, OpenScenario, Scenario, Scene } from './scenario.js'

const healWithinMs = 15_000
const callNames = ['create', 'read', 'update', 'touch', 'delete']

export interface RunOptions {
  readonly seconds: number
  readonly inFlight: number
  readonly random: Random
  /** Called with each setting of the client, once it has been through. */
  readonly report: (client: string, counts: Counts) => void
}

// Whether the store is itself again, without anybody's help (contract H2).
async function heals(store: ChaosStore): Promise<boolean> {
  const deadline = performance.now() + healWithinMs
  while (performance.now() < deadline) {
    if (await store.isHealthy()) {
      const id = await store.create({ dataJson: '{}', ttlMs: 60_000 }).catch(() => undefined)
      if (id !== undefined) return true
    }
    await sleep(50)
  }
  return false
}

// Which calls were never acknowledged: a short run on a slow machine goes on until each was, once.
async function missingCalls({ calls }: Counts): Promise<readonly string[]> {
  const deadline = performance.now() + healWithinMs
  for (;;) {
    const missing = callNames.filter((name) => calls[name] === undefined)
    if (missing.length === 0 || performance.now() >= deadline) return missing
    await sleep(50)
  }
}

// All disturbances in a random order, and again as long as there is time.
async function disturb(
  disturbances: readonly Disturbance[],
  seconds: number,
  random: Random,
  around: (disturbance: Disturbance) => Promise<void>,
): Promise<void> {
  const endMs = performance.now() + seconds * 1000
  let left: Disturbance[] = []
  do {
    if (left.length === 0) left = [...disturbances]
    await sleep(200 + random.below(300))
    const [next] = left.splice(random.below(left.length), 1)
    if (next !== undefined) await around(next)
  } while (performance.now() < endMs)
}

async function runClient(
  { clients, disturbances }: OpenScenario,
  client: string,
  losesWrites: boolean,
  { seconds, inFlight, random }: RunOptions,
): Promise<Counts> {
  const counts = newCounts()
  const windows: { readonly fromMs: number; toMs: number }[] = []
  const open = clients[client]
  if (open === undefined) throw new Error(`There is no client ${client}.`)
  const { store, close } = open()
  const excuses = (fromMs: number, toMs: number): boolean =>
    losesWrites && windows.some((window) => window.fromMs <= toMs && window.toMs >= fromMs)
  const scene: Scene = {
    store,
    report: (line) => counts.measured.push(line),
    violate: (detail) => countViolation(counts, 'others held up', detail),
  }
  const load = createLoad({ store, inFlight, random, counts, excuses })
  try {
    if (!(await heals(store))) countViolation(counts, 'not healed', 'before anything was disturbed')
    await load.start()
    await disturb(disturbances, seconds, random, async (disturbance) => {
      const window = { fromMs: performance.now(), toMs: Number.POSITIVE_INFINITY }
      windows.push(window)
      await disturbance.run(random, scene)
      const healed = await heals(store)
      window.toMs = performance.now()
      countCall(counts, `(${disturbance.name})`)
      if (!healed) countViolation(counts, 'not healed', `after ${disturbance.name}`)
    })
    const missing = await missingCalls(counts)
    if (missing.length > 0) countViolation(counts, 'not healed', `never acknowledged: ${missing.join(', ')}`)
    await load.stop()
    await load.checkAll()
  } finally {
    await load.stop()
    await close()
  }
  return counts
}

/** Runs the scenario under each setting of the client in turn, which share the seconds. */
export async function runScenario(scenario: Scenario, options: RunOptions): Promise<Counts[]> {
  const open = await scenario.open()
  const all: Counts[] = []
  try {
    const clients = Object.keys(open.clients)
    const seconds = options.seconds / clients.length
    for (const client of clients) {
      const counts = await runClient(open, client, scenario.losesWrites, { ...options, seconds })
      options.report(client, counts)
      all.push(counts)
    }
  } finally {
    await open.close()
  }
  return all
}
