// Runs on each runtime, from the packed packages.
import type { StoreHarness } from '@bext/session-conformance'
import { runConformance } from '@bext/session-conformance'
import type { ServerOutcome } from './server-outcome.js'

/** A harness over a server, with its clean-up. */
export interface ServerHarness {
  readonly harness: StoreHarness
  /** Removes all sessions and ends the connections. */
  end(): Promise<void>
}

const notFailed = new Set(['pass', 'not-applicable', 'unsupported'])

/** Returns the URL with the host and port of the kit's proxy, if it is given. */
export function through(url: string, endpoint: StoreHarness['endpoint']): string {
  const changed = new URL(url)
  if (endpoint) changed.host = `${endpoint.host}:${endpoint.port}`
  return changed.href
}

/** Returns the module beside this one, for the kit to load in a process of the same runtime. */
export function moduleOf(name: string): NonNullable<StoreHarness['module']> {
  return { url: new URL(name, import.meta.url).href, execArgv: 'Deno' in globalThis ? ['run', '-A'] : [] }
}

/** Runs all cases of the kit. */
export async function check(server: ServerHarness): Promise<ServerOutcome> {
  const { cases, unhandledErrors, profiles, store } = await runConformance(server.harness, { seed: 7 })
  await server.end()
  const failed = cases.filter(({ verdict }) => !notFailed.has(verdict))
  return {
    backend: Object.entries(store.versions).flat().join(' '),
    passed: cases.filter(({ verdict }) => verdict === 'pass').length,
    profiles,
    failed: [
      ...failed.map(({ id, verdict, seen, note }) => `${id} ${verdict} ${seen ?? note ?? ''}`),
      ...unhandledErrors.map(({ error }) => `unhandled: ${error}`),
    ],
  }
}
