import { replayCommand } from './replay-command.js'
import type { Report, ReportCase } from './report.js'

/** Escapes the description of a test: a hash starts a directive, and a backslash escapes. */
function escapeTap(text: string): string {
  return text.replace(/[\\#]/g, String.raw`\$&`).replace(/\s+/g, ' ')
}

/** Formats a YAML value. A JSON string is the same string in YAML. */
function yaml(value: unknown): string {
  return JSON.stringify(value)
}

function isOk({ verdict }: ReportCase, strict: boolean): boolean {
  return verdict === 'pass' || (verdict === 'unsupported' && !strict)
}

function diagnostics(each: ReportCase, report: Report): readonly string[] {
  const { verdict, level, rule, brokenRule = rule, expected, seen, note, durationMs, attempts, trace, id } = each
  if (isOk(each, report.strict)) return []
  const replay = replayCommand(report, id)
  const fields = { verdict, level, rule: brokenRule, expected, seen, note, durationMs, attempts, trace, replay }
  const present = Object.entries(fields).filter(([, value]) => value !== undefined)
  return ['  ---', ...present.map(([name, value]) => `  ${name}: ${yaml(value)}`), '  ...']
}

function directive({ verdict, level, note = '' }: ReportCase, strict: boolean): string {
  if (verdict === 'unsupported' && !strict) return ` # SKIP ${escapeTap(note)}`
  if (verdict === 'warn' && !strict) return ` # TODO a ${level}`
  return verdict === 'inconclusive' && level !== 'MUST' ? ` # TODO ${escapeTap(note)}` : ''
}

/** Formats a report as TAP 14: a failed or inconclusive case is not ok, a warning is a TODO, the rest is skipped. */
export function formatTap(report: Report): string {
  const { strict, store, kit, contract, seed, unhandledErrors } = report
  const cases = report.cases.filter(({ verdict }) => verdict !== 'not-applicable')
  const lines = cases.flatMap((each, n) => {
    const ok = isOk(each, strict) ? 'ok' : 'not ok'
    const description = escapeTap(`${each.id} ${each.title}`)
    return [`${ok} ${n + 1} - ${description}${directive(each, strict)}`, ...diagnostics(each, report)]
  })
  const unhandledErrorLines = unhandledErrors.flatMap(({ during, error }, n) => [
    `not ok ${cases.length + n + 1} - unhandled error during ${escapeTap(during.join(', '))}`,
    '  ---',
    `  error: ${yaml(error)}`,
    '  ...',
  ])
  const profiles = report.profiles.length === 0 ? 'no profile' : report.profiles.join(', ')
  return [
    'TAP version 14',
    `# ${escapeTap(store.name)}: kit ${kit.version}, contract ${contract}, seed ${seed}`,
    `1..${cases.length + unhandledErrors.length}`,
    ...lines,
    ...unhandledErrorLines,
    `# ${report.outcome}: ${profiles}`,
    '',
  ].join('\n')
}
