/** What may not happen. */
export const violations = [
  'deadline exceeded',
  'write lost',
  'session vanished',
  'session revived',
  'late effect',
  'foreign data',
  'wrong error',
  'unhandled rejection',
  'not healed',
  'session not listed',
  'others held up',
] as const

export type Violation = (typeof violations)[number]

/** What was done and seen under one setting of a client. */
export interface Counts {
  readonly calls: Record<string, number>
  readonly violations: Partial<Record<Violation, number>>
  /** What the backend itself lost as it may, by the name that it has as a violation. */
  readonly lostByBackend: Partial<Record<Violation, number>>
  /** What disturbances have measured. */
  readonly measured: string[]
  readonly details: string[]
}

const maxDetails = 20

export function newCounts(): Counts {
  return { calls: {}, violations: {}, lostByBackend: {}, measured: [], details: [] }
}

export function countCall(counts: Counts, what: string): void {
  counts.calls[what] = (counts.calls[what] ?? 0) + 1
}

/** Counts what may not happen. `excused`: the backend itself may do so. */
export function countViolation(counts: Counts, violation: Violation, detail: string, excused = false): void {
  const kind = excused ? counts.lostByBackend : counts.violations
  kind[violation] = (kind[violation] ?? 0) + 1
  if (!excused && counts.details.length < maxDetails) counts.details.push(`${violation}: ${detail}`)
}

export function failed(counts: Counts): boolean {
  return Object.keys(counts.violations).length > 0
}

function list(counts: Readonly<Record<string, number | undefined>>): string {
  const entries = Object.entries(counts).toSorted(([a], [b]) => a.localeCompare(b))
  return entries.map(([name, count]) => `${name} ${count}`).join(', ') || 'none'
}

/** The counts as lines of text. */
export function renderCounts(
  title: string,
  { calls, violations: found, lostByBackend, measured, details }: Counts,
): string {
  const rows = [
    ['calls', list(calls)],
    ['lost by the backend itself', list(lostByBackend)],
    ['violations', list(found)],
  ] as const
  const lines = rows.map(([name, text]) => `  ${name.padEnd(28)}${text}`)
  return [title, ...lines, ...measured.map((line) => `  ${line}`), ...details.map((detail) => `  ! ${detail}`)].join(
    '\n',
  )
}
