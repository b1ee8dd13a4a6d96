import { clauses } from './clauses.js'
import type { CaseResult, Run } from './run.js'

/** A result that is no pass, as a report that can be pasted into an issue. */
export function formatResult(result: CaseResult, run: Pick<Run, 'harness' | 'seed'>): string {
  const { case: each, verdict, brokenRule = each.rule, expected, seen, note, trace } = result
  const lines = [
    `${verdict.toUpperCase()}  ${each.id}  (${each.level}, rule ${brokenRule})  store: ${run.harness.name}`,
    `  ${each.title}`,
  ]
  const clause = clauses[brokenRule]
  if (clause !== undefined) lines.push(`  The contract, ${brokenRule}: ${clause}`)
  if (expected !== undefined) lines.push(`  Expected: ${expected}`)
  if (seen !== undefined) lines.push(`  Seen:     ${seen}`)
  if (note !== undefined) lines.push(`  Note:     ${note}`)
  if (trace.length > 0) lines.push('  Calls:', ...trace.map((line) => `    ${line}`))
  lines.push(`  Replay:   seed ${run.seed}, case ${each.id}`)
  return lines.join('\n')
}
