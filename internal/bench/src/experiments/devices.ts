import { randomBytes } from 'node:crypto'
import type { SessionId, SessionPlugin, UserRecordsCapability } from '@bext/session-core'
import type { Experiment } from './experiment.js'
import { forNetworkedStores } from './networked-stores.js'
import { quartilesOf } from '../measure/statistics.js'

const sizes = [1, 10, 100]
const rounds = 200
const dataJson = JSON.stringify({ browser: 'Firefox on Linux', padding: 'x'.repeat(150) })

async function medianMicros(list: () => Promise<unknown>): Promise<string> {
  const micros: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const startedMs = performance.now()
    await list()
    // The first calls compile, prepare and load.
    if (round >= rounds / 10) micros.push((performance.now() - startedMs) * 1000)
  }
  return quartilesOf(micros).median.toFixed(0).padStart(7)
}

/** Reads the sessions one after the other, as libraries do that keep a list of ids. */
async function readEach(store: SessionPlugin, ids: readonly SessionId[]): Promise<void> {
  for (const id of ids) await store.read(id)
}

async function measureStore(store: SessionPlugin & UserRecordsCapability): Promise<void> {
  for (const size of sizes) {
    const userId = randomBytes(8).toString('hex')
    const ids: SessionId[] = []
    for (let n = 0; n < size; n += 1) ids.push(await store.create({ userId, dataJson, ttlMs: 600_000 }))
    const together = await medianMicros(() => store.listUserRecords(userId))
    const each = await medianMicros(() => readEach(store, ids))
    console.log(`${store.name.padEnd(6)} ${String(size).padStart(8)} ${together} ${each}`)
  }
}

async function measure(): Promise<void> {
  console.log(`A list of a user's sessions with ${dataJson.length} bytes of data each, in µs, median of ${rounds}:`)
  console.log('store  sessions listed  one read each')
  await forNetworkedStores(measureStore)
}

export const devices: Experiment = {
  name: 'devices',
  summary: "lists of a user's sessions with their data, against a read for each session",
  measure,
}
