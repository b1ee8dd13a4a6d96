import { parseCommandLine, UsageError, wholeNumber } from '@bext-internal/command-line'

export interface ChaosOptions {
  readonly backend: string
  /** How long the load runs in each scenario. */
  readonly seconds: number
  readonly inFlight: number
  readonly seed: number
  /** The one scenario to run; all, if it is missing. */
  readonly scenario: string | undefined
}

export function usageOf(backends: readonly string[]): string {
  return `Usage: pnpm chaos ${backends.join('|')} [options]

  --seconds N      how long the load runs in each scenario, at least once through all disturbances (default: 60)
  --in-flight N    calls at the same time (default: 64)
  --seed N         what load and disturbances are drawn from (default: a new one, which is printed)
  --scenario NAME  only this one
  --help           print this
`
}

/** Returns the options of a command line; `undefined` if it asks for help. Throws a `UsageError` for a wrong one. */
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
    throw new UsageError(`expected one of ${backends.join(', ')}, but got ${JSON.stringify(positionals.join(' '))}.`)
  }
  return {
    backend,
    seconds: wholeNumber('--seconds', values.seconds, 1),
    inFlight: wholeNumber('--in-flight', values['in-flight'], 1),
    seed: wholeNumber('--seed', values.seed, 0),
    scenario: values.scenario,
  }
}
