/**
 * The calls on a store in the order of completion. Ids are shown as s1, s2 … and data as lengths, so that a failure can
 * be published.
 */
export interface Trace {
  /** `s1` for the first id that is named, and so on. The ids that a chain of writes gave one session have one name each. */
  nameOf(id: string): string
  add(line: string): void
  /** Forgets the lines so far, for a case that tries again. */
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
