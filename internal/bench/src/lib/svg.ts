export const colours: readonly string[] = ['#1f77b4', '#d95f02', '#7570b3', '#1b9e77']

export type Scale = (value: number) => number

function escape(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}

/** Maps `min` to `from` and `max` to `to`. */
export function logScale(min: number, max: number, from: number, to: number): Scale {
  const span = Math.log2(max / min) || 1
  return (value) => Math.round((from + (Math.log2(value / min) / span) * (to - from)) * 10) / 10
}

export function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${x}" y="${y}" ${attributes}>${escape(content)}</text>`
}

export function line(x1: number, y1: number, x2: number, y2: number, attributes: string): string {
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" ${attributes}/>`
}
