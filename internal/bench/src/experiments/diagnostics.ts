import { channel } from 'node:diagnostics_channel'
import { observeOperations } from '@bext/session-core/store-helpers'
import type { Experiment } from './experiment.js'
import { quartilesOf } from '../measure/statistics.js'

const calls = 200_000
const rounds = 9

type Call = (id: string) => Promise<string>

async function nanosPerCall(call: Call): Promise<number> {
  const startedMs = performance.now()
  for (let done = 0; done < calls; done++) await call('id')
  return ((performance.now() - startedMs) / calls) * 1e6
}

async function measure(): Promise<void> {
  const quiet = observeOperations(channel('bext:bench:quiet'))
  const heard = channel('bext:bench:heard')
  heard.subscribe(() => {})
  const subjects: Readonly<Record<string, Call>> = {
    'not observed': async (id) => id,
    'nobody listens': quiet('read', async (_observation, id: string) => id),
    'somebody listens': observeOperations(heard)('read', async (_observation, id: string) => id),
  }
  const samples = new Map(Object.keys(subjects).map((name) => [name, [] as number[]]))
  for (let round = 0; round <= rounds; round++) {
    for (const [name, call] of Object.entries(subjects)) {
      const nanos = await nanosPerCall(call)
      // The first round compiles.
      if (round > 0) samples.get(name)?.push(nanos)
    }
  }
  console.log('A call that does nothing, in nanoseconds, median (quartiles):')
  for (const [name, values] of samples) {
    const { q1, median, q3 } = quartilesOf(values)
    console.log(`${name.padEnd(18)} ${median.toFixed(0)} (${q1.toFixed(0)}-${q3.toFixed(0)})`)
  }
}

export const diagnostics: Experiment = {
  name: 'diagnostics',
  summary: 'what a call costs that does nothing: as it is, and told of on a channel to nobody and to somebody',
  measure,
}
