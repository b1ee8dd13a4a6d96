import { parseArgs } from 'node:util'
import { UsageError } from '@bext/session-core/doctor'

export interface DoctorArguments {
  readonly url: string
  readonly schema: string | undefined
  readonly table: string | undefined
  readonly json: boolean
}

export const usage = `Usage: session-pg doctor postgres://user:password@host:5432/database [options]

Looks at what a session store in that database depends on, and says what is wrong, why it matters and what to do.
It changes nothing.

  --schema NAME      the schema of the table (default: the first of the search_path that has it)
  --table NAME       the table (default: sessions)
  --json             print the findings as JSON
  --help, --version

Exit codes: 0 nothing is wrong, 1 something is, 2 misuse, or PostgreSQL cannot be reached.
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
    // The parser quotes what it was given, which may be a URL with its password.
    throw new UsageError(message.includes('://') ? 'An option is unknown, or has no value.' : message)
  }
}

/** The command line; `help` or `version` if it asks for that. Throws a `UsageError` for a wrong one. */
export function parseArguments(args: readonly string[]): DoctorArguments | 'help' | 'version' {
  const { values, positionals } = parse(args)
  if (values.help || args.length === 0) return 'help'
  if (values.version) return 'version'
  const [command, url, ...rest] = positionals
  // What was given is not repeated: it may be the URL, with its password.
  if (command !== 'doctor') throw new UsageError('The first word must be doctor, which is the only command.')
  if (url === undefined || !/^postgres(ql)?:\/\//.test(url) || rest.length > 0) {
    throw new UsageError('doctor expects one postgres:// URL, with a user and password in percent-encoding.')
  }
  return { url, schema: values.schema, table: values.table, json: values.json }
}
