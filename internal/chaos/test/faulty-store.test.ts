import { setImmediate as nextTurn } from 'node:timers/promises'
import { SessionError } from '@bext/session-core'
import { memorySessions } from '@bext/session-core/memory'
import { expect, test } from 'vitest'
import { randomFrom } from '../src/random.js'
import type { Violation } from '../src/report.js'
import { runScenario } from '../src/run-scenario.js'
import { timeoutMs, type ChaosStore } from '../src/scenario.js'

/** Whether this call is one of those that go wrong. */
type Now = () => boolean

// Enough for each fault to happen several times, however fast the machine is.
const callCount = 5000

const later = (work: () => Promise<unknown>): void => void setTimeout(() => void work().catch(() => {}), 150)
const broken = (): SessionError => new SessionError('unavailable', 'It is said to have failed.')

const faults: readonly [violation: Violation, fault: (store: ChaosStore, now: Now) => Partial<ChaosStore>][] = [
  ['write lost', (store, now) => ({ update: async (id, data) => (now() ? id : store.update(id, data)) })],
  [
    'late effect',
    (store, now) => ({
      async update(id, data) {
        if (!now()) return store.update(id, data)
        later(() => store.update(id, data))
        throw broken()
      },
    }),
  ],
  [
    'late effect',
    (store, now) => ({
      async delete(id) {
        if (!now()) return store.delete(id)
        later(() => store.delete(id))
        throw broken()
      },
    }),
  ],
  ['session revived', (store, now) => ({ delete: async (id) => (now() ? undefined : store.delete(id)) })],
  [
    'session vanished',
    (store, now) => ({
      async read(id) {
        if (now()) await store.delete(id)
        return store.read(id)
      },
    }),
  ],
  [
    'wrong error',
    (store, now) => ({ touch: async (id, ttl) => (now() ? Promise.reject(new Error('bare')) : store.touch(id, ttl)) }),
  ],
  [
    'deadline exceeded',
    (store, now) => ({
      async touch(id, ttl) {
        if (now()) await new Promise((resolve) => setTimeout(resolve, timeoutMs + 300))
        return store.touch(id, ttl)
      },
    }),
  ],
]

function everyNth(n: number): Now {
  let calls = 0
  return () => ++calls % n === 0
}

async function violationsOf(fault: (store: ChaosStore, now: Now) => Partial<ChaosStore>): Promise<Violation[]> {
  const right = memorySessions()
  const wrong: ChaosStore = { ...right, ...fault(right, everyNth(20)) }
  let calls = 0
  const store: ChaosStore = {
    ...wrong,
    read(id) {
      calls += 1
      return wrong.read(id)
    },
  }
  const load = {
    name: 'nothing',
    async run() {
      while (calls < callCount) await nextTurn()
    },
  }
  const [counts] = await runScenario(
    {
      name: 'faulty',
      losesWrites: false,
      open: async () => ({
        clients: { faulty: () => ({ store, close: async () => {} }) },
        disturbances: [load],
        close: async () => {},
      }),
    },
    { seconds: 0, inFlight: 8, random: randomFrom(1), report: () => {} },
  )
  return Object.keys(counts?.violations ?? {}) as Violation[]
}

test('a store that is right is not blamed', async () => {
  expect(await violationsOf(() => ({}))).toEqual([])
})

test.concurrent.each(faults)('a store is caught: %s', async (violation, fault) => {
  expect(await violationsOf(fault)).toContain(violation)
})
