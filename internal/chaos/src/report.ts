/** Kinds of violations, as they are reported. */
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

/** Counts of calls and violations with one client. */
export interface Counts {
  readonly calls: Record<string, number>
  readonly violations: Partial<Record<Violation, number>>
  /** Losses that the backend is allowed, by the violation that each would be otherwise. */
  readonly lostByBackend: Partial<Record<Violation, number>>
  /** Lines that disturbances report. */
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

/** Counts a violation, or, if it is tolerated, a loss by the backend itself. */
export function countViolation(counts: Counts, violation: Violation, detail: string, tolerated = false): void {
  const kind = tolerated ? counts.lostByBackend : counts.violations
  kind[violation] = (kind[violation] ?? 0) + 1
  if (!tolerated && counts.details.length < maxDetails) counts.details.push(`${violation}: ${detail}`)
}

/** Returns the number of calls that may or may not have taken effect: those that failed without a reply. */
export function countUnanswered({ calls }: Counts): number {
  return (calls['Backend timeout'] ?? 0) + (calls['Backend unavailable'] ?? 0)
}

export function failed(counts: Counts): boolean {
  return Object.keys(counts.violations).length > 0
}

function list(counts: Readonly<Record<string, number | undefined>>): string {
  const entries = Object.entries(counts).toSorted(([a], [b]) => a.localeCompare(b))
  return entries.map(([name, count]) => `${name} ${count}`).join(', ') || 'none'
}

/** Returns the counts as lines of text. */
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
