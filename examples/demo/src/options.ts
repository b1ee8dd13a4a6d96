import { parseArgs } from 'node:util'
import { FailureToReport } from './failure.js'

export const storeNames = ['memory', 'cookie', 'redis', 'pg'] as const

export type StoreName = (typeof storeNames)[number]

export interface DemoOptions {
  readonly store: StoreName | undefined
  readonly port: number
  readonly once: boolean
  readonly help: boolean
}

export const usage = `Usage: npm run demo -- [options]

  --store memory|cookie|redis|pg  where sessions are kept (default: cookie, which needs no server;
                                  redis and pg are started for you)
  --port N                        the port to listen on (default: 3000; 0 for any that is free)
  --once                          walk through a visit on each store in turn, or on that of --store,
                                  checking and printing what happens, and end
  --help                          print this
`

function usageFailure(message: string): FailureToReport {
  return new FailureToReport(`${message}\n\n${usage}`, 2)
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        store: { type: 'string' },
        port: { type: 'string', default: '3000' },
        once: { type: 'boolean', default: false },
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

/** The command line's options. Throws a `FailureToReport` with the usage and exit code 2 for a wrong one. */
export function parseOptions(args: readonly string[]): DemoOptions {
  const { store, port, once, help } = parse(args)
  return { store: checkStore(store), port: checkPort(port), once, help }
}
