import { formatBadge } from './badge.js'
import { repeatCommand } from './replay-command.js'
import type { ProfileName } from '../runner/profiles.js'
import { profileTitles } from '../runner/profiles.js'
import type { Report } from './report.js'
import { countOf, findingsOf, groupsOf, namesOf, notShown, profilesText, verdictTitles } from './groups.js'

/** Escapes a text for Markdown, on one line. */
function escapeMarkdown(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\`*_[\]<>|#~&]/g, String.raw`\$&`)
}

function row(cells: readonly (string | number)[]): string {
  return `| ${cells.join(' | ')} |`
}

function facts({
  store,
  kit,
  contract,
  runtime,
  seed,
  startedAt,
  outcome,
  strict,
  selection,
}: Report): readonly string[] {
  const versions = Object.entries(store.versions).map(([name, version]) => `${name} ${version}`)
  const words = { pass: 'passed', fail: 'failed', partial: 'partial: some rules could not be told' }
  const lines: readonly (readonly [string, string])[] = [
    [
      'Outcome',
      `${words[outcome]}${strict ? ', strictly' : ''}${selection.length > 0 ? ', of a selection of the cases' : ''}`,
    ],
    ['Family', `${store.family}-backed`],
    ['Optional interfaces', store.capabilities.join(', ') || 'none'],
    ['Versions', [...versions, `Node ${runtime.node}`, runtime.platform].join(', ')],
    ['Kit', `@bext/session-conformance ${kit.version}, contract ${contract}`],
    ['Run', `${startedAt.slice(0, 10)}, seed ${seed}`],
  ]
  return [row(['', '']), row(['---', '---']), ...lines.map(([name, value]) => row([name, escapeMarkdown(value)]))]
}

function table(report: Report): readonly string[] {
  const shown = verdictTitles.filter(([, verdicts]) => countOf(report.cases, verdicts) > 0)
  return [
    row(['Rules', ...shown.map(([title]) => title)]),
    row(['---', ...shown.map(() => '---:')]),
    ...groupsOf(report).map(({ letter, title, cases }) =>
      row([`${letter}, ${title}`, ...shown.map(([, verdicts]) => countOf(cases, verdicts))]),
    ),
  ]
}

function profileLines({ profiles }: Report): readonly string[] {
  return profiles.map((label) => {
    const name = label.replace(/^.*\//, '') as ProfileName
    return `- \`${label}\`: ${profileTitles[name]}`
  })
}

function findingLines(report: Report): readonly string[] {
  const lines = findingsOf(report).map(({ first, others }) => {
    const { id, level, title, verdict, expected, seen = '', note = '' } = first
    const details = expected === undefined ? note.split('\n')[0] : `Expected ${expected}, but ${seen}.`
    const also = others.length === 0 ? '' : ` As well: ${namesOf(others)}.`
    return `- **${id}** (${level}, ${verdict}): ${escapeMarkdown(`${title}. ${details}${also}`)}`
  })
  const strayLines = report.unhandledErrors.map(
    ({ during, error }) =>
      `- **unhandled error** (${during.join(', ')}): ${escapeMarkdown(error.split('\n')[0] ?? '')}`,
  )
  return [...lines, ...strayLines]
}

/** Formats a report for a README: a badge, the profiles, the versions, and how to reproduce the run. */
export function formatMarkdown(report: Report): string {
  const badge = formatBadge(report)
  const findings = findingLines(report)
  const kept = notShown(report).map(([note, ids]) => `- ${escapeMarkdown(note)}: ${ids.length}`)
  const blocks: readonly (readonly string[])[] = [
    [`## Conformance of ${escapeMarkdown(report.store.name)}`],
    badge === undefined ? [] : [badge],
    [report.profiles.length > 0 ? `**${profilesText(report)}**` : 'No profile was earned.'],
    profileLines(report),
    facts(report),
    table(report),
    findings.length > 0 ? ['Findings:', '', ...findings] : [],
    kept.length > 0 ? ['Not shown:', '', ...kept] : [],
    ['To reproduce:', '', '```sh', repeatCommand(report), '```'],
  ]
  return `${blocks
    .filter(({ length }) => length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`
}
