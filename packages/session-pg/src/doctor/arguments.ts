import { parseArgs } from 'node:util'
import { UsageError } from '@bext/session-core/doctor'

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

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        schema: { type: 'string' },
        table: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
        version: { type: 'boolean', short: 'v', default: false },
      },
    })
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    // The parser's message quotes the arguments, which may include a URL with a password.
    throw new UsageError(
      message.includes('://') ? 'An option is unknown or has no value. Run session-pg --help.' : message,
    )
  }
}

/** Parses the command line. Returns `help` or `version` if it asks for them. Throws a `UsageError` if it is invalid. */
export function parseArguments(args: readonly string[]): DoctorArguments | 'help' | 'version' {
  const { values, positionals } = parse(args)
  if (values.help || args.length === 0) return 'help'
  if (values.version) return 'version'
  const [command, url, ...rest] = positionals
  // Errors do not repeat the arguments, which may include a URL with a password.
  if (command !== 'doctor') throw new UsageError('The first argument must be doctor, the only command.')
  if (url === undefined || !/^postgres(ql)?:\/\//.test(url) || rest.length > 0) {
    throw new UsageError('doctor expects one postgres:// URL, with a percent-encoded user and password.')
  }
  return { url, schema: values.schema, table: values.table, json: values.json }
}
