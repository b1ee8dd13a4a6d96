/**
 * The calls on a store, in the order in which they settled. Ids are shown as s1, s2 … and data as lengths, so that a
 * failure can be published.
 */
export interface Trace {
  /** Returns `s1` for the first id, `s2` for the next, and so on. Each id of a sealed session has a separate name. */
  nameOf(id: string): string
  add(line: string): void
  /** Clears the lines, for a case that tries again. */
  clear(): void
  readonly lines: readonly string[]
}

const maxLines = 40

export function createTrace(): Trace {
  const names = new Map<string, string>()
  const lines: string[] = []
  const startedAtMs = performance.now()
  return {
    lines,
    nameOf(id) {
      const known = names.get(id)
      if (known !== undefined) return known
      const name = `s${names.size + 1}`
      names.set(id, name)
      return name
    },
    clear() {
      lines.length = 0
    },
    add(line) {
      lines.push(`${String(Math.round(performance.now() - startedAtMs)).padStart(6)} ms  ${line}`)
      if (lines.length > maxLines) lines.shift()
    },
  }
}
