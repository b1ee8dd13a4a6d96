import type { Report } from './report.js'
import { profilesText } from './groups.js'

/** Escapes a part of a static badge's path: a dash separates the parts, and an underscore is a space. */
function badgePart(text: string): string {
  return encodeURIComponent(text.replaceAll('-', '--').replaceAll('_', '__').replaceAll(' ', '_'))
}

/** Returns a badge with the profiles that a store has earned, as an image in Markdown, or undefined if it has none. */
export function formatBadge(report: Pick<Report, 'profiles' | 'contract' | 'outcome'>): string | undefined {
  if (report.profiles.length === 0) return undefined
  const [label, message] = ['session store contract', profilesText(report)]
  const color = report.outcome === 'pass' ? 'brightgreen' : 'yellow'
  const path = `${badgePart(label)}-${badgePart(message)}-${color}`
  return `![${label}: ${message}](https://img.shields.io/badge/${path})`
}
