import type { ConformanceCase } from '../runner/case.js'
import { defineCase } from '../runner/case.js'
import { faults, faultTimeoutMs, untilHealthy, untilItWorks } from '../toolbox/faulty-backend.js'

export const healthCases: readonly ConformanceCase[] = [
  defineCase('H1-up', 'isHealthy() is true while the backend answers', async (context) => {
    const store = await context.open()
    await context.create(store)
    context.equal(await store.isHealthy(), true, 'isHealthy()')
  }),

  defineCase(
    'H1-writes-nothing',
    'isHealthy() writes nothing',
    async (context) => {
      const namespace = context.freshNamespace()
      const store = await context.open({ namespace })
      await context.create(store)
      const look = async (): Promise<string> =>
        [...((await context.harness.inspect?.(namespace)) ?? [])].toSorted().join('\n')
      const before = await look()
      for (let n = 0; n < 3; n += 1) await store.isHealthy()
      context.ok((await look()) === before, 'a backend as it was', 'isHealthy() has written to it')
    },
    { families: ['server'], needs: ['inspect'] },
  ),

  defineCase(
    'H1-down',
    'isHealthy() asks the backend: it is false in time while the backend stalls or refuses, and never rejects',
    async (context) => {
      const proxy = await context.openProxy()
      const store = await context.open({ endpoint: proxy.endpoint, timeoutMs: faultTimeoutMs })
      await untilHealthy(context, store)
      for (const [fault, begin] of faults) {
        begin(proxy)
        const startedAtMs = performance.now()
        context.equal(await store.isHealthy(), false, `isHealthy() while the backend ${fault}`)
        const tookMs = performance.now() - startedAtMs
        const inTime = tookMs <= faultTimeoutMs + context.slackMs
        context.ok(inTime, `an answer within ${faultTimeoutMs} ms`, `it took ${Math.round(tookMs)} ms`)
      }
    },
    { families: ['server'], needs: ['endpoint'] },
  ),

  defineCase(
    'H2-heals',
    'isHealthy() and all calls recover without a restart once the backend is available again',
    async (context) => {
      const proxy = await context.openProxy()
      const store = await context.open({ endpoint: proxy.endpoint, timeoutMs: faultTimeoutMs })
      const made = await untilItWorks(context, store, () => context.create(store))
      for (const [fault, begin] of faults) {
        begin(proxy)
        context.equal(await store.isHealthy(), false, `isHealthy() while the backend ${fault}`)
        proxy.restore()
        await untilHealthy(context, store)
        context.sameData((await untilItWorks(context, store, () => store.read(made.id))).dataJson, made.dataJson)
      }
    },
    { families: ['server'], needs: ['endpoint'] },
  ),
]
