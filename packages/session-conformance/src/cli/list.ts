import type { ConformanceCase } from '../runner/case.js'
import { profileOf } from '../runner/profiles.js'

/** One line for each case: id, level, rule, families, profile and title. */
export function formatList(cases: readonly ConformanceCase[]): string {
  const rows = cases.map((each) => [each.id, each.level, each.rule, each.families.join(), profileOf(each), each.title])
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) => `${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}\n`).join('')
}
