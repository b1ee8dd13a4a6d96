import { skipped, type Finding } from './finding.js'

/** Thrown for an invalid command line. */
export class UsageError extends Error {}

/** Thrown if the backend cannot be reached. The message says why. */
export class UnreachableError extends Error {}

/** Destinations of a doctor's output. */
export interface DoctorOutput {
  readonly out: (text: string) => void
  readonly error: (text: string) => void
  /** Colours the mark of a finding if the terminal shows colours. */
  readonly paint: (level: Finding['level'], mark: string) => string
}

/** Parts of a doctor that depend on the backend. */
export interface Doctor<Args extends { readonly json: boolean }> {
  readonly usage: string
  readonly version: () => string
  /** Parses the command line. Throws a `UsageError`. */
  readonly parse: (args: readonly string[]) => Args | 'help' | 'version'
  /** Runs all checks. Rejects with an `UnreachableError`, or with a `TypeError` for a wrong option. */
  readonly examine: (args: Args) => Promise<readonly Finding[]>
}

const marks = { ok: 'ok     ', note: 'note   ', problem: 'PROBLEM' } as const

/** Formats the findings as text. */
export function formatFindings(findings: readonly Finding[], paint: DoctorOutput['paint']): string {
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

/** Runs a doctor. Resolves to the exit code: 0 no problem, 1 at least one problem, 2 misuse or unreachable backend. */
export async function runDoctor<Args extends { readonly json: boolean }>(
  doctor: Doctor<Args>,
  given: readonly string[],
  output: DoctorOutput,
): Promise<number> {
  try {
    const args = doctor.parse(given)
    if (args === 'help' || args === 'version') {
      output.out(args === 'help' ? doctor.usage : `${doctor.version()}\n`)
      return 0
    }
    const findings = await doctor.examine(args)
    output.out(args.json ? `${JSON.stringify(findings, undefined, 2)}\n` : formatFindings(findings, output.paint))
    return findings.some(({ level }) => level === 'problem') ? 1 : 0
  } catch (error) {
    if (error instanceof UnreachableError) output.error(`${error.message}\n`)
    else if (error instanceof UsageError || error instanceof TypeError)
      output.error(`${error.message}\n\n${doctor.usage}`)
    else throw error
    return 2
  }
}
