import { arrivalKinds, operations, type Arrivals, type Figure } from '../measure/figure.js'
import type { RunInfo } from './run-info.js'

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)]
}

function cell(figure: Figure | undefined): string {
  if (figure === undefined) return ''
  const { q1, median, q3 } = figure.ratio
  return `${median.toFixed(2)} (${q1.toFixed(2)}-${q3.toFixed(2)})`
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

/** For each operation, a row of ratios for calls in flight. */
function table(figures: readonly Figure[]): string {
  const depths = unique(figures.map(({ inFlight }) => inFlight))
  const ops = operations.filter((op) => figures.some((figure) => figure.op === op))
  const lines = ops.map((op) =>
    row([op, ...depths.map((depth) => cell(figures.find((f) => f.op === op && f.inFlight === depth)))]),
  )
  return [row(['in flight', ...depths.map(String)]), row(['---', ...depths.map(() => '---')]), ...lines].join('\n')
}

/** For each operation, what it costs. */
function costTable(figures: readonly Figure[]): string {
  const depths = unique(figures.map(({ inFlight }) => inFlight))
  const ops = operations.filter((op) => figures.some((figure) => figure.op === op))
  const lines = ops.flatMap((op) =>
    unique(figures.map(({ subject }) => subject)).map((subject) => {
      const own = figures.filter((f) => f.op === op && f.subject === subject)
      const costs = depths.map((depth) => {
        const figure = own.find((f) => f.inFlight === depth)
        return figure ? `${Math.round(figure.opsPerSecond)} / ${figure.cpuMicros.toFixed(1)}` : ''
      })
      return row([op, subject, ...costs])
    }),
  )
  const head = row(['in flight', '', ...depths.map(String)])
  return [head, row(['---', '---', ...depths.map(() => '---')]), ...lines].join('\n')
}

const arrivalTexts: Readonly<Record<Arrivals, string>> = {
  closed: 'each call follows at once on the reply to the one before, so that many begin in one tick',
  jitter: 'each call waits for 0 to 3 turns of the event loop before, as requests of a server come',
}

function comparisons(figures: readonly Figure[], store: string): string[] {
  const ofStore = figures.filter(({ subject }) => subject === store)
  return unique(ofStore.map(({ against }) => against)).map(
    (against) => `Against ${against}:\n\n${table(ofStore.filter((figure) => figure.against === against))}`,
  )
}

function mixText(figures: readonly Figure[]): string {
  if (!figures.some(({ op }) => op === 'mix')) return ''
  return ' The mix is 75 % read,\n15 % update, 5 % touch, 5 % create.'
}

/** The report of a run as Markdown. */
export function renderMarkdown(figures: readonly Figure[], info: RunInfo, notes: string, chartFile: string): string {
  const store = figures[0]?.subject ?? ''
  const sections = unique(figures.map(({ bytes }) => bytes)).flatMap((bytes) =>
    arrivalKinds.flatMap((arrivals) => {
      const part = figures.filter((figure) => figure.bytes === bytes && figure.arrivals === arrivals)
      if (part.length === 0) return []
      return [
        `## ${bytes} bytes, arrivals: ${arrivals}\n\nHere ${arrivalTexts[arrivals]}.`,
        ...comparisons(part, store),
        `Operations a second / CPU time of the process for one, in microseconds:\n\n${costTable(part)}`,
      ]
    }),
  )
  const versions = Object.entries(info.versions).map(([name, version]) => `${name} ${version}`)
  return `${[
    `# ${store}: benchmarks`,
    `Written by \`${info.command}\` on ${info.date}: ${info.cpu}, ${info.cores} cores${info.backend === 'cookie' ? '' : ', with the server on the same\nmachine'}; ${versions.join(', ')}.`,
    `A ratio is how many operations ${store} does in the time that the other one takes for one: above 1 it is the faster
one. Median and quartiles of ${info.rounds} rounds, in each of which all take their turn.${mixText(figures)}`,
    notes,
    `![Ratios by calls in flight](./${chartFile})`,
    ...(info.findings === undefined ? [] : [info.findings]),
    ...sections,
  ].join('\n\n')}\n`
}
