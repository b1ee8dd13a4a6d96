const maxShownLength = 100

/** Shortens a secret value to its first 8 characters and its length: enough to tell values apart, but of no use otherwise. */
export function shorten(value: string): string {
  return `${value.slice(0, 8)}… (${value.length})`
}

/** Shortens stored text to one line of limited length, with hashes as their first 8 characters. */
export function summarize(value: string): string {
  const text = value.replaceAll(/[\w-]{43}/g, (hash) => `${hash.slice(0, 8)}…`).replaceAll('\n', ' ')
  return text.length > maxShownLength ? `${text.slice(0, maxShownLength)}…` : text
}
