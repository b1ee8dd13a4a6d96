import { supportsSweep } from '@bext/session-core'
import type { ConformanceCase } from '../runner/case.js'
import { defineCase } from '../runner/case.js'
import { ConformanceFailure } from '../runner/failure.js'
import { createExpired, retryWithLongerTtl, waitForEnd } from '../toolbox/lifetime.js'
import type { CheckedStore } from '../runner/checked-store.js'

const needs = ['sweep'] as const
const maxBatches = 200

async function sweepAll(store: CheckedStore, maxRecords: number): Promise<number> {
  let removed = 0
  for (let batch = 0; batch < maxBatches; batch += 1) {
    const result = await store.sweep({ maxRecords })
    if (result.removed > maxRecords) {
      throw new ConformanceFailure(`at most ${maxRecords} records removed`, `${result.removed} were`)
    }
    removed += result.removed
    if (!result.more) return removed
  }
  throw new ConformanceFailure('sweep() to come to an end', `it reported more after ${maxBatches} batches`)
}

export const sweepCases: readonly ConformanceCase[] = [
  defineCase('O2-declared', 'the store has sweep() if and only if it declares it', async (context) => {
    const { store } = await context.openRaw()
    context.equal(
      supportsSweep(store),
      context.harness.capabilities?.includes('sweep') ?? false,
      'whether the store has sweep()',
    )
  }),

  defineCase(
    'O2-bounded',
    'sweep() removes expired sessions in bounded batches, and no live session',
    (context) =>
      retryWithLongerTtl(context, async (ttlMs) => {
        const store = await context.open({ namespace: context.freshNamespace() })
        const alive = await Promise.all([
          context.create(store, { userId: context.userId() }),
          context.create(store),
          context.create(store, { ttlMs: 30 * 86_400_000 }),
        ])
        const short = await context.create(store, { ttlMs })
        const extended = await store.touch(short.id, 600_000)
        await createExpired(context, store, 12, ttlMs)
        await waitForEnd(context, short)
        context.equal(await sweepAll(store, 5), 12, 'the number of records removed')
        context.equal((await store.sweep()).removed, 0, 'the number of records removed by one more sweep()')
        for (const { id, dataJson } of alive) context.sameData((await store.read(id)).dataJson, dataJson)
        await store.read(extended)
      }),
    { needs },
  ),

  defineCase(
    'O2-at-once',
    'concurrent sweeps remove each expired session once, and no live session',
    (context) =>
      retryWithLongerTtl(
        context,
        async (ttlMs) => {
          const namespace = context.freshNamespace()
          const a = await context.open({ namespace })
          const shared = context.harness.declarations?.sharedBackend ?? true
          const b = shared ? await context.open({ namespace }) : a
          const alive = await Promise.all(Array.from({ length: 6 }, () => context.create(a)))
          await createExpired(context, a, 30, ttlMs)
          const removed = await Promise.all(Array.from({ length: 6 }, (_, n) => sweepAll(n % 2 === 1 ? b : a, 7)))
          const rest = await sweepAll(a, 100)
          context.equal(
            removed.reduce((sum, count) => sum + count, rest),
            30,
            'the number of records removed by all',
          )
          for (const { id } of alive) await a.read(id)
        },
        60,
      ),
    { needs },
  ),

  defineCase(
    'O2-bad-limit',
    'a maxRecords that is no positive integer is Invalid',
    async (context) => {
      const store = await context.open()
      for (const maxRecords of [0, -1, 1.5, Number.NaN, '10']) {
        await context.rejects(
          store.sweep({ maxRecords: maxRecords as number }),
          'Invalid',
          `sweep() of ${String(maxRecords)}`,
        )
      }
    },
    { needs },
  ),
]
