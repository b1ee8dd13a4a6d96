import { operations, type Figure } from '../measure/figure.js'
import { toSvg } from './chart.js'

/**
 * Draws the ratios of the first figure's subject by calls in flight, with a panel for each operation. It shows the
 * smallest data, with jittered arrivals if they were measured. Resolves to the chart's SVG.
 */
export function renderRatioChart(all: readonly Figure[]): Promise<string> {
  const store = all[0]?.subject ?? ''
  const bytes = Math.min(...all.map((figure) => figure.bytes))
  const arrivals = all.some((figure) => figure.arrivals === 'jitter') ? 'jitter' : 'closed'
  const figures = all.filter((f) => f.subject === store && f.bytes === bytes && f.arrivals === arrivals)
  const inFlight = [...new Set(figures.map((figure) => figure.inFlight))].toSorted((a, b) => a - b)
  const min = Math.min(0.5, ...figures.map(({ ratio }) => ratio.q1))
  const max = Math.max(2, ...figures.map(({ ratio }) => ratio.q3))
  return toSvg({
    title: { text: `${store}, ${bytes} bytes, arrivals: ${arrivals}; ratio by calls in flight`, anchor: 'start' },
    data: {
      values: figures.map(({ op, inFlight: calls, against, ratio }) => ({
        op,
        inFlight: calls,
        against: `against ${against}`,
        ...ratio,
      })),
    },
    facet: {
      field: 'op',
      type: 'nominal',
      title: null,
      sort: [...operations],
      header: { labelFontWeight: 'bold', labelAnchor: 'start' },
    },
    columns: 3,
    spec: {
      width: 190,
      height: 130,
      encoding: {
        x: {
          field: 'inFlight',
          type: 'quantitative',
          title: null,
          scale: { type: 'log', base: 2 },
          axis: { values: inFlight, format: 'd', grid: false },
        },
        y: {
          type: 'quantitative',
          title: null,
          scale: { type: 'log', base: 2, domain: [min, max] },
          axis: { format: '~r', tickCount: 5 },
        },
        color: { field: 'against', type: 'nominal', title: null, legend: { orient: 'top', labelLimit: 0 } },
      },
      layer: [
        {
          mark: { type: 'rule', color: '#555' },
          encoding: { x: { value: 0 }, x2: { value: 'width' }, y: { datum: 1 }, color: { value: '#555' } },
        },
        {
          mark: { type: 'rule', strokeWidth: 5, opacity: 0.4 },
          encoding: { y: { field: 'q1', type: 'quantitative' }, y2: { field: 'q3' } },
        },
        { mark: { type: 'line', point: true }, encoding: { y: { field: 'median', type: 'quantitative' } } },
      ],
    },
  })
}
