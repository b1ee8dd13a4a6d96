const maxShownLength = 100

/** A secret value as its first 8 characters and its length: enough to tell values apart, and of no use to anyone. */
export function shorten(value: string): string {
  return `${value.slice(0, 8)}… (${value.length})`
}

/** What a store holds, on one line: hashes as their first 8 characters, and not more than fits. */
export function summarize(value: string): string {
  const text = value.replaceAll(/[\w-]{43}/g, (hash) => `${hash.slice(0, 8)}…`).replaceAll('\n', ' ')
  return text.length > maxShownLength ? `${text.slice(0, maxShownLength)}…` : text
}
