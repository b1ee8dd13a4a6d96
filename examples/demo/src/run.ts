import { once } from 'node:events'
import { createApp } from './app.js'
import type { DemoOptions, StoreName } from './options.js'
import { storeNames } from './options.js'
import { createReport } from './report.js'
import type { RunningServer } from './server.js'
import { startServer } from './server.js'
import { openStore } from './stores/open.js'
import type { DemoStore } from './stores/store.js'
import { walkThrough } from './walk.js'

type Use = (server: RunningServer, store: DemoStore) => Promise<void>

/** Runs the app on a store while `use` lasts, and leaves nothing running or stored after it. */
async function withApp(name: StoreName, port: number, use: Use): Promise<void> {
  const store = await openStore(name)
  try {
    const server = await startServer(createApp(store), port)
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
export async function serve({ store: name = 'cookie', port }: DemoOptions, signal: AbortSignal): Promise<void> {
  await withApp(name, port, async ({ url }, store) => {
    console.log(`Sessions in ${store.plugin.name}, ${store.place}: ${url} (Ctrl-C ends it)`)
    if (!signal.aborted) await once(signal, 'abort')
  })
}

/** Walks through a visit on each store in turn. Rejects if anything is not as it should be, or the signal is given. */
export async function walkAll({ store: only }: DemoOptions, signal: AbortSignal): Promise<void> {
  const names = only === undefined ? storeNames : [only]
  const report = createReport(console.log)
  for (const name of names) {
    await withApp(name, 0, async ({ url }, store) => {
      signal.throwIfAborted()
      await walkThrough({ store, url, report, signal })
    })
  }
  console.log(`\nAll as it should be on ${names.join(', ')}.`)
}
