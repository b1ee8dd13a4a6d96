import { channel } from 'node:diagnostics_channel'
import { observeOperations } from '@bext/session-core/store-helpers'
import type { Experiment } from './experiment.js'
import { quartilesOf } from '../measure/statistics.js'

const calls = 200_000
const rounds = 9

type Call = (id: string) => Promise<string>

function createStore(): { readonly read: Call } {
  return { read: async (id) => id }
}

async function nanosPerCall(call: Call): Promise<number> {
  const startedMs = performance.now()
  for (let done = 0; done < calls; done++) await call('id')
  return ((performance.now() - startedMs) / calls) * 1e6
}

async function measure(): Promise<void> {
  const quiet = channel('bext:bench:quiet')
  const heard = channel('bext:bench:heard')
  heard.subscribe(() => {})
  const subjects: Readonly<Record<string, Call>> = {
    'not observed': createStore().read,
    'no subscriber': observeOperations(quiet, createStore()).read,
    'one subscriber': observeOperations(heard, createStore()).read,
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
  summary: 'cost of a call that does nothing: not observed, and observed without and with a subscriber',
  measure,
}
