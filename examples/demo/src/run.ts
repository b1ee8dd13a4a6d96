import { once } from 'node:events'
import { createApp } from './app.js'
import type { DemoOptions, StoreName } from './options.js'
import { storeNames } from './options.js'
import type { Report } from './report.js'
import { createReport } from './report.js'
import type { RunningServer } from './server.js'
import { startServer } from './server.js'
import { openStore } from './stores/open.js'
import type { DemoStore } from './stores/store.js'
import { walkThrough } from './walk.js'

type Use = (server: RunningServer, store: DemoStore) => Promise<void>
type Walk = (server: RunningServer, store: DemoStore, report: Report) => Promise<void>

interface Settings {
  readonly port: number
  readonly ttlMs: number | undefined
}

/** Runs the app on a store while `use` lasts, and leaves nothing running or stored after it. */
async function withApp(name: StoreName, { port, ttlMs }: Settings, use: Use): Promise<void> {
  const store = await openStore(name)
  try {
    const server = await startServer(createApp(store, { ttlMs }), port)
    try {
      await use(server, store)
    } finally {
      await server.close()
    }
  } finally {
    await store.close()
  }
}

/** Serves the app until the signal is given. */
export async function serve({ store: name = 'cookie', ...settings }: DemoOptions, signal: AbortSignal): Promise<void> {
  await withApp(name, settings, async ({ url }, store) => {
    console.log(`Sessions in ${store.plugin.name}, ${store.place}: ${url} (Ctrl-C ends it)`)
    if (!signal.aborted) await once(signal, 'abort')
  })
}

/** Takes the walk on each store in turn. Rejects if anything is not as it should be, or the signal is given. */
export async function walkEach({ store: only, ttlMs }: DemoOptions, signal: AbortSignal, walk: Walk): Promise<void> {
  const names = only === undefined ? storeNames : [only]
  const report = createReport(console.log)
  for (const name of names) {
    await withApp(name, { port: 0, ttlMs }, async (server, store) => {
      signal.throwIfAborted()
      await walk(server, store, report)
    })
  }
  console.log(`\nAll as it should be on ${names.join(', ')}.`)
}

/** Walks through a visit on each store without a browser. */
export async function walkAll(options: DemoOptions, signal: AbortSignal): Promise<void> {
  await walkEach(options, signal, ({ url }, store, report) => walkThrough({ store, url, report, signal }))
}
