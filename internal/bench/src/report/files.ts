import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Figure } from '../measure/figure.js'
import { renderMarkdown } from './markdown.js'
import { renderRatioChart } from './ratio-chart.js'
import type { RunInfo } from './run-info.js'

export interface Run {
  readonly figures: readonly Figure[]
  readonly info: RunInfo
}

export function writeText(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

/** Writes the figures to a file, and the description of the run to a second file beside it. */
export function writeRun(jsonFile: string, { figures, info }: Run): void {
  writeText(jsonFile, `${JSON.stringify(figures, undefined, 2)}\n`)
  writeText(`${jsonFile}.run.json`, `${JSON.stringify(info, undefined, 2)}\n`)
}

function readRun(jsonFile: string): Run {
  const [figures, info] = [jsonFile, `${jsonFile}.run.json`].map(
    (file) => JSON.parse(readFileSync(file, 'utf8')) as unknown,
  )
  return { figures: figures as Figure[], info: info as RunInfo }
}

/** Reads several runs as one. The description is that of the first run, with the commands of all. */
export function readRuns(jsonFiles: readonly [string, ...string[]]): Run {
  const [first, ...others] = jsonFiles
  const [run, rest] = [readRun(first), others.map(readRun)]
  const command = [...new Set([run, ...rest].map(({ info }) => info.command))].join('`, `')
  return { figures: [run, ...rest].flatMap(({ figures }) => figures), info: { ...run.info, command } }
}

/** Writes the report and its chart to the folder. Resolves to the paths of the files. */
export async function writeReport(folder: string, { figures, info }: Run, notes: string): Promise<string[]> {
  const chartFile = `${info.backend}.svg`
  const files = [join(folder, `${info.backend}.md`), join(folder, chartFile)] as const
  writeText(files[0], renderMarkdown(figures, info, notes, chartFile))
  writeText(files[1], await renderRatioChart(figures))
  return [...files]
}
