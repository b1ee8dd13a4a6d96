import { commandOf, replayCommand } from './replay-command.js'
import type { Paint } from './paint.js'
import { plain } from './paint.js'
import { ruleTexts } from '../runner/rules.js'
import type { ReportCase } from './report.js'
import type { CaseResult, Run } from '../runner/run.js'

export interface CaseTextOptions {
  /** The store's name. */
  readonly store: string
  /** What to do to see it again. */
  readonly replay: string
  readonly paint?: Paint
}

/** A case that is no pass, as a report that can be pasted into an issue. */
export function formatCase(each: ReportCase, { store, replay, paint = plain }: CaseTextOptions): string {
  const { id, level, verdict, brokenRule = each.rule, expected, seen, note, trace = [], attempts } = each
  const lines = [
    `${paint(verdict, verdict.toUpperCase())}  ${paint('strong', id)}  (${level}, rule ${brokenRule})  store: ${store}`,
    `  ${each.title}`,
  ]
  const clause = ruleTexts[brokenRule]
  if (clause !== undefined) lines.push(`  The contract, ${brokenRule}: ${clause}`)
  if (expected !== undefined) lines.push(`  Expected: ${expected}`)
  if (seen !== undefined) lines.push(`  Seen:     ${seen}`)
  if (note !== undefined) lines.push(`  Note:     ${note.split('\n').join('\n            ')}`)
  if (attempts > 1) lines.push(`  Tried:    ${attempts} times`)
  if (trace.length > 0) lines.push('  Calls:', ...trace.map((line) => `    ${line}`))
  lines.push(`  Replay:   ${replay}`)
  return lines.join('\n')
}

/** A result that is no pass, as a report that can be pasted into an issue. */
export function formatResult(
  { case: { id, rule, level, title }, ...result }: CaseResult,
  { harness, seed }: Pick<Run, 'harness' | 'seed'>,
  replay: string = replayCommand({ command: commandOf(harness), seed }, id),
): string {
  return formatCase({ id, rule, level, title, ...result }, { store: harness.name, replay })
}
