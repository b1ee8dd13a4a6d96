import { toSvg } from './chart.js'

export interface GrowthLine {
  readonly name: string
  readonly points: { readonly rows: number; readonly micros: number }[]
}

/** Draws the cost of an operation by rows, relative to its cost on the fewest. Resolves to the chart's SVG. */
export function renderGrowthChart(lines: readonly GrowthLine[]): Promise<string> {
  const values = lines.flatMap(({ name, points }) =>
    points.map(({ rows, micros }) => ({ name, rows, factor: micros / (points[0]?.micros ?? micros) })),
  )
  const factors = values.map(({ factor }) => factor)
  return toSvg({
    title: { text: 'cost of an operation by live sessions, relative to the first size', anchor: 'start' },
    width: 320,
    height: 230,
    data: { values },
    encoding: {
      x: {
        field: 'rows',
        type: 'quantitative',
        title: null,
        scale: { type: 'log' },
        axis: { values: [...new Set(values.map(({ rows }) => rows))], format: '~s', grid: false },
      },
      y: {
        field: 'factor',
        type: 'quantitative',
        title: null,
        scale: { type: 'log', base: 2, domain: [Math.min(0.8, ...factors), Math.max(2, ...factors)] },
        axis: { format: '~r', tickCount: 5 },
      },
      color: { field: 'name', type: 'nominal', title: null, legend: { labelLimit: 0 } },
    },
    mark: { type: 'line', point: true },
  })
}
