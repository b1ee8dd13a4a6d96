import { accessSync, closeSync, constants, existsSync, openSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Writable } from 'node:stream'
import { formatJunit } from '../report/junit.js'
import { formatMarkdown } from '../report/markdown.js'
import type { Paint } from '../report/format.js'
import { formatTap } from '../report/tap.js'
import { formatText } from '../report/text.js'
import type { Report } from '../report/report.js'
import type { ConformanceCase } from '../runner/case.js'
import { profileOf } from '../runner/profiles.js'
import type { Arguments } from './arguments.js'
import { UsageError } from './arguments.js'

const formats: readonly (readonly ['json' | 'junit' | 'markdown', (report: Report) => string])[] = [
  ['json', (report) => `${JSON.stringify(report, undefined, 2)}\n`],
  ['junit', formatJunit],
  ['markdown', formatMarkdown],
]

function writeProblem(option: string, file: string, error: unknown): UsageError {
  const reason = error instanceof Error ? error.message : String(error)
  return new UsageError(
    `The file of --${option} cannot be written: ${file} (${reason}). Give a path in a folder that exists.`,
  )
}

/** Throws a `UsageError` if a file cannot be written, so that a run does not end without its report. */
export function checkWritable(args: Arguments): void {
  for (const [option] of formats) {
    const file = args[option]
    if (file === undefined || file === '-') continue
    try {
      if (existsSync(file)) closeSync(openSync(file, 'a'))
      else accessSync(dirname(file), constants.W_OK)
    } catch (error) {
      throw writeProblem(option, file, error)
    }
  }
}

/** Writes a text. Resolves once it is flushed, or the reader has closed the stream. Then the process may exit. */
export async function write(stream: Writable, text: string): Promise<void> {
  await new Promise<void>((resolve) => {
    stream.write(text, () => resolve())
  })
}

/** Writes a report in the requested formats, and as text to the standard output if no other format is written to it. */
export async function writeReport(report: Report, args: Arguments, paint: Paint): Promise<void> {
  let output = args.tap ? formatTap(report) : formatText(report, paint)
  for (const [option, format] of formats) {
    const file = args[option]
    if (file === '-') output = format(report)
    else if (file !== undefined) {
      await writeFile(file, format(report)).catch((error: unknown) => {
        throw writeProblem(option, file, error)
      })
    }
  }
  await write(process.stdout, output)
}

/** Formats one line for each case: id, level, rule, families, profile and title. */
export function formatList(cases: readonly ConformanceCase[]): string {
  const rows = cases.map((each) => [each.id, each.level, each.rule, each.families.join(), profileOf(each), each.title])
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) => `${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}\n`).join('')
}
