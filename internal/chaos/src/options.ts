import { parseCommandLine, UsageError, wholeNumber } from '@bext-internal/command-line'

export interface ChaosOptions {
  readonly backend: string
  /** Duration of the load in each scenario; the clients share it. */
  readonly seconds: number
  readonly inFlight: number
  readonly seed: number
  /** Name of the only scenario to run. Without it, all of them run. */
  readonly scenario: string | undefined
}

export function usageOf(backends: readonly string[]): string {
  return `Usage: pnpm chaos ${backends.join('|')} [options]

  --seconds N      duration of each scenario, shared by its clients; each disturbance runs at least once,
                   however long that takes (default: 60)
  --in-flight N    concurrent calls (default: 64)
  --seed N         seed of the random load and disturbances (default: a new one, which is printed)
  --scenario NAME  run only this scenario
  --help           print this help
`
}

/** Parses a command line. Returns `undefined` if it asks for help. Throws a `UsageError` if it is invalid. */
export function parseOptions(args: readonly string[], backends: readonly string[]): ChaosOptions | undefined {
  const { values, positionals } = parseCommandLine(args, {
    seconds: { type: 'string', default: '60' },
    'in-flight': { type: 'string', default: '64' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
    scenario: { type: 'string' },
    help: { type: 'boolean', default: false },
  })
  const [backend, ...rest] = positionals
  if (values.help || backend === undefined) return undefined
  if (!backends.includes(backend) || rest.length > 0) {
    const given = JSON.stringify(positionals.join(' '))
    throw new UsageError(`The backend must be one of ${backends.join(', ')}, but it is ${given}.`)
  }
  return {
    backend,
    seconds: wholeNumber('--seconds', values.seconds, 1),
    inFlight: wholeNumber('--in-flight', values['in-flight'], 1),
    seed: wholeNumber('--seed', values.seed, 0),
    scenario: values.scenario,
  }
}
