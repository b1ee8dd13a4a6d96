import type { ReportCase } from '@bext/session-conformance'
import type { Finding } from './findings.js'
import { failedCases, ranCases } from './judge.js'
import type { Judged } from './run-kit.js'
import type { Subject } from './subjects.js'

export interface PageParts {
  readonly judged: readonly Judged[]
  readonly subjects: readonly Subject[]
  readonly findings: readonly Finding[]
  /** The page before the run. The rows of libraries that were not run are taken from it. */
  readonly former?: string | undefined
}

/** Libraries that the command does not run, each with the reason. */
const notRun: readonly (readonly [names: string, reason: string])[] = [
  [
    'RedisStorage and MemcachedStorage of aiohttp-session',
    'they need aioredis 2 and aiomcache. Debian 12 has aioredis 1.3.1, and no aiomcache.',
  ],
]

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

function ruleOf({ rule, brokenRule = rule }: ReportCase): string {
  return ['E1', 'E3', 'E5'].includes(brokenRule) ? brokenRule : rule
}

function rowOf(judged: Judged, subjects: readonly Subject[]): string {
  const { name, versions } = judged
  const { language = '', backend = '' } = subjects.find((subject) => subject.name === name) ?? {}
  const [ran, failed] = [ranCases(judged), failedCases(judged)]
  const shown = Object.entries(versions).map(([of, version]) => `${of} ${version}`)
  const rules = [...new Set(failed.map(ruleOf))].toSorted()
  return row([
    name,
    language,
    backend,
    shown.join(', '),
    `${ran.length - failed.length} of ${ran.length}`,
    rules.join(', '),
  ])
}

/** Returns the rows in the order of the subjects. */
function rowsOf({ judged, subjects, former = '' }: PageParts): readonly string[] {
  const lines = former.split('\n')
  return subjects.flatMap(({ name }) => {
    const found = judged.find((each) => each.name === name)
    return found ? [rowOf(found, subjects)] : lines.filter((line) => line.startsWith(`| ${name} |`))
  })
}

function textOf({ rule, title, text, stores }: Finding): string {
  return `### ${title} (${rule})\n\n${text}\n${stores.length === 0 ? '' : `\n*${stores.join(', ')}.*\n`}`
}

/** Renders the page as Markdown. */
export function renderPage(parts: PageParts): string {
  const { findings } = parts
  const of = (side: Finding['side']): string =>
    findings
      .filter((each) => each.side === side)
      .map(textOf)
      .join('\n')
  return `<!-- Written by \`pnpm --filter @bext-examples/bridges prove:elsewhere\`. -->

# Session stores elsewhere, under the conformance kit

The kit tests session libraries of other languages and frameworks, as Debian and npm ship them. They were written for
interfaces that ask for less than the [contract](contract.md). So none of them earns \`server/core\` or
\`client/core\`, and none claims to. This page explains what that means for their users. [A separate
page](express-stores.md) has more stores of express-session, and [the bridges' README](../examples/bridges/README.md)
has unstorage and Keyv.

The kit calls each library through a small bridge: directly if the library is for Node, and otherwise by [the protocol
for processes](process-protocol.md). The bridge uses the library as its documentation says, with the library's and the
driver's defaults, except the lifetime: an app sets it once, and the bridge for each session. (hono-sessions runs with
\`autoExtendExpiration: false\`, because a read must not extend a session. connect-sqlite3 runs with
\`concurrentDb: true\`, because the kit opens its file several times. The bridge to better-auth calls the functions
behind its endpoints.) The bridge checks arguments, stores the user and the times in the session, and passes only ids
that a cookie can contain. So the results for C5, C6, C8, E1 and R1, and most results for C7 and R4, are results of the
bridge. Cases that stall or cut connections run only on libraries with a server.

| Library | Language | Sessions in | Versions | Passed | Rules of the other cases |
| --- | --- | --- | --- | --- | --- |
${rowsOf(parts).join('\n')}

One cause can fail cases of several rules. Every case that failed belongs to a finding below, which names the libraries
at its end. A finding that names none there fails no case: it was found by hand. Each finding was checked by hand against
the library, or in its source.

## Behaviour of the libraries

${of('library')}
## Limits of the interfaces and of the bridges

No store behind these interfaces can avoid the following failures.

${of('interface')}
## Not run

${notRun.map(([names, reason]) => `- ${names}: ${reason}`).join('\n')}
`
}
