import { parseArgs } from 'node:util'
import { UserError } from './user-error.js'

export const storeNames = ['memory', 'cookie', 'sqlite', 'redis', 'pg', 'pglite'] as const

export type StoreName = (typeof storeNames)[number]

export interface DemoOptions {
  readonly store: StoreName | undefined
  readonly port: number
  /** Idle timeout. `undefined`: the default of the library. */
  readonly ttlMs: number | undefined
  readonly once: boolean
  readonly browser: boolean
  /** Folder for screenshots of the walk in a browser. */
  readonly screenshots: string | undefined
  readonly help: boolean
}

export const usage = `Usage: npm run demo -- [options]

  --store memory|cookie|sqlite|redis|pg|pglite
                                  store for the sessions (default: cookie, which needs no server;
                                  sqlite needs Node 22.13 or newer; redis and pg are started for you;
                                  pglite is PostgreSQL in this process, which needs about 800 MB of
                                  memory)
  --port N                        port to listen on (default: 3000; 0 for any free port)
  --ttl SECONDS                   idle timeout of a session (default: 1800)
  --once                          walk through a visit on each store in turn except pglite (and sqlite on
                                  an older Node), or on the store of --store, print and check each step,
                                  and exit
  --browser                       the same in Chromium, over HTTPS
  --screenshots FOLDER            with --browser: save screenshots of the pages in FOLDER
  --help                          print this help
`

const maxTtlSeconds = 12 * 60 * 60

function usageFailure(message: string): UserError {
  return new UserError(`${message}\n\n${usage}`, 2)
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        store: { type: 'string' },
        port: { type: 'string', default: '3000' },
        ttl: { type: 'string' },
        once: { type: 'boolean', default: false },
        browser: { type: 'boolean', default: false },
        screenshots: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    })
    return values
  } catch (error) {
    throw usageFailure(error instanceof Error ? error.message : String(error))
  }
}

function checkStore(store: string | undefined): StoreName | undefined {
  if (store === undefined) return undefined
  const name = storeNames.find((known) => known === store)
  if (!name) throw usageFailure(`--store must be one of ${storeNames.join(', ')}, but it is ${JSON.stringify(store)}.`)
  return name
}

function checkPort(port: string): number {
  if (/^\d{1,5}$/.test(port) && Number(port) <= 65_535) return Number(port)
  throw usageFailure(`--port must be a number from 0 to 65535, but it is ${JSON.stringify(port)}.`)
}

function checkTtl(ttl: string | undefined): number | undefined {
  if (ttl === undefined) return undefined
  // The absolute timeout is 12 hours.
  if (/^[1-9]\d{0,4}$/.test(ttl) && Number(ttl) <= maxTtlSeconds) return Number(ttl) * 1000
  throw usageFailure(`--ttl must be a number of seconds from 1 to ${maxTtlSeconds}, but it is ${JSON.stringify(ttl)}.`)
}

function checkScreenshots(folder: string | undefined, browser: boolean): string | undefined {
  if (folder === '') throw usageFailure('--screenshots must be followed by a folder.')
  if (folder !== undefined && !browser) throw usageFailure('--screenshots requires --browser.')
  return folder
}

/** Parses a command line. Throws a `UserError` with the usage and exit code 2 if it is invalid. */
export function parseOptions(args: readonly string[]): DemoOptions {
  const { store, port, ttl, once, browser, screenshots, help } = parse(args)
  if (once && browser) throw usageFailure('--once and --browser exclude each other: use one of them.')
  return {
    store: checkStore(store),
    port: checkPort(port),
    ttlMs: checkTtl(ttl),
    once,
    browser,
    screenshots: checkScreenshots(screenshots, browser),
    help,
  }
}
