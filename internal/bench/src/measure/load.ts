import type { Operation, Scenario } from './figure.js'
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import type { Subject } from './suite.js'

export interface Sample {
  readonly opsPerSecond: number
  readonly cpuMicros: number
}

type SingleOperation = Exclude<Operation, 'mix'>

export const mixShares: Readonly<Partial<Record<SingleOperation, number>>> = {
  read: 0.75,
  update: 0.15,
  touch: 0.05,
  create: 0.05,
}

const maxTurns = 3
export const poolSize = 1000

/** Returns JSON text of that many bytes. */
export function dataOf(bytes: number): string {
  const empty = JSON.stringify({ data: '' })
  return JSON.stringify({ data: 'x'.repeat(Math.max(0, bytes - empty.length)) })
}

function pickFromMix(share: number): SingleOperation {
  let left = share
  for (const [op, size] of Object.entries(mixShares)) {
    if (left < size) return op as SingleOperation
    left -= size
  }
  return 'read'
}

/** Returns the operation of each call. */
export function planOf(op: Operation, calls: number, random: () => number): SingleOperation[] {
  return Array.from({ length: calls }, () => (op === 'mix' ? pickFromMix(random()) : op))
}

/** Creates sessions of the subject, in batches. Resolves to their ids. */
export async function createMany(subject: Subject, count: number, dataJson: string): Promise<string[]> {
  const ids: string[] = []
  while (ids.length < count) {
    const batch = Array.from({ length: Math.min(poolSize, count - ids.length) }, () => subject.create(dataJson))
    ids.push(...(await Promise.all(batch)))
  }
  return ids
}

export async function deleteMany(subject: Subject, ids: readonly string[]): Promise<void> {
  for (let from = 0; from < ids.length; from += poolSize) {
    await Promise.all(ids.slice(from, from + poolSize).map((id) => subject.delete(id)))
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

/**
 * Measures a number of operations of the subject, on the sessions of the pool in turn. Sessions to delete are created
 * before the measured time, and created sessions are deleted after it.
 */
export async function takeSample(
  subject: Subject,
  scenario: Scenario,
  pool: readonly string[],
  calls: number,
  seed: number,
): Promise<Sample> {
  const generator = xoroshiro128plus(seed)
  const random = (): number => uniformFloat64(generator)
  const plan = planOf(scenario.op, calls, random)
  const turns = plan.map(() => (scenario.arrivals === 'jitter' ? Math.floor(random() * (maxTurns + 1)) : 0))
  const dataJson = dataOf(scenario.bytes)
  const ids = scenario.op === 'delete' ? await createMany(subject, calls, dataJson) : pool
  const created: string[] = []
  let next = 0

  async function call(position: number): Promise<void> {
    const op = plan[position] ?? 'read'
    const id = ids[position % ids.length] ?? ''
    if (op === 'create') created.push(await subject.create(dataJson))
    else if (op === 'update') await subject.update(id, dataJson)
    else await subject[op](id)
  }

  async function work(): Promise<void> {
    while (next < calls) {
      const position = next++
      for (let left = turns[position] ?? 0; left > 0; left--) await turn()
      await call(position)
    }
  }

  await subject.renew?.()
  const cpuBefore = process.cpuUsage()
  const startedMs = performance.now()
  await Promise.all(Array.from({ length: scenario.inFlight }, work))
  const tookMs = performance.now() - startedMs
  const cpu = process.cpuUsage(cpuBefore)

  await deleteMany(subject, created)
  return { opsPerSecond: (calls / tookMs) * 1000, cpuMicros: (cpu.user + cpu.system) / calls }
}
