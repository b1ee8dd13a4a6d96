import { once } from 'node:events'
import { createApp } from './app.js'
import type { DemoOptions, StoreName } from './options.js'
import type { RunningServer, Tls } from './server.js'
import { startServer } from './server.js'
import { openStore } from './stores/open.js'
import type { DemoStore } from './stores/store.js'

interface AppSettings {
  readonly port: number
  readonly ttlMs: number | undefined
  /** Serves the app over HTTPS. Default: HTTP. */
  readonly tls?: Tls | undefined
}

/** Runs the app on a store while `use` is pending. Then stops the app and removes its data. */
export async function withApp(
  name: StoreName,
  { port, ttlMs, tls }: AppSettings,
  use: (server: RunningServer, store: DemoStore) => Promise<void>,
): Promise<void> {
  const store = await openStore(name)
  try {
    const server = await startServer((url) => createApp(store, url, { idleTimeoutMs: ttlMs }), port, tls)
    try {
      await use(server, store)
    } finally {
      await server.close()
    }
  } finally {
    await store.close()
  }
}

/** Serves the app until the signal is aborted. */
export async function serve({ store: name = 'cookie', ...settings }: DemoOptions, signal: AbortSignal): Promise<void> {
  await withApp(name, settings, async ({ url }, store) => {
    console.log(`Sessions in ${store.plugin.name}, ${store.place}: ${url} (press Ctrl-C to stop)`)
    if (!signal.aborted) await once(signal, 'abort')
  })
}
