import { parseArgs } from 'node:util'
import { arrivalKinds, operations, type Arrivals, type Operation, type Scenario } from './figure.js'

export interface RunOptions {
  readonly command: 'run'
  readonly backend: string
  readonly scenarios: readonly Scenario[]
  readonly rounds: number
  /** How many calls a sample has, as a multiple of the usual number. */
  readonly effort: number
  readonly jsonFile: string | undefined
  readonly render: boolean
}

export interface RenderOptions {
  readonly command: 'render'
  readonly jsonFile: string
}

export type BenchOptions = RunOptions | RenderOptions | { readonly command: 'help' }

/** A command line that cannot be followed. */
export class UsageError extends Error {}

const minRounds = 7

export function usageOf(backends: readonly string[]): string {
  return `Usage: pnpm bench ${backends.join('|')} [options]
       pnpm bench render FILE

  --json FILE            write the figures there, and how they were taken beside it, in FILE.run.json
  --render               write the table and the chart into docs/benchmarks/
  --quick                200 bytes and jittered arrivals alone, with short samples: under a minute
  --op NAME[,NAME]       ${operations.join(', ')} (default: all)
  --bytes N[,N]          bytes of session data (default: 200,2000)
  --in-flight N[,N]      calls at the same time (default: 1,16,64,256)
  --arrivals NAME[,NAME] ${arrivalKinds.join(', ')} (default: both)
  --rounds N             at least ${minRounds} (default: ${minRounds})
  --help                 print this
`
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'string' },
        render: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        op: { type: 'string' },
        bytes: { type: 'string' },
        'in-flight': { type: 'string' },
        arrivals: { type: 'string' },
        rounds: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function oneOf<T extends string>(option: string, known: readonly T[], text: string): T {
  const found = known.find((name) => name === text)
  if (found === undefined) {
    throw new UsageError(`${option} must be one of ${known.join(', ')}, but it is ${JSON.stringify(text)}.`)
  }
  return found
}

function wholeNumber(option: string, text: string, min: number): number {
  if (/^\d{1,6}$/.test(text) && Number(text) >= min) return Number(text)
  throw new UsageError(`${option} must be a whole number from ${min} on, but it is ${JSON.stringify(text)}.`)
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

/** The command line. Throws a `UsageError` for a wrong one. */
export function parseOptions(args: readonly string[], backends: readonly string[]): BenchOptions {
  const { values, positionals } = parse(args)
  const [what, file, ...rest] = positionals
  if (values.help || what === undefined) return { command: 'help' }
  if (what === 'render') {
    if (file === undefined || rest.length > 0) throw new UsageError('render expects one FILE, written by --json.')
    return { command: 'render', jsonFile: file }
  }
  if (file !== undefined) throw new UsageError(`expected one backend, but ${JSON.stringify(file)} came after it.`)
  const { quick } = values
  return {
    command: 'run',
    backend: oneOf('the backend', backends, what),
    scenarios: scenariosOf(
      listOf(values.op, operations, (item) => oneOf('--op', operations, item)),
      listOf(values.bytes, quick ? [200] : [200, 2000], (item) => wholeNumber('--bytes', item, 20)),
      listOf(values['in-flight'], [1, 16, 64, 256], (item) => wholeNumber('--in-flight', item, 1)),
      listOf(values.arrivals, quick ? ['jitter'] : arrivalKinds, (item) => oneOf('--arrivals', arrivalKinds, item)),
    ),
    rounds: wholeNumber('--rounds', values.rounds ?? String(minRounds), minRounds),
    effort: quick ? 0.3 : 1,
    jsonFile: values.json,
    render: values.render,
  }
}
