import { colours, line, logScale, text } from './svg.js'

export interface GrowthLine {
  readonly name: string
  readonly points: { readonly rows: number; readonly micros: number }[]
}

const size = { width: 520, height: 300, left: 50, top: 30, right: 200, bottom: 40 }

/** What an operation costs against its cost on the fewest rows, by rows, a line for each, as SVG. */
export function renderGrowthChart(lines: readonly GrowthLine[]): string {
  const relative = lines.map(({ name, points }) => ({
    name,
    points: points.map(({ rows, micros }) => ({ rows, factor: micros / (points[0]?.micros ?? micros) })),
  }))
  const all = relative.flatMap(({ points }) => points)
  const rows = [...new Set(all.map((point) => point.rows))]
  const max = Math.max(2, ...all.map(({ factor }) => factor))
  const min = Math.min(0.5, ...all.map(({ factor }) => factor))
  const right = size.width - size.right
  const bottom = size.height - size.bottom
  const x = logScale(Math.min(...rows), Math.max(...rows), size.left + 10, right - 10)
  const y = logScale(min, max, bottom, size.top)
  const grid = [0.5, 1, 2, 4, 8]
    .filter((tick) => tick >= min && tick <= max)
    .map(
      (tick) =>
        line(size.left, y(tick), right, y(tick), tick === 1 ? 'stroke="#555"' : 'stroke="#ddd"') +
        text(size.left - 6, y(tick) + 4, `${tick}`, 'text-anchor="end"'),
    )
  const labels = rows.map((count) => text(x(count), bottom + 16, count.toLocaleString('en'), 'text-anchor="middle"'))
  const series = relative.map(({ name, points }, n) => {
    const colour = colours[n % colours.length]
    const path = points.map((point) => `${x(point.rows)},${y(point.factor)}`).join(' ')
    const marks = points.map(
      (point) => `<circle cx="${x(point.rows)}" cy="${y(point.factor)}" r="3" fill="${colour}"/>`,
    )
    const legend = text(right + 10, size.top + 10 + n * 18, name, `fill="${colour}"`)
    return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="1.5"/>${marks.join('')}${legend}`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" font-family="sans-serif" font-size="11">
<rect width="${size.width}" height="${size.height}" fill="#fff"/>
${text(size.left, 18, 'cost of an operation by live sessions, the first size being 1')}
${[...grid, ...labels, ...series].join('\n')}
</svg>
`
}
