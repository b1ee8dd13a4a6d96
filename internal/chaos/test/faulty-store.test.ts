import { setImmediate as nextTurn } from 'node:timers/promises'
import { SessionError } from '@bext/session-core'
import { memorySessions } from '@bext/session-core/memory'
import { expect, test } from 'vitest'
import { randomFrom } from '../src/random.js'
import type { Violation } from '../src/report.js'
import { runScenario } from '../src/run-scenario.js'
import { timeoutMs, type ChaosStore } from '../src/scenario.js'

/** Returns true if this call is to fail. */
type IsFaulty = () => boolean

// Enough for each fault to occur several times, however fast the machine is.
const callCount = 5000

const later = (work: () => Promise<unknown>): void => void setTimeout(() => void work().catch(() => {}), 150)
const broken = (): SessionError => new SessionError('unavailable', 'The call is reported as failed.')

const faults: readonly [violation: Violation, fault: (store: ChaosStore, isFaulty: IsFaulty) => Partial<ChaosStore>][] =
  [
    ['write lost', (store, isFaulty) => ({ update: async (id, data) => (isFaulty() ? id : store.update(id, data)) })],
    [
      'late effect',
      (store, isFaulty) => ({
        async update(id, data) {
          if (!isFaulty()) return store.update(id, data)
          later(() => store.update(id, data))
          throw broken()
        },
      }),
    ],
    [
      'late effect',
      (store, isFaulty) => ({
        async delete(id) {
          if (!isFaulty()) return store.delete(id)
          later(() => store.delete(id))
          throw broken()
        },
      }),
    ],
    ['session revived', (store, isFaulty) => ({ delete: async (id) => (isFaulty() ? undefined : store.delete(id)) })],
    [
      'session vanished',
      (store, isFaulty) => ({
        async read(id) {
          if (isFaulty()) await store.delete(id)
          return store.read(id)
        },
      }),
    ],
    [
      'wrong error',
      (store, isFaulty) => ({
        touch: async (id, ttl) => (isFaulty() ? Promise.reject(new Error('bare')) : store.touch(id, ttl)),
      }),
    ],
    [
      'deadline exceeded',
      (store, isFaulty) => ({
        async touch(id, ttl) {
          if (isFaulty()) await new Promise((resolve) => setTimeout(resolve, timeoutMs + 300))
          return store.touch(id, ttl)
        },
      }),
    ],
    [
      'session not listed',
      (store) => ({ listUserSessions: async (userId) => (await store.listUserSessions(userId)).slice(1) }),
    ],
  ]

function everyNth(n: number): IsFaulty {
  let calls = 0
  return () => ++calls % n === 0
}

async function violationsOf(
  fault: (store: ChaosStore, isFaulty: IsFaulty) => Partial<ChaosStore>,
): Promise<Violation[]> {
  const correct = memorySessions()
  const faulty: ChaosStore = { ...correct, ...fault(correct, everyNth(20)) }
  let calls = 0
  const store: ChaosStore = {
    ...faulty,
    read(id) {
      calls += 1
      return faulty.read(id)
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

test('a correct store has no violations', async () => {
  expect(await violationsOf(() => ({}))).toEqual([])
})

test('a store whose listings exceed their deadline on a busy machine has no violations', async () => {
  const isFaulty = everyNth(2)
  const listings = (store: ChaosStore): Partial<ChaosStore> => ({
    async listUserSessions(userId) {
      if (isFaulty()) throw new SessionError('timeout', 'The backend did not answer.')
      return store.listUserSessions(userId)
    },
  })
  expect(await violationsOf(listings)).toEqual([])
})

test.concurrent.each(faults)('a faulty store is detected: %s', async (violation, fault) => {
  expect(await violationsOf(fault)).toContain(violation)
})
