import { supportsClose } from '@bext/session-core'
import type { ConformanceCase } from '../runner/case.js'
import { defineCase } from '../runner/case.js'
import { openInProcess } from '../process/open-in-process.js'
import { openInChild } from '../toolbox/child.js'

export const closeCases: readonly ConformanceCase[] = [
  defineCase('O3-declared', 'the store has close() if and only if it declares it', async (context) => {
    const { store } = await context.openRaw()
    context.equal(
      supportsClose(store),
      context.harness.capabilities?.includes('close') ?? false,
      'whether the store has close()',
    )
  }),

  defineCase(
    'O3-idempotent',
    'close() resolves, also a second time, and does not affect other stores',
    async (context) => {
      const [store, other] = [await context.open(), await context.open()]
      const made = await context.create(other)
      await context.create(store)
      await store.close()
      await store.close()
      context.equal(await store.isHealthy(), false, 'isHealthy() after close()')
      context.sameData((await other.read(made.id)).dataJson, made.dataJson)
      await context.create(other)
    },
    { needs: ['close'] },
  ),

  defineCase(
    'O3-ends',
    'a process that has opened, used and closed the store ten times exits without open handles',
    async (context) => {
      const { module } = context.harness
      if (!module) return
      const namespace = context.freshNamespace()
      const report = await ('command' in module
        ? openInProcess(module.command, namespace)
        : openInChild(module, namespace))
      context.ok(report.ended, 'the process to end by itself', 'it was still there and had to be killed')
      context.equal(report.exitCode, 0, 'the exit code')
      const growth = report.handles.at(-1) ?? 0
      const start = report.handles[1] ?? 0
      context.ok(growth <= start, `at most ${start} open handles after the tenth time`, `there are ${growth}`)
    },
    { needs: ['module'] },
  ),
]
