import { operations, type Figure } from './figure.js'
import { colours, line, logScale, text, type Scale } from './svg.js'

const panel = { width: 250, height: 190, left: 40, top: 34, right: 12, bottom: 34 }
const columns = 3
const legendHeight = 34

function series(figures: readonly Figure[], x: Scale, y: Scale, colour: string): string {
  const points = figures.map(({ inFlight, ratio }) => `${x(inFlight)},${y(ratio.median)}`).join(' ')
  const marks = figures.map(({ inFlight, ratio }) => {
    const at = x(inFlight)
    const spread = line(at, y(ratio.q1), at, y(ratio.q3), `stroke="${colour}" stroke-width="5" opacity="0.4"`)
    return `${spread}<circle cx="${at}" cy="${y(ratio.median)}" r="3" fill="${colour}"/>`
  })
  return `<polyline points="${points}" fill="none" stroke="${colour}" stroke-width="1.5"/>${marks.join('')}`
}

function ticksBetween(min: number, max: number): number[] {
  return [0.125, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64].filter((tick) => tick >= min && tick <= max)
}

function drawPanel(
  op: string,
  figures: readonly Figure[],
  others: readonly string[],
  min: number,
  max: number,
): string {
  const depths = [...new Set(figures.map(({ inFlight }) => inFlight))].toSorted((a, b) => a - b)
  const right = panel.width - panel.right
  const bottom = panel.height - panel.bottom
  const x = logScale(depths[0] ?? 1, depths.at(-1) ?? 1, panel.left + 10, right - 10)
  const y = logScale(min, max, bottom, panel.top)
  const grid = ticksBetween(min, max).map((tick) => {
    const style = tick === 1 ? 'stroke="#555"' : 'stroke="#ddd"'
    return (
      line(panel.left, y(tick), right, y(tick), style) +
      text(panel.left - 6, y(tick) + 4, `${tick}`, 'text-anchor="end"')
    )
  })
  const labels = depths.map((depth) => text(x(depth), bottom + 16, String(depth), 'text-anchor="middle"'))
  const lines = others.map((against, n) =>
    series(
      figures.filter((figure) => figure.against === against),
      x,
      y,
      colours[n % colours.length] as string,
    ),
  )
  const title = text(panel.left, panel.top - 12, op, 'font-weight="bold"')
  return [title, ...grid, ...labels, ...lines].join('\n')
}

/**
 * Ratios of the first figure's subject by calls in flight, one panel for each operation, as SVG: for its smallest data,
 * with jittered arrivals if those were measured.
 */
export function renderChart(all: readonly Figure[]): string {
  const store = all[0]?.subject ?? ''
  const bytes = Math.min(...all.map((figure) => figure.bytes))
  const arrivals = all.some((figure) => figure.arrivals === 'jitter') ? 'jitter' : 'closed'
  const figures = all.filter((f) => f.subject === store && f.bytes === bytes && f.arrivals === arrivals)
  const others = [...new Set(figures.map(({ against }) => against))]
  const ops = operations.filter((op) => figures.some((figure) => figure.op === op))
  const min = Math.min(0.5, ...figures.map(({ ratio }) => ratio.q1))
  const max = Math.max(2, ...figures.map(({ ratio }) => ratio.q3))
  const width = columns * panel.width
  const height = legendHeight + Math.ceil(ops.length / columns) * panel.height
  const legend = others.map((against, n) =>
    text(panel.left + 340 + n * 150, 20, `against ${against}`, `fill="${colours[n % colours.length]}"`),
  )
  const caption = `${store}, ${bytes} bytes, arrivals: ${arrivals}; ratio by calls in flight`
  const panels = ops.map((op, n) => {
    const left = (n % columns) * panel.width
    const top = legendHeight + Math.floor(n / columns) * panel.height
    const own = figures.filter((figure) => figure.op === op)
    return `<g transform="translate(${left} ${top})">\n${drawPanel(op, own, others, min, max)}\n</g>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11">
<rect width="${width}" height="${height}" fill="#fff"/>
${text(panel.left, 20, caption)}
${[...legend, ...panels].join('\n')}
</svg>
`
}
