import { parseArgs } from 'node:util'
import type { StoreFamily } from '../runner/harness.js'

/** An error that the user can fix. The command prints its message in one paragraph, without a stack. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Parsed command line. Files are paths, or `-` for the standard output. */
export interface Arguments {
  /** The module to run. Undefined if there is nothing to run. */
  readonly module: string | undefined
  /** The command whose process answers the calls, instead of a module. */
  readonly process: string | undefined
  readonly family: StoreFamily | undefined
  readonly seed: number | undefined
  readonly only: readonly string[] | undefined
  readonly replay: string | undefined
  readonly quick: boolean
  readonly strict: boolean
  readonly json: string | undefined
  readonly junit: string | undefined
  readonly markdown: string | undefined
  readonly tap: boolean
  readonly from: string | undefined
  readonly list: boolean
  readonly help: boolean
  readonly version: boolean
  readonly color: boolean
}

const maxSeed = 2 ** 32 - 1

const options = {
  process: { type: 'string' },
  family: { type: 'string' },
  seed: { type: 'string' },
  only: { type: 'string', multiple: true },
  replay: { type: 'string' },
  quick: { type: 'boolean', default: false },
  strict: { type: 'boolean', default: false },
  json: { type: 'string' },
  junit: { type: 'string' },
  markdown: { type: 'string' },
  tap: { type: 'boolean', default: false },
  from: { type: 'string' },
  list: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
  version: { type: 'boolean', short: 'v', default: false },
  'no-color': { type: 'boolean', default: false },
} as const

function readSeed(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const seed = Number(text)
  if (/^\d+$/.test(text) && seed <= maxSeed) return seed
  throw new UsageError(`--seed must be a whole number from 0 to ${maxSeed}, as a run prints it; "${text}" was given.`)
}

function readFamily(text: string | undefined): StoreFamily | undefined {
  if (text === undefined || text === 'server' || text === 'client') return text
  throw new UsageError(
    '--family must be "server" (the id is a key into a store) or "client" (the id is the sealed session); ' +
      `"${text}" was given.`,
  )
}

function parse(
  args: readonly string[],
): ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>> {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (error) {
    const [firstSentence = ''] = String(error instanceof Error ? error.message : error).split(/\.\s/)
    throw new UsageError(`${firstSentence.replace(/\.$/, '')}. Run it with --help to see every option.`)
  }
}

function checkTogether({
  module,
  process,
  family,
  replay,
  only,
  quick,
  from,
  json,
  junit,
  markdown,
  tap,
  list,
}: Arguments): void {
  if (process !== undefined && (module !== undefined || family !== undefined)) {
    throw new UsageError('--process runs a command, which says its family itself: give no module and no --family.')
  }
  if (replay !== undefined && (only || quick)) {
    throw new UsageError('--replay runs one case by its id; leave out --only and --quick.')
  }
  if (
    from !== undefined &&
    (module !== undefined || process !== undefined || replay !== undefined || only || quick || list)
  ) {
    throw new UsageError(
      '--from shows a report that was written by --json, and runs nothing: give no module and choose no cases.',
    )
  }
  const onOutput = [json, junit, markdown].filter((file) => file === '-').length + Number(tap)
  if (onOutput > 1) {
    throw new UsageError(
      'Only one of --json, --junit, --markdown and --tap can go to the standard output; give files for the others.',
    )
  }
}

/** Parses a command line. Throws a `UsageError` that says what is wrong and what is expected. */
export function readArguments(args: readonly string[]): Arguments {
  const { values, positionals } = parse(args)
  if (positionals.length > 1) {
    throw new UsageError(`One module is run at a time; these were given: ${positionals.join(', ')}.`)
  }
  const { family, seed, 'no-color': noColor, process, only, replay, json, junit, markdown, from, ...flags } = values
  const read: Arguments = {
    ...flags,
    process,
    only,
    replay,
    json,
    junit,
    markdown,
    from,
    module: positionals[0],
    family: readFamily(family),
    seed: readSeed(seed),
    color: !noColor,
  }
  checkTogether(read)
  return read
}
