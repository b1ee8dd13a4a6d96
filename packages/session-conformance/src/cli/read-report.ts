import { readFile } from 'node:fs/promises'
import type { Report } from '../report/report.js'
import { UsageError } from './arguments.js'

function parse(text: string): Partial<Record<keyof Report, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

/** Reads a report that `--json` has written. Throws a `UsageError` if the file is no report. */
export async function readReport(file: string): Promise<Report> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new UsageError(
      `The report ${file} cannot be read (${error instanceof Error ? error.message : String(error)}).`,
    )
  })
  const report = parse(text)
  if (report?.reportVersion === 1 && Array.isArray(report.cases)) return report as Report
  throw new UsageError(`${file} is no report of this kit. --from takes a file that --json has written.`)
}
