import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { renderChart } from './chart.js'
import type { Figure } from './figure.js'
import { renderMarkdown } from './markdown.js'
import type { RunInfo } from './run-info.js'

export interface Run {
  readonly figures: readonly Figure[]
  readonly info: RunInfo
}

function writeText(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

/** Writes the figures, and beside them how they were taken. */
export function writeRun(jsonFile: string, { figures, info }: Run): void {
  writeText(jsonFile, `${JSON.stringify(figures, undefined, 2)}\n`)
  writeText(`${jsonFile}.run.json`, `${JSON.stringify(info, undefined, 2)}\n`)
}

export function readRun(jsonFile: string): Run {
  const [figures, info] = [jsonFile, `${jsonFile}.run.json`].map(
    (file) => JSON.parse(readFileSync(file, 'utf8')) as unknown,
  )
  return { figures: figures as Figure[], info: info as RunInfo }
}

/** Writes the report and its chart into the folder. Returns the files. */
export function writeReport(folder: string, { figures, info }: Run, notes: string): string[] {
  const chartFile = `${info.backend}.svg`
  const files = [join(folder, `${info.backend}.md`), join(folder, chartFile)] as const
  writeText(files[0], renderMarkdown(figures, info, notes, chartFile))
  writeText(files[1], renderChart(figures))
  return [...files]
}
