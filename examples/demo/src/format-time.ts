/** Formats a time for people, in UTC: without scripts, the visitor's time zone is unknown. */
export function formatTime(timeMs: number): string {
  return new Date(timeMs)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, ' UTC')
}

const units = [
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const
const relative = new Intl.RelativeTimeFormat('en')

/** Formats a time in the past as its age, in whole hours or minutes. */
export function formatAge(timeMs: number, nowMs: number): string {
  const ageMs = nowMs - timeMs
  for (const [unit, unitMs] of units) if (ageMs >= unitMs) return relative.format(-Math.floor(ageMs / unitMs), unit)
  return 'just now'
}
