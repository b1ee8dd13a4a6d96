import type { CaseResult } from '@bext/session-conformance'
import type { Finding } from './findings.js'
import type { Verdicts } from './verdicts.js'

export interface ReportParts {
  readonly verdicts: readonly Verdicts[]
  readonly findings: readonly Finding[]
  /** The packages of each store, with their versions. */
  readonly versions: ReadonlyMap<string, string>
}

const groups: readonly (readonly [letter: string, name: string])[] = [
  ['C', 'create'],
  ['R', 'read'],
  ['U', 'update'],
  ['T', 'touch'],
  ['D', 'delete'],
  ['E', 'errors'],
  ['H', 'health'],
  ['I', 'isolation'],
  ['L', 'limits'],
]

const sides: readonly (readonly [side: Finding['side'], heading: string, text: string])[] = [
  [
    'protocol',
    'Limits of the protocol',
    'No store that has only `get`, `set`, `destroy` and `touch` can avoid these failures.',
  ],
  ['store', 'Behaviour of the stores', 'The protocol allows a store to avoid these failures, but seldom requires it.'],
]

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

// A rule that every call is held to says more than the rule of the case in which a call broke it.
function ruleOf({ case: { rule }, brokenRule = rule }: CaseResult): string {
  return ['E1', 'E3', 'E5'].includes(brokenRule) ? brokenRule : rule
}

function cell({ results }: Verdicts, letter: string): string {
  const run = results.filter(({ case: { rule }, verdict }) => rule.startsWith(letter) && verdict !== 'unsupported')
  const failed = run.filter(({ verdict }) => verdict !== 'pass')
  const count = `${run.length - failed.length} of ${run.length}`
  if (failed.length === 0) return count
  return `${count}: ${[...new Set(failed.map(ruleOf))].join(', ')}`
}

function findingText({ rule, title, stores, cases, text }: Finding, all: number): string {
  const where = stores.length === all ? 'All of them' : stores.join(', ')
  return `### ${title} (${rule})

${text}

*${where}. Cases: ${cases.join(', ')}.*
`
}

/** Renders the report as Markdown: the same for the same versions, on any machine. */
export function renderReport({ verdicts, findings, versions }: ReportParts): string {
  const table = [
    row(['Rules', ...verdicts.map(({ name }) => name)]),
    row(['---', ...verdicts.map(() => '---')]),
    ...groups.map(([letter, name]) => row([`${letter} ${name}`, ...verdicts.map((each) => cell(each, letter))])),
  ]
  const sections = sides.map(([side, heading, text]) =>
    [
      `## ${heading}\n\n${text}\n`,
      ...findings.filter((finding) => finding.side === side).map((finding) => findingText(finding, verdicts.length)),
    ].join('\n'),
  )
  return `<!-- Written by \`pnpm --filter @bext-examples/bridges report\`. -->

# express-session stores under the conformance kit

The kit tests each of these stores through the bridge \`fromExpressStore\`. They are good libraries for a protocol that is
older and smaller than the [contract](contract.md). It has no conditional write, no reply to a touch and no deadline. So
none of them can earn \`server/core\`, and none claims to. This page explains what that means for their users.
session-express is [our own](../packages/session-express/README.md), over the Redis store.

Each store is created as its README says, with its driver's defaults. The bridge makes and checks ids and arguments. So
the results for C1, C3, C4, C8, R4 and E1, and most results for C7, are results of the bridge. The cases that stall,
refuse or hold connections (most of E and H, some of C, U, T and D) run only on the three stores that have a server.

| Store | Versions |
| --- | --- |
${verdicts.map(({ name }) => row([name, versions.get(name) ?? ''])).join('\n')}

The table shows how many cases each store passed, and the rules of those that failed. One cause can fail cases of several
rules:

${table.join('\n')}

Every failure belongs to one of the findings below. Each finding was checked against the source of the store.

${sections.join('\n')}`
}
