/** Formats a time for people, in UTC: without scripts, the visitor's time zone is unknown. */
export function formatTime(timeMs: number): string {
  return new Date(timeMs)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, ' UTC')
}
