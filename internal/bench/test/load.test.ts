import { expect, test } from 'vitest'
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { arrivalKinds, operations, type Operation } from '../src/measure/figure.js'
import { compare } from '../src/measure/compare.js'
import { createMany, dataOf, planOf, takeSample } from '../src/measure/load.js'
import type { Subject } from '../src/measure/suite.js'

function drawsFrom(seed: number): () => number {
  const generator = xoroshiro128plus(seed)
  return () => uniformFloat64(generator)
}

/** A subject that counts its calls. */
function counting(name = 'counting') {
  const calls: Record<string, number> = {}
  const live = new Set<string>()
  async function count(op: string): Promise<void> {
    calls[op] = (calls[op] ?? 0) + 1
    await new Promise(setImmediate)
  }
  const existing = (op: string) => async (id: string) => {
    expect(live).toContain(id)
    await count(op)
  }
  const subject: Subject = {
    name,
    async create() {
      const id = crypto.randomUUID()
      live.add(id)
      await count('create')
      return id
    },
    read: existing('read'),
    update: existing('update'),
    touch: existing('touch'),
    async delete(id) {
      expect(live.delete(id)).toBe(true)
      await count('delete')
    },
  }
  return { subject, calls, live }
}

const every = operations.flatMap((op) => arrivalKinds.map((arrivals) => [op, arrivals] as const))

test.each(every)('%s with %s arrivals: all calls are made, and no session remains', async (op, arrivals) => {
  const { subject, calls, live } = counting()
  const pool = await createMany(subject, 30, dataOf(50))
  const sample = await takeSample(subject, { op, bytes: 50, inFlight: 8, arrivals }, pool, 200, 1)
  expect(sample.opsPerSecond).toBeGreaterThan(0)
  expect(live).toEqual(new Set(pool))
  const one = calls as Partial<Record<Operation, number>>
  if (op === 'read' || op === 'update' || op === 'touch') expect(one[op]).toBe(200)
  if (op === 'create') expect(one.create).toBe(30 + 200)
  if (op === 'delete') expect(one.delete).toBe(200)
})

test('the mix has the given shares, and the same seed gives the same mix', () => {
  const plan = planOf('mix', 20_000, drawsFrom(7))
  const share = (op: Operation): number => plan.filter((planned) => planned === op).length / plan.length
  expect(share('read')).toBeCloseTo(0.75, 1)
  expect(share('update')).toBeCloseTo(0.15, 1)
  expect(share('touch')).toBeCloseTo(0.05, 1)
  expect(share('create')).toBeCloseTo(0.05, 1)
  expect(planOf('mix', 20_000, drawsFrom(7))).toEqual(plan)
})

test('data is JSON text of the given size', () => {
  for (const bytes of [20, 200, 2000]) {
    expect(dataOf(bytes)).toHaveLength(bytes)
    expect(() => JSON.parse(dataOf(bytes)) as unknown).not.toThrow()
  }
})

test('the store is compared with each subject, and each subject with the raw driver', async () => {
  const [store, raw, peer] = ['store', 'raw', 'peer'].map((name) => counting(name).subject) as [
    Subject,
    Subject,
    Subject,
  ]
  const open = { store, others: [raw, peer] as const, versions: {}, close: async () => {} }
  const scenario = { op: 'read', bytes: 50, inFlight: 4, arrivals: 'closed' } as const
  const figures = await compare('any', open, scenario, 7, 0.1)
  expect(figures.map(({ subject, against }) => `${subject}/${against}`)).toEqual([
    'store/raw',
    'store/peer',
    'raw/raw',
    'peer/raw',
  ])
  expect(figures[2]?.ratio).toEqual({ q1: 1, median: 1, q3: 1 })
  for (const figure of figures) expect(figure).toMatchObject({ backend: 'any', ...scenario })
})
