import { setTimeout as sleep } from 'node:timers/promises'
import { createLoad } from './load.js'
import type { Random } from './random.js'
import { countCall, countUnanswered, countViolation, newCounts, type Counts } from './report.js'
import type { ChaosStore, Disturbance, OpenScenario, Scenario, Scene } from './scenario.js'

const healWithinMs = 15_000
// After failed deletes, the load first creates sessions again, which takes a while on a slow machine.
const acknowledgeWithinMs = 45_000
const callNames = ['create', 'read', 'update', 'touch', 'delete']

export interface RunOptions {
  readonly seconds: number
  readonly inFlight: number
  readonly random: Random
  /** Called with each client's counts once its run has ended. */
  readonly report: (client: string, counts: Counts) => void
}

/** Resolves to true once the store works again without help (contract H2), or to false if it does not in time. */
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

/** Resolves to the names of calls that were never acknowledged. Waits for each, because a run on a slow machine may be short. */
async function missingCalls({ calls }: Counts): Promise<readonly string[]> {
  const deadline = performance.now() + acknowledgeWithinMs
  for (;;) {
    const missing = callNames.filter((name) => calls[name] === undefined)
    if (missing.length === 0 || performance.now() >= deadline) return missing
    await sleep(50)
  }
}

/** Returns the disturbances in a random order, each once before any is repeated. */
function createDraw(disturbances: readonly Disturbance[], random: Random): () => Disturbance {
  let left: Disturbance[] = []
  return () => {
    if (left.length === 0) left = [...disturbances]
    const next = random.pick(left)
    left.splice(left.indexOf(next), 1)
    return next
  }
}

interface ClientRun extends RunOptions {
  readonly client: string
  readonly losesWrites: boolean
  readonly drawDisturbance: () => Disturbance
  /** Number of disturbances to run, even after the seconds have passed. */
  readonly minDisturbances: number
}

async function runClient({ clients }: OpenScenario, run: ClientRun): Promise<Counts> {
  const { client, losesWrites, drawDisturbance, minDisturbances, seconds, inFlight, random } = run
  const counts = newCounts()
  const windows: { readonly fromMs: number; toMs: number }[] = []
  const open = clients[client]
  if (open === undefined) throw new Error(`The scenario has no client ${JSON.stringify(client)}.`)
  const { store, close } = open()
  const isTolerated = (fromMs: number, toMs: number): boolean =>
    losesWrites && windows.some((window) => window.fromMs <= toMs && window.toMs >= fromMs)
  const scene: Scene = {
    store,
    report: (line) => counts.measured.push(line),
    violate: (detail) => countViolation(counts, 'others held up', detail),
    unanswered: () => countUnanswered(counts),
  }
  const load = createLoad({ store, inFlight, random, counts, isTolerated })
  try {
    if (!(await heals(store))) countViolation(counts, 'not healed', 'before the first disturbance')
    await load.start()
    const endMs = performance.now() + seconds * 1000
    for (let done = 0; done < minDisturbances || performance.now() < endMs; done += 1) {
      await sleep(200 + random.below(300))
      const disturbance = drawDisturbance()
      const window = { fromMs: performance.now(), toMs: Number.POSITIVE_INFINITY }
      windows.push(window)
      await disturbance.run(random, scene)
      const healed = await heals(store)
      window.toMs = performance.now()
      countCall(counts, `(${disturbance.name})`)
      if (!healed) countViolation(counts, 'not healed', `after ${disturbance.name}`)
    }
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

/**
 * Runs the scenario with each of its clients in turn. The clients share the seconds and the disturbances. Each disturbance
 * runs at least once, however long that takes.
 */
export async function runScenario(scenario: Scenario, options: RunOptions): Promise<Counts[]> {
  const open = await scenario.open()
  const all: Counts[] = []
  try {
    const clients = Object.keys(open.clients)
    const share = {
      losesWrites: scenario.losesWrites,
      drawDisturbance: createDraw(open.disturbances, options.random),
      minDisturbances: Math.ceil(open.disturbances.length / clients.length),
      seconds: options.seconds / clients.length,
    }
    for (const client of clients) {
      const counts = await runClient(open, { ...options, ...share, client })
      options.report(client, counts)
      all.push(counts)
    }
  } finally {
    await open.close()
  }
  return all
}
