import { skipped, type Finding } from './finding.js'

/** Thrown for an invalid command line. */
export class UsageError extends Error {}

/** Thrown if the backend cannot be reached. The message says why. */
export class UnreachableError extends Error {}

/** Part of `node:process` that a doctor needs: arguments in, text and exit code out. */
export interface DoctorProcess {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdout: { readonly isTTY?: boolean | undefined; write(text: string): unknown }
  readonly stderr: { write(text: string): unknown }
  exitCode?: number | string | null | undefined
}

/** Colours text for a terminal, as `styleText` of `node:util` does. */
export type StyleText = (color: 'green' | 'yellow' | 'red', text: string) => string

/** Parts of a doctor that depend on the backend. */
export interface Doctor<Args extends { readonly json: boolean }> {
  readonly usage: string
  readonly version: () => string
  /** Parses the command line. Throws a `UsageError`. */
  readonly parse: (args: readonly string[]) => Args | 'help' | 'version'
  /** Runs all checks. Rejects with an `UnreachableError`, or with a `TypeError` for a wrong option. */
  readonly examine: (args: Args) => Promise<readonly Finding[]>
}

const marks = { ok: 'ok     ', warning: 'warning', problem: 'PROBLEM' } as const
const colors = { ok: 'green', warning: 'yellow', problem: 'red' } as const

function formatFindings(
  findings: readonly Finding[],
  paint: (level: Finding['level'], mark: string) => string,
): string {
  const lines = findings.flatMap(({ level, subject, found, why, advice }) => {
    const head = `${paint(level, marks[level])}  ${subject}: ${found}`
    return [head, ...[why, advice].filter((text) => text !== undefined).map((text) => `         ${text}`)]
  })
  const problems = findings.filter(({ level }) => level === 'problem').length
  const unseen = findings.filter(({ found }) => found === skipped).length
  const summary =
    problems === 0 ? 'Nothing is wrong.' : `${problems} ${problems === 1 ? 'thing is' : 'things are'} wrong.`
  const rest = unseen === 0 ? '' : ` But ${unseen} ${unseen === 1 ? 'check' : 'checks'} could not be made.`
  return [...lines, '', `${summary}${rest}`, ''].join('\n')
}

/** The options of every doctor's command line, for `parseArgs` of `node:util`. */
export const doctorOptions = {
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
  version: { type: 'boolean', short: 'v', default: false },
} as const

interface ParsedCommandLine {
  readonly values: { readonly help: boolean; readonly version: boolean }
  readonly positionals: readonly string[]
}

/**
 * Checks a command line: the word `doctor`, one target, which is a URL or a file, and options. Returns `help` or `version`
 * if it asks for that. Throws a `UsageError` if it is invalid, or if `parse` throws. No message quotes an argument, which
 * may be a URL with a password.
 */
export function parseDoctorArguments<Parsed extends ParsedCommandLine>(
  args: readonly string[],
  parse: () => Parsed,
  target: { readonly isValid: (text: string) => boolean; readonly expected: string },
): { readonly values: Parsed['values']; readonly target: string } | 'help' | 'version' {
  let parsed: Parsed
  try {
    parsed = parse()
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new UsageError(message.includes('://') ? 'An option is unknown or has no value.' : message)
  }
  const { values, positionals } = parsed
  if (values.help || args.length === 0) return 'help'
  if (values.version) return 'version'
  const [command, text, ...rest] = positionals
  if (command !== 'doctor') throw new UsageError('The first argument must be doctor, the only command.')
  if (text === undefined || rest.length > 0 || !target.isValid(text)) {
    throw new UsageError(`doctor expects ${target.expected}.`)
  }
  return { values, target: text }
}

/** Runs a doctor. Sets the exit code: 0 no problem, 1 at least one problem, 2 misuse or unreachable backend. */
export async function runDoctor<Args extends { readonly json: boolean }>(
  doctor: Doctor<Args>,
  process: DoctorProcess,
  styleText: StyleText,
): Promise<void> {
  const isColorful = process.stdout.isTTY && !process.env['NO_COLOR']
  try {
    const args = doctor.parse(process.argv.slice(2))
    if (args === 'help' || args === 'version') {
      process.stdout.write(args === 'help' ? doctor.usage : `${doctor.version()}\n`)
      return
    }
    const findings = await doctor.examine(args)
    const text = args.json
      ? `${JSON.stringify(findings, undefined, 2)}\n`
      : formatFindings(findings, (level, mark) => (isColorful ? styleText(colors[level], mark) : mark))
    process.stdout.write(text)
    process.exitCode = findings.some(({ level }) => level === 'problem') ? 1 : 0
  } catch (error) {
    if (error instanceof UnreachableError) process.stderr.write(`${error.message}\n`)
    else if (error instanceof UsageError || error instanceof TypeError)
      process.stderr.write(`${error.message}\n\n${doctor.usage}`)
    else throw error
    process.exitCode = 2
  }
}
