import { commandOf, replayCommand } from './replay-command.js'
import { ruleTexts } from '../runner/rules.js'
import type { ReportCase } from './report.js'
import type { CaseResult, Run, Verdict } from '../runner/run.js'

/** The meaning of a piece of text, which a terminal may show as a colour. */
export type Tone = Verdict | 'strong' | 'dim'

export type Paint = (tone: Tone, text: string) => string

/** Returns the text unchanged. */
export const plain: Paint = (_tone, text) => text

export interface CaseTextOptions {
  /** The store's name. */
  readonly store: string
  /** The command or test that runs the case again. */
  readonly replay: string
  readonly paint?: Paint
}

/** Formats a case that did not pass, ready to paste into an issue. */
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

/** Formats a result that did not pass, ready to paste into an issue. Contains no id, user id or data. */
export function formatResult(
  { case: { id, rule, level, title }, ...result }: CaseResult,
  { harness, seed }: Pick<Run, 'harness' | 'seed'>,
  replay: string = replayCommand({ command: commandOf(harness), seed }, id),
): string {
  return formatCase({ id, rule, level, title, ...result }, { store: harness.name, replay })
}
