import { oneOf, parseCommandLine, UsageError, wholeNumber } from '@bext-internal/command-line'
import {
  arrivalKinds,
  operations,
  type Arrivals,
  type Operation,
  type Scenario,
  type UsualScenarios,
} from './measure/figure.js'
import type { Experiment } from './experiments/experiment.js'

export interface RunOptions {
  readonly command: 'run'
  readonly backend: string
  readonly scenarios: readonly Scenario[]
  readonly rounds: number
  /** Number of calls in a sample, as a multiple of the usual number. */
  readonly effort: number
  readonly jsonFile: string | undefined
  readonly render: boolean
}

export interface RenderOptions {
  readonly command: 'render'
  /** Files of runs of one backend, in the order in which they were made. */
  readonly jsonFiles: readonly [string, ...string[]]
}

export interface ExperimentOptions {
  readonly command: 'experiment'
  readonly name: string
  readonly sessions: number
  readonly requests: number
  readonly render: boolean
}

export type BenchOptions = RunOptions | RenderOptions | ExperimentOptions | { readonly command: 'help' }

/** The backends and experiments that can be measured. */
export interface Known {
  readonly backends: readonly string[]
  readonly experiments: readonly Pick<Experiment, 'name' | 'summary'>[]
}

const minRounds = 7

const usual: UsualScenarios = {
  ops: operations,
  bytes: [200, 2000],
  inFlight: [1, 16, 64, 256],
  arrivals: arrivalKinds,
}

export function usageOf({ backends, experiments }: Known): string {
  const others = experiments.map(({ name, summary }) => `  ${name.padEnd(22)} ${summary}`)
  return `Usage: pnpm bench ${backends.join('|')} [options]
       pnpm bench render FILE [FILE ...]
       pnpm bench EXPERIMENT [--sessions N] [--requests N] [--render]

Each EXPERIMENT prints:
${others.join('\n')}

  --json FILE            write the figures to FILE, and a description of the run to FILE.run.json
  --render               write the table and the chart to docs/benchmarks/
  --quick                measure 200 bytes and jittered arrivals only, with short samples: a minute or two
  --op NAME[,NAME]       ${operations.join(', ')} (default: all that the backend has)
  --bytes N[,N]          bytes of session data (default: 200,2000; cookie 200,1000,3000)
  --in-flight N[,N]      concurrent calls (default: 1,16,64,256; cookie 1,64; sqlite 1)
  --arrivals NAME[,NAME] ${arrivalKinds.join(', ')} (default: both; cookie, sqlite closed)
  --rounds N             number of rounds, at least ${minRounds} (default: ${minRounds})
  --sessions N           number of sessions in an experiment (default: 1000000)
  --requests N           number of requests that the experiment host sends to each server (default: 100000)
  --help                 print this help
`
}

function listOf<T>(text: string | undefined, defaults: readonly T[], parseItem: (item: string) => T): readonly T[] {
  return text === undefined ? defaults : text.split(',').map(parseItem)
}

function scenariosOf(
  ops: readonly Operation[],
  sizes: readonly number[],
  depths: readonly number[],
  arrivals: readonly Arrivals[],
): Scenario[] {
  return sizes.flatMap((bytes) =>
    ops.flatMap((op) =>
      arrivals.flatMap((kind) => depths.map((inFlight) => ({ op, bytes, inFlight, arrivals: kind }))),
    ),
  )
}

/** Parses a command line. Throws a `UsageError` if it is invalid. */
export function parseOptions(
  args: readonly string[],
  { backends, experiments }: Known,
  usualOf: (backend: string) => UsualScenarios | undefined = () => undefined,
): BenchOptions {
  const { values, positionals } = parseCommandLine(args, {
    json: { type: 'string' },
    render: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    op: { type: 'string' },
    bytes: { type: 'string' },
    'in-flight': { type: 'string' },
    arrivals: { type: 'string' },
    rounds: { type: 'string' },
    sessions: { type: 'string' },
    requests: { type: 'string' },
    help: { type: 'boolean', default: false },
  })
  const [what, file, ...rest] = positionals
  if (values.help || what === undefined) return { command: 'help' }
  if (what === 'render') {
    if (file === undefined) throw new UsageError('Expected one or more files after render, written by --json.')
    return { command: 'render', jsonFiles: [file, ...rest] }
  }
  if (experiments.some(({ name }) => name === what) && file === undefined) {
    const sessions = wholeNumber('--sessions', values.sessions ?? '1000000', 1000)
    const requests = wholeNumber('--requests', values.requests ?? '100000', 1000)
    return { command: 'experiment', name: what, sessions, requests, render: values.render }
  }
  if (file !== undefined) throw new UsageError(`Expected one backend, but ${JSON.stringify(file)} follows it.`)
  const { quick } = values
  const backend = oneOf('The backend', backends, what)
  const defaults = usualOf(backend) ?? { ...usual, ...(quick && { arrivals: ['jitter'] }) }
  return {
    command: 'run',
    backend,
    scenarios: scenariosOf(
      listOf(values.op, defaults.ops, (item) => oneOf('--op', operations, item)),
      listOf(values.bytes, quick ? [200] : defaults.bytes, (item) => wholeNumber('--bytes', item, 20)),
      listOf(values['in-flight'], defaults.inFlight, (item) => wholeNumber('--in-flight', item, 1)),
      listOf(values.arrivals, defaults.arrivals, (item) => oneOf('--arrivals', arrivalKinds, item)),
    ),
    rounds: wholeNumber('--rounds', values.rounds ?? String(minRounds), minRounds),
    effort: quick ? 0.3 : 1,
    jsonFile: values.json,
    render: values.render,
  }
}
