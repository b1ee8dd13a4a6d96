import { parseArgs } from 'node:util'
import { doctorOptions, parseDoctorArguments, UsageError } from '@bext/session-core/doctor'

/** The parsed command line. */
export interface DoctorArguments {
  readonly url: string
  readonly cluster: boolean
  readonly prefix: string | undefined
  readonly maxKeys: number | undefined
  readonly json: boolean
}

export const usage = `Usage: session-redis doctor redis://user:password@host:6379 [options]

Checks what a session store in this Redis depends on. Prints each problem, why it matters and what to do.
Changes nothing.

  --cluster          treat the URL as one node of a Cluster
  --prefix TEXT      prefix of the store (default: session:)
  --max-keys N       scan about N keys per server, including keys of other applications (default: 10000)
  --json             print the findings as JSON
  --help, --version

Exit codes: 0 no problem found, 1 at least one problem, 2 invalid command line, or Redis cannot be reached.
`

function isUrl(text: string): boolean {
  if (!/^rediss?:\/\//.test(text) || !URL.canParse(text)) return false
  const { username, password } = new URL(text)
  try {
    return typeof decodeURIComponent(`${username}${password}`) === 'string'
  } catch {
    return false
  }
}

/** Parses the command line. Returns `help` or `version` if it asks for that. Throws a `UsageError` if it is invalid. */
export function parseArguments(args: readonly string[]): DoctorArguments | 'help' | 'version' {
  const options = {
    ...doctorOptions,
    cluster: { type: 'boolean', default: false },
    prefix: { type: 'string' },
    'max-keys': { type: 'string' },
  } as const
  const parsed = parseDoctorArguments(args, () => parseArgs({ args: [...args], allowPositionals: true, options }), {
    isValid: isUrl,
    expected: 'one redis:// or rediss:// URL. Percent-encode the user and the password',
  })
  if (typeof parsed === 'string') return parsed
  const { target: url, values } = parsed
  const maxKeys = values['max-keys']
  if (maxKeys !== undefined && !/^[1-9]\d{0,8}$/.test(maxKeys)) {
    throw new UsageError('--max-keys expects a whole number of at least 1.')
  }
  return {
    url,
    cluster: values.cluster,
    prefix: values.prefix,
    maxKeys: maxKeys === undefined ? undefined : Number(maxKeys),
    json: values.json,
  }
}
