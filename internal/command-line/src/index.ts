import { parseArgs, type ParseArgsConfig } from 'node:util'

/** Thrown for an invalid command line. */
export class UsageError extends Error {}

type OptionTypes = NonNullable<ParseArgsConfig['options']>

interface ParsedOptions<Options extends OptionTypes> {
  readonly args: string[]
  readonly allowPositionals: true
  readonly options: Options
}

/** Parses a command line, also after the `--` that pnpm passes on. Throws a `UsageError` for an unknown option or one without its value. */
export function parseCommandLine<Options extends OptionTypes>(
  args: readonly string[],
  options: Options,
): ReturnType<typeof parseArgs<ParsedOptions<Options>>> {
  try {
    const own = args[0] === '--' ? args.slice(1) : [...args]
    return parseArgs<ParsedOptions<Options>>({ args: own, allowPositionals: true, options })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

/** Returns the value of an option that takes one of several words. Throws a `UsageError` for any other word. */
export function oneOf<T extends string>(option: string, words: readonly T[], text: string): T {
  const found = words.find((word) => word === text)
  if (found !== undefined) return found
  throw new UsageError(`${option} must be one of ${words.join(', ')}, but it is ${JSON.stringify(text)}.`)
}

/** Returns the value of an option that takes a whole number of at least `min`. Throws a `UsageError` for anything else. */
export function wholeNumber(option: string, text: string, min: number): number {
  if (/^\d{1,9}$/.test(text) && Number(text) >= min) return Number(text)
  throw new UsageError(`${option} must be a whole number from ${min} on, but it is ${JSON.stringify(text)}.`)
}

/** Runs a command. For a `UsageError` it prints the message and the usage, and sets exit code 2. */
export async function runCommand(usage: string, command: () => Promise<void>): Promise<void> {
  try {
    await command()
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    console.error(`${error.message}\n\n${usage}`)
    process.exitCode = 2
  }
}
