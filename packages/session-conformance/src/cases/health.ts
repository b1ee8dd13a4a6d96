import type { ConformanceCase } from '../lib/case.js'
import { defineCase } from '../lib/case.js'
import { ConformanceFailure } from '../lib/failure.js'

export const healthCases: readonly ConformanceCase[] = [
  defineCase('H1-up', 'isHealthy() is true while the backend answers', async (context) => {
    const store = await context.open()
    await context.create(store)
    context.equal(await store.isHealthy(), true, 'isHealthy()')
  }),

  defineCase(
    'H1-down',
    'isHealthy() asks: it is false while the backend stalls or refuses, in time, and never rejects',
    async (context) => {
      const timeoutMs = 400
      const proxy = await context.openProxy()
      const store = await context.open({ endpoint: proxy.endpoint, timeoutMs })
      await context.create(store)
      context.equal(await store.isHealthy(), true, 'isHealthy() before')
      for (const [what, begin] of [
        ['stalls', () => proxy.stall()],
        ['refuses', () => proxy.refuse()],
      ] as const) {
        begin()
        const startedAtMs = performance.now()
        context.equal(await store.isHealthy(), false, `isHealthy() while the backend ${what}`)
        const tookMs = performance.now() - startedAtMs
        context.ok(tookMs <= timeoutMs + context.slackMs, `an answer within ${timeoutMs} ms`, `it took ${Math.round(tookMs)} ms`)
      }
    },
    { families: ['server'], needs: ['endpoint'] },
  ),

  defineCase(
    'H2-heals',
    'isHealthy() and all calls recover by themselves once the backend is back',
    async (context) => {
      const proxy = await context.openProxy()
      const store = await context.open({ endpoint: proxy.endpoint, timeoutMs: 400 })
      const made = await context.create(store)
      for (let round = 0; round < 2; round += 1) {
        proxy.refuse()
        context.equal(await store.isHealthy(), false, 'isHealthy() while the backend refuses')
        proxy.restore()
        const limitMs = Date.now() + 15_000
        while (!(await store.isHealthy())) {
          if (Date.now() > limitMs) throw new ConformanceFailure('isHealthy() to be true again', 'it was false for 15 s')
          await new Promise((resolve) => setTimeout(resolve, 20))
        }
        context.sameData((await store.read(made.id)).dataJson, made.dataJson)
      }
    },
    { families: ['server'], needs: ['endpoint'] },
  ),
]
