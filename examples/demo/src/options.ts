import { parseArgs } from 'node:util'
import { UserError } from './user-error.js'

export const storeNames = ['memory', 'cookie', 'redis', 'pg'] as const

export type StoreName = (typeof storeNames)[number]

export interface DemoOptions {
  readonly store: StoreName | undefined
  readonly port: number
  /** How long a session lives without a request, unless as the library has it. */
  readonly ttlMs: number | undefined
  readonly once: boolean
  readonly browser: boolean
  /** The folder for screenshots of the walk in a browser. */
  readonly screenshots: string | undefined
  readonly help: boolean
}

export const usage = `Usage: npm run demo -- [options]

  --store memory|cookie|redis|pg  where sessions are kept (default: cookie, which needs no server;
                                  redis and pg are started for you)
  --port N                        the port to listen on (default: 3000; 0 for any that is free)
  --ttl SECONDS                   how long a session lives without a request (default: 1800)
  --once                          walk through a visit on each store in turn, or on that of --store,
                                  checking and printing what happens, and end
  --browser                       do so in Chromium, which has to be installed
  --screenshots FOLDER            with --browser: keep pictures of the pages there
  --help                          print this
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
  // No session lives longer than 12 hours, however busy it is.
  if (/^[1-9]\d{0,4}$/.test(ttl) && Number(ttl) <= maxTtlSeconds) return Number(ttl) * 1000
  throw usageFailure(`--ttl must be a number of seconds from 1 to ${maxTtlSeconds}, but it is ${JSON.stringify(ttl)}.`)
}

function checkScreenshots(folder: string | undefined, browser: boolean): string | undefined {
  if (folder === '') throw usageFailure('--screenshots needs a folder.')
  if (folder !== undefined && !browser) throw usageFailure('--screenshots needs --browser.')
  return folder
}

/** The command line's options. Throws a `UserError` with the usage and exit code 2 for a wrong one. */
export function parseOptions(args: readonly string[]): DemoOptions {
  const { store, port, ttl, once, browser, screenshots, help } = parse(args)
  if (once && browser) throw usageFailure('--once walks without a browser, and --browser in one: give one of them.')
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
