import { parseArgs } from 'node:util'
import { UsageError } from '@bext/session-core/doctor'

export interface DoctorArguments {
  readonly url: string
  readonly cluster: boolean
  readonly prefix: string | undefined
  readonly maxKeys: number | undefined
  readonly json: boolean
}

export const usage = `Usage: session-redis doctor redis://user:password@host:6379 [options]

Looks at what a session store in that Redis depends on, and says what is wrong, why it matters and what to do.
It changes nothing.

  --cluster          the URL is of one node of a Cluster
  --prefix TEXT      the prefix of the store (default: session:)
  --max-keys N       how many keys of each server to walk past, about, whosever they are (default: 10000)
  --json             print the findings as JSON
  --help, --version

Exit codes: 0 nothing is wrong, 1 something is, 2 misuse, or Redis cannot be reached.
`

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        cluster: { type: 'boolean', default: false },
        prefix: { type: 'string' },
        'max-keys': { type: 'string' },
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

function isUrl(text: string | undefined): text is string {
  if (text === undefined || !/^rediss?:\/\//.test(text) || !URL.canParse(text)) return false
  const { username, password } = new URL(text)
  try {
    return typeof decodeURIComponent(`${username}${password}`) === 'string'
  } catch {
    return false
  }
}

/** The command line; `help` or `version` if it asks for that. Throws a `UsageError` for a wrong one. */
export function parseArguments(args: readonly string[]): DoctorArguments | 'help' | 'version' {
  const { values, positionals } = parse(args)
  if (values.help || args.length === 0) return 'help'
  const [command, url, ...rest] = positionals
  if (values.version) return 'version'
  // What was given is not repeated: it may be the URL, with its password.
  if (command !== 'doctor') throw new UsageError('The first word must be doctor, which is the only command.')
  if (!isUrl(url) || rest.length > 0) {
    throw new UsageError('doctor expects one redis:// or rediss:// URL, with a user and password in percent-encoding.')
  }
  const maxKeys = values['max-keys']
  if (maxKeys !== undefined && !/^[1-9]\d{0,8}$/.test(maxKeys)) {
    throw new UsageError('--max-keys expects a whole number from 1 on.')
  }
  return {
    url,
    cluster: values.cluster,
    prefix: values.prefix,
    maxKeys: maxKeys === undefined ? undefined : Number(maxKeys),
    json: values.json,
  }
}
