import { repeatCommand, replayCommand } from './replay-command.js'
import { formatCase } from './format.js'
import type { Report, UnhandledError } from './report.js'
import { countOf, findingsOf, groupsOf, namesOf, notShown, profilesText, verdictTitles } from './groups.js'
import type { Paint } from './format.js'
import { plain } from './format.js'

const gap = '  '

function table(report: Report, paint: Paint): readonly string[] {
  const groups = groupsOf(report)
  const shown = verdictTitles.filter(([, verdicts]) => countOf(report.cases, verdicts) > 0)
  const width = Math.max(...groups.map(({ title }) => title.length)) + 3
  const head = [' '.repeat(width), ...shown.map(([title]) => title)].join(gap)
  const rows = groups.map(({ letter, title, cases }) => {
    const cells = shown.map(([heading, verdicts]) => {
      const count = countOf(cases, verdicts)
      const cell = (count === 0 ? '-' : String(count)).padStart(heading.length)
      return count === 0 ? paint('dim', cell) : paint(verdicts[0] ?? 'dim', cell)
    })
    return [`${letter}${gap}${title}`.padEnd(width), ...cells].join(gap)
  })
  return [paint('dim', head), ...rows]
}

function findingTexts(report: Report, paint: Paint): readonly string[] {
  const [alone, second] = report.cases
  // If only one case was selected, it is shown whatever its verdict.
  const told = alone && !second ? [{ first: alone, others: [] }] : findingsOf(report)
  return told.map(({ first, others }) => {
    const text = formatCase(first, { store: report.store.name, replay: replayCommand(report, first.id), paint })
    return others.length === 0 ? text : `${text}\n  As well:  ${namesOf(others)}`
  })
}

function unhandledErrorText({ during, error }: UnhandledError): string {
  const running = during.length === 0 ? 'while no case ran' : `by one of ${during.join(', ')}`
  const head = `An error that nobody could handle was left behind ${running}; it ends a process.`
  return [head, ...error.split('\n')].join('\n  ')
}

function verdictText(report: Report, paint: Paint): readonly string[] {
  const { outcome, profiles, selection } = report
  const lines = notShown(report).map(([note, ids]) => paint('dim', `Not shown (${note}): ${ids.length}`))
  const earned = profilesText(report)
  if (profiles.length > 0) lines.push(`Profiles: ${paint('strong', earned)}`)
  else if (selection.length > 0) lines.push('Profiles: none, because not every case was run')
  else lines.push(`Profiles: none; ${report.store.family}/core asks for every MUST that needs nothing optional`)
  const words = {
    pass: 'PASS',
    fail: report.strict ? 'FAIL: --strict counts warnings and cases that are not testable' : 'FAIL',
    partial: 'PARTIAL: an inconclusive case is not a pass',
  }
  const tone = outcome === 'partial' ? 'inconclusive' : outcome
  return [...lines, `Repeat: ${repeatCommand(report)}`, paint(tone, words[outcome])]
}

/** Formats a report for a terminal: a table by rule group, the findings, and the earned profiles. */
export function formatText(report: Report, paint: Paint = plain): string {
  const { kit, contract, store, durationMs, seed, unhandledErrors } = report
  const head = `${store.name}, ${store.family}-backed: @bext/session-conformance ${kit.version}, contract ${contract}`
  const run = `seed ${seed}, ${(durationMs / 1000).toFixed(1)} s`
  const blocks = [
    [paint('strong', head), paint('dim', run)],
    report.cases.length === 1 ? [] : table(report, paint),
    ...findingTexts(report, paint).map((text) => [text]),
    ...unhandledErrors.map((error) => [unhandledErrorText(error)]),
    verdictText(report, paint),
  ]
  return `${blocks
    .filter(({ length }) => length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`
}
