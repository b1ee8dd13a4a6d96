import { parseArgs } from 'node:util'
import { doctorOptions, parseDoctorArguments } from '@bext/session-core/doctor'

export interface DoctorArguments {
  readonly path: string
  readonly table: string | undefined
  readonly json: boolean
}

export const usage = `Usage: session-sqlite doctor FILE [options]

Checks what a session store in this file depends on. Prints each problem, why it matters and what to do. Changes no
data. Run it as the user of your app, who must be able to write the file.

  --table NAME       name of the table (default: sessions)
  --json             print the findings as JSON
  --help, --version

Exit codes: 0 no problem found, 1 at least one problem, 2 invalid command line, or the file cannot be read.
`

/** Parses the command line. Returns `help` or `version` if it asks for that. Throws a `UsageError` if it is invalid. */
export function parseArguments(args: readonly string[]): DoctorArguments | 'help' | 'version' {
  const options = { ...doctorOptions, table: { type: 'string' } } as const
  const parsed = parseDoctorArguments(args, () => parseArgs({ args: [...args], allowPositionals: true, options }), {
    isValid: (text) => text !== '',
    expected: 'the path of one database file',
  })
  if (typeof parsed === 'string') return parsed
  const { target, values } = parsed
  return { path: target, table: values.table, json: values.json }
}
