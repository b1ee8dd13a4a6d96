import type { CaseResult } from '@bext/session-conformance'
import type { Finding } from './findings.js'
import type { Verdicts } from './verdicts.js'

export interface ReportParts {
  readonly verdicts: readonly Verdicts[]
  readonly findings: readonly Finding[]
  /** Of each store: the packages with their versions. */
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
    'Of the protocol',
    'No store behind `get`, `set`, `destroy` and `touch` can do better, however well it is made.',
  ],
  ['store', 'Of the stores', 'The protocol leaves room to do otherwise, and seldom asks for it.'],
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

/** The report as Markdown: the same for the same versions, on any machine. */
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

Stores of express-session, brought under the [contract](contract.md) by \`fromExpressStore\`. They are good libraries
that keep an older and smaller protocol. It has no write on condition, no answer to a touch and no deadline, so none of
them can earn \`server/core\`, nor did they set out to. What follows is what that means for those who use them.
session-express is [our own](../packages/session-express/README.md), over the Redis store.

Each store is made as its README says, with its driver's defaults. Ids and arguments are the bridge's to make and check:
what C1, C3, C4, C8, R4 and E1 say here, and most of C7, is said of the bridge. The cases with stalled, refused and held
connections (most of E and H, some of C, U, T and D) are for the three stores that have a server.

| Store | Versions |
| --- | --- |
${verdicts.map(({ name }) => row([name, versions.get(name) ?? ''])).join('\n')}

Cases passed, and the rules of those that failed. One cause may fail cases of several rules:

${table.join('\n')}

Every failure belongs to one of the findings below, and each was checked against the store's source.

${sections.join('\n')}`
}
