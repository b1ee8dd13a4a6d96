import { parseArgs } from 'node:util'
import { doctorOptions, parseDoctorArguments } from '@bext/session-core/doctor'

export interface DoctorArguments {
  readonly url: string
  readonly schema: string | undefined
  readonly table: string | undefined
  readonly json: boolean
}

export const usage = `Usage: session-pg doctor postgres://user:password@host:5432/database [options]

Checks everything that a session store in this database depends on. For each problem it says why it matters and what to
do. It changes nothing.

  --schema NAME      schema of the table (default: the first in the search_path that has the table)
  --table NAME       name of the table (default: sessions)
  --json             print the findings as JSON
  --help, --version

Exit codes: 0 no problem, 1 a problem was found, 2 invalid arguments, or PostgreSQL cannot be reached.
`

/** Parses the command line. Returns `help` or `version` if it asks for that. Throws a `UsageError` if it is invalid. */
export function parseArguments(args: readonly string[]): DoctorArguments | 'help' | 'version' {
  const options = { ...doctorOptions, schema: { type: 'string' }, table: { type: 'string' } } as const
  const parsed = parseDoctorArguments(args, () => parseArgs({ args: [...args], allowPositionals: true, options }), {
    isValid: (text) => /^postgres(ql)?:\/\//.test(text),
    expected: 'one postgres:// URL. Percent-encode the user and the password',
  })
  if (typeof parsed === 'string') return parsed
  const { target: url, values } = parsed
  return { url, schema: values.schema, table: values.table, json: values.json }
}
