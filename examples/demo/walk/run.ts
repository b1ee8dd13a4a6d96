import type { DemoOptions, StoreName } from '../src/options.js'
import { storeNames } from '../src/options.js'
import { withApp } from '../src/serve.js'
import { hasSqlite } from '../src/stores/sqlite.js'
import type { RunningServer, Tls } from '../src/server.js'
import type { DemoStore } from '../src/stores/store.js'
import type { Report } from './report.js'
import { createReport } from './report.js'
import { walkThrough } from './walk.js'

export type Walk = (server: RunningServer, store: DemoStore, report: Report) => Promise<void>

// The other stores need far less memory than pglite, and pg walks through the same code.
function namesToWalk(): readonly StoreName[] {
  return storeNames.filter((name) => name !== 'pglite' && (name !== 'sqlite' || hasSqlite()))
}

/** Runs the walk on each store in turn, over HTTPS if `tls` is given. Rejects if a check fails or the signal is aborted. */
export async function walkEach(
  { store: only, ttlMs }: DemoOptions,
  signal: AbortSignal,
  walk: Walk,
  tls?: Tls,
): Promise<void> {
  const names = only === undefined ? namesToWalk() : [only]
  const report = createReport(console.log)
  for (const name of names) {
    await withApp(name, { port: 0, ttlMs, tls }, async (server, store) => {
      signal.throwIfAborted()
      await walk(server, store, report)
    })
  }
  console.log(`\nEvery check passed on ${names.join(', ')}.`)
}

/** Runs the walk of `--once` on each store, without a browser. */
export async function walkAll(options: DemoOptions, signal: AbortSignal): Promise<void> {
  await walkEach(options, signal, ({ url }, store, report) => walkThrough({ store, url, report, signal }))
}
